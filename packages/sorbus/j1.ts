import { createRuntime, jitTierWith, vmTier } from "sorbus";
const th = Number(process.argv[2] ?? 0);
const events: any[] = [];
const rt = createRuntime({ tier: jitTierWith({ threshold: th, promotion: Number(process.argv[4] ?? 2000), onEvent: (e) => { if (process.argv[5]) console.log(e.type, (e as any).code.name, (e as any).entry ?? "", (e as any).pc ?? "", (e as any).reason ?? "", (e as any).error ?? ""); else if (e.type === "failed") console.log("FAILED", e.code.name, e.error); } }) });
const src = process.argv[3] ?? "(define (fib n) (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2))))) (fib 20)";
try { const t0 = performance.now(); console.log(await rt.eval(src)); console.log((performance.now() - t0).toFixed(1), "ms"); } catch (e) { console.log(rt.report(e)); }
