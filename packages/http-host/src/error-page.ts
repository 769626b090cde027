/** Pages for what went wrong: in development with the report and its code frame, else with nothing of the inside. */
import { STATUS_CODES } from "node:http";
import type { HostResponse } from "./types.ts";

/** @param report shown as it is; only in development */
export function errorPage(status: number, message: string, id: string, report?: string): HostResponse {
  const title = `${status} ${STATUS_CODES[status] ?? ""}`.trim();
  const details = report === undefined ? "" : `<pre>${escaped(report)}</pre>`;
  return {
    status,
    headers: { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" },
    body: `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title>
<style>
:root { color-scheme: light dark }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 15vh auto 2rem; padding: 0 1rem }
pre { overflow-x: auto; padding: 1rem; border-left: .25rem solid #c33; background: #8881; font: .9rem/1.5 ui-monospace, monospace }
footer { opacity: .6; font-size: .85rem }
</style>
<h1>${escaped(title)}</h1>
<p>${escaped(message)}</p>
${details}
<footer>Request ${escaped(id)}</footer>
</html>
`,
  };
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c] ?? c);
}
