/**
 * The dispatch loop: runs a thread's instructions until it has something to report. The hot state is
 * in locals; it is written back to the thread before anything that is done out of line.
 *
 * The `case` numbers are those of `bytecode/opcodes.ts`; a test compares them.
 */
import { type ClosureSpec, type Code, UNSET } from "../bytecode/code.ts";
import { HEADER } from "../bytecode/opcodes.ts";
import {
  box,
  boxGet,
  boxSet,
  closure,
  closureCode,
  closureGet,
  closureSet,
  equal,
  FALSE,
  NIL,
  TRUE,
} from "../heap/index.ts";
import type { Cell, Value } from "../heap/value.ts";
import { renderTemplate, type Template } from "../markup/index.ts";
import type { Primitive } from "../primitives/primitive.ts";
import { payloadOf } from "./raised.ts";
import { arithmetic, empty, lists, unbound } from "./slow.ts";
import { CLOSURE, CODE, DELTA, MARK_LINK, RETURN_PC } from "./stack.ts";
import type { Budget, ThreadStep } from "./tasks.ts";
import type { VmThread } from "./thread.ts";

/** Calls and loop iterations between two looks at limits and fuel. */
const STRETCH = 20_000;

export function dispatch(t: VmThread, budget: Budget): ThreadStep {
  const { stats } = t;
  let stretch = Math.min(STRETCH, budget.fuel, t.stepsLeft);
  let fuel = stretch;
  let count = 0;
  let S = t.stack;
  let fp = t.fp;
  let pc = t.pc;
  let current: Code;
  let code: Int32Array;
  let K: readonly unknown[];
  /** Out-of-line code is at work: the thread's fields are the truth, not the locals. */
  let outside = false;
  for (;;) {
    outside = true;
    try {
      // The thread's fields are the truth here.
      if (t.spent !== 0) {
        fuel -= t.spent;
        t.spent = 0;
      }
      // An answer or a condition may have ended the thread already.
      if (t.stop === undefined && fuel < 0) {
        if (t.poll(stretch - fuel - 1, budget)) {
          stats.instructions += count;
          return stopped(t);
        }
        stretch = Math.max(1, Math.min(STRETCH, budget.fuel, t.stepsLeft));
        fuel = stretch;
      }
      if (t.stop !== undefined) {
        stats.instructions += count;
        budget.fuel -= stretch - fuel;
        t.stats.calls += stretch - fuel;
        return t.stop;
      }
      S = t.stack;
      fp = t.fp;
      pc = t.pc;
      current = S[fp + CODE] as Code;
      t.fuel = fuel;
      if (current.heat < 0 && t.returnHot()) continue;
      code = current.code;
      K = current.constants;
      outside = false;
      for (;;) {
        count++;
        switch (code[pc]) {
          case 0: // MOVE
            S[fp + (code[pc + 1] as number)] = S[fp + (code[pc + 2] as number)];
            pc += 3;
            continue;
          case 1: // CONST
            S[fp + (code[pc + 1] as number)] = K[code[pc + 2] as number];
            pc += 3;
            continue;
          case 2: {
            // GLOBAL
            const cell = K[code[pc + 2] as number] as Cell;
            S[fp + (code[pc + 1] as number)] = cell.value ?? t.machine.link(cell);
            pc += 3;
            continue;
          }
          case 3: {
            // SETGLOBAL
            const cell = K[code[pc + 1] as number] as Cell;
            if (cell.value === undefined) unbound(t.machine, cell);
            cell.value = S[fp + (code[pc + 2] as number)] as Value;
            pc += 3;
            continue;
          }
          case 4: // DEFINE
            (K[code[pc + 1] as number] as Cell).value = S[fp + (code[pc + 2] as number)] as Value;
            pc += 3;
            continue;
          case 5: // UPVAL
            S[fp + (code[pc + 1] as number)] = closureGet(S[fp + CLOSURE] as Value, code[pc + 2] as number);
            pc += 3;
            continue;
          case 6: {
            // BOX
            const r = fp + (code[pc + 1] as number);
            S[r] = box(S[r] as Value);
            pc += 2;
            continue;
          }
          case 7: // BOXGET
            S[fp + (code[pc + 1] as number)] = boxGet(S[fp + (code[pc + 2] as number)] as Value);
            pc += 3;
            continue;
          case 8: // BOXSET
            boxSet(S[fp + (code[pc + 1] as number)] as Value, S[fp + (code[pc + 2] as number)] as Value);
            pc += 3;
            continue;
          case 9: // UPBOXGET
            S[fp + (code[pc + 1] as number)] = boxGet(
              closureGet(S[fp + CLOSURE] as Value, code[pc + 2] as number),
            );
            pc += 3;
            continue;
          case 10: // UPBOXSET
            boxSet(
              closureGet(S[fp + CLOSURE] as Value, code[pc + 1] as number),
              S[fp + (code[pc + 2] as number)] as Value,
            );
            pc += 3;
            continue;
          case 11: // CHECKSET
            if (S[fp + (code[pc + 1] as number)] === UNSET)
              unbound(t.machine, K[code[pc + 2] as number] as string);
            pc += 3;
            continue;
          case 12: {
            // CLOSURE
            const spec = K[code[pc + 2] as number] as ClosureSpec;
            const { captures } = spec;
            const captured: Value[] = new Array(captures.length);
            for (let i = 0; i < captures.length; i++) {
              const from = captures[i] as number;
              captured[i] = (from >= 0 ? S[fp + from] : closureGet(S[fp + CLOSURE] as Value, ~from)) as Value;
            }
            S[fp + (code[pc + 1] as number)] = closure(spec.code, captured);
            pc += 3;
            continue;
          }
          case 13: // FIXUP
            closureSet(
              S[fp + (code[pc + 1] as number)] as Value,
              code[pc + 2] as number,
              S[fp + (code[pc + 3] as number)] as Value,
            );
            pc += 4;
            continue;
          case 14: // JUMP
            pc = code[pc + 1] as number;
            continue;
          case 15: // LOOP
            if (--fuel < 0) {
              t.stack = S;
              t.fp = fp;
              t.pc = pc;
              outside = true;
              if (t.poll(stretch, budget)) {
                stats.instructions += count;
                return stopped(t);
              }
              stretch = Math.max(1, Math.min(STRETCH, budget.fuel, t.stepsLeft));
              fuel = stretch;
              if (t.pc !== pc || t.fp !== fp) break;
              outside = false;
            }
            pc = code[pc + 1] as number;
            if (--(S[fp + CODE] as Code).heat < 0) {
              t.stack = S;
              t.fp = fp;
              t.pc = pc;
              t.fuel = fuel;
              outside = true;
              if (t.loopHot()) break;
              outside = false;
            }
            continue;
          case 16: {
            // JFALSE
            const v = S[fp + (code[pc + 1] as number)];
            pc = v === FALSE || v === NIL ? (code[pc + 2] as number) : pc + 3;
            continue;
          }
          case 17: {
            // JTRUE
            const v = S[fp + (code[pc + 1] as number)];
            pc = v === FALSE || v === NIL ? pc + 3 : (code[pc + 2] as number);
            continue;
          }
          case 18: // JSET
            pc = S[fp + (code[pc + 1] as number)] === UNSET ? pc + 3 : (code[pc + 2] as number);
            continue;
          case 19: {
            // ADD
            const a = S[fp + (code[pc + 2] as number)];
            const b = S[fp + (code[pc + 3] as number)];
            S[fp + (code[pc + 1] as number)] =
              typeof a === "number" && typeof b === "number" ? a + b : arithmetic.add(a as Value, b as Value);
            pc += 4;
            continue;
          }
          case 20: {
            // SUB
            const a = S[fp + (code[pc + 2] as number)];
            const b = S[fp + (code[pc + 3] as number)];
            S[fp + (code[pc + 1] as number)] =
              typeof a === "number" && typeof b === "number" ? a - b : arithmetic.sub(a as Value, b as Value);
            pc += 4;
            continue;
          }
          case 21: {
            // MUL
            const a = S[fp + (code[pc + 2] as number)];
            const b = S[fp + (code[pc + 3] as number)];
            S[fp + (code[pc + 1] as number)] =
              typeof a === "number" && typeof b === "number" ? a * b : arithmetic.mul(a as Value, b as Value);
            pc += 4;
            continue;
          }
          case 22: {
            // ADDI
            const a = S[fp + (code[pc + 2] as number)];
            const n = code[pc + 3] as number;
            S[fp + (code[pc + 1] as number)] = typeof a === "number" ? a + n : arithmetic.add(a as Value, n);
            pc += 4;
            continue;
          }
          case 23: {
            // LT
            const a = S[fp + (code[pc + 2] as number)];
            const b = S[fp + (code[pc + 3] as number)];
            S[fp + (code[pc + 1] as number)] =
              typeof a === "number" && typeof b === "number"
                ? a < b
                  ? TRUE
                  : FALSE
                : arithmetic.less(a as Value, b as Value);
            pc += 4;
            continue;
          }
          case 24: {
            // LE
            const a = S[fp + (code[pc + 2] as number)];
            const b = S[fp + (code[pc + 3] as number)];
            S[fp + (code[pc + 1] as number)] =
              typeof a === "number" && typeof b === "number"
                ? a <= b
                  ? TRUE
                  : FALSE
                : arithmetic.lessEqual(a as Value, b as Value);
            pc += 4;
            continue;
          }
          case 25: {
            // EQ
            const a = S[fp + (code[pc + 2] as number)];
            const b = S[fp + (code[pc + 3] as number)];
            S[fp + (code[pc + 1] as number)] =
              typeof a === "number" && typeof b === "number"
                ? a === b
                  ? TRUE
                  : FALSE
                : equal(a as Value, b as Value)
                  ? TRUE
                  : FALSE;
            pc += 4;
            continue;
          }
          case 26: {
            // NOT
            const v = S[fp + (code[pc + 2] as number)];
            S[fp + (code[pc + 1] as number)] = v === FALSE || v === NIL ? TRUE : FALSE;
            pc += 3;
            continue;
          }
          case 27: {
            // JNLT
            const a = S[fp + (code[pc + 1] as number)];
            const b = S[fp + (code[pc + 2] as number)];
            const yes =
              typeof a === "number" && typeof b === "number"
                ? a < b
                : arithmetic.less(a as Value, b as Value) === TRUE;
            pc = yes ? pc + 4 : (code[pc + 3] as number);
            continue;
          }
          case 28: {
            // JNLE
            const a = S[fp + (code[pc + 1] as number)];
            const b = S[fp + (code[pc + 2] as number)];
            const yes =
              typeof a === "number" && typeof b === "number"
                ? a <= b
                : arithmetic.lessEqual(a as Value, b as Value) === TRUE;
            pc = yes ? pc + 4 : (code[pc + 3] as number);
            continue;
          }
          case 29: {
            // JNEQ
            const a = S[fp + (code[pc + 1] as number)];
            const b = S[fp + (code[pc + 2] as number)];
            const yes =
              typeof a === "number" && typeof b === "number" ? a === b : equal(a as Value, b as Value);
            pc = yes ? pc + 4 : (code[pc + 3] as number);
            continue;
          }
          case 30: {
            // JNLTI
            const a = S[fp + (code[pc + 1] as number)];
            const n = code[pc + 2] as number;
            const yes = typeof a === "number" ? a < n : arithmetic.less(a as Value, n) === TRUE;
            pc = yes ? pc + 4 : (code[pc + 3] as number);
            continue;
          }
          case 31: {
            // JNGTI
            const a = S[fp + (code[pc + 1] as number)];
            const n = code[pc + 2] as number;
            const yes = typeof a === "number" ? a > n : arithmetic.greater(a as Value, n) === TRUE;
            pc = yes ? pc + 4 : (code[pc + 3] as number);
            continue;
          }
          case 32: {
            // JNEQI
            const yes = S[fp + (code[pc + 1] as number)] === code[pc + 2];
            pc = yes ? pc + 4 : (code[pc + 3] as number);
            continue;
          }
          case 33: // JNNIL
            pc = S[fp + (code[pc + 1] as number)] === NIL ? pc + 3 : (code[pc + 2] as number);
            continue;
          case 34: // JNEMPTY
            pc = empty(S[fp + (code[pc + 1] as number)] as Value) ? pc + 3 : (code[pc + 2] as number);
            continue;
          case 35: // FIRST
            S[fp + (code[pc + 1] as number)] = lists.first(S[fp + (code[pc + 2] as number)] as Value);
            pc += 3;
            continue;
          case 36: // REST
            S[fp + (code[pc + 1] as number)] = lists.rest(S[fp + (code[pc + 2] as number)] as Value);
            pc += 3;
            continue;
          case 37: // CONS
            S[fp + (code[pc + 1] as number)] = lists.cons(
              S[fp + (code[pc + 2] as number)] as Value,
              S[fp + (code[pc + 3] as number)] as Value,
            );
            pc += 4;
            continue;
          case 38: // PRIM0
            S[fp + (code[pc + 1] as number)] = (K[code[pc + 2] as number] as Primitive).fn();
            pc += 3;
            continue;
          case 39: // PRIM1
            S[fp + (code[pc + 1] as number)] = (K[code[pc + 2] as number] as Primitive).fn(
              S[fp + (code[pc + 3] as number)] as Value,
            );
            pc += 4;
            continue;
          case 40: // PRIM2
            S[fp + (code[pc + 1] as number)] = (K[code[pc + 2] as number] as Primitive).fn(
              S[fp + (code[pc + 3] as number)] as Value,
              S[fp + (code[pc + 4] as number)] as Value,
            );
            pc += 5;
            continue;
          case 41: // PRIM3
            S[fp + (code[pc + 1] as number)] = (K[code[pc + 2] as number] as Primitive).fn(
              S[fp + (code[pc + 3] as number)] as Value,
              S[fp + (code[pc + 4] as number)] as Value,
              S[fp + (code[pc + 5] as number)] as Value,
            );
            pc += 6;
            continue;
          case 42: {
            // PRIMN
            const from = fp + (code[pc + 3] as number);
            const args = S.slice(from, from + (code[pc + 4] as number)) as Value[];
            S[fp + (code[pc + 1] as number)] = (K[code[pc + 2] as number] as Primitive).fn(...args);
            pc += 5;
            continue;
          }
          case 43: {
            // TEMPLATE
            const from = fp + (code[pc + 3] as number);
            const args = S.slice(from, from + (code[pc + 4] as number)) as Value[];
            S[fp + (code[pc + 1] as number)] = renderTemplate(K[code[pc + 2] as number] as Template, args);
            pc += 5;
            continue;
          }
          case 44: {
            // CALL
            if (--fuel < 0) break;
            const base = fp + (code[pc + 1] as number);
            const n = code[pc + 2] as number;
            const f = S[base + HEADER + CLOSURE] as Value;
            const callee = closureCode(f) as Code | null;
            const next = base + HEADER;
            if (callee?.simple && callee.required === n && next + callee.registers < S.length) {
              if (--callee.heat < 0) {
                t.stack = S;
                t.fp = fp;
                t.pc = pc;
                t.fuel = fuel;
                outside = true;
                if (t.callHot(callee, f, next, base, pc + 4, false)) break;
                outside = false;
              }
              S[base] = callee;
              S[base + 2] = pc + 4;
              S[base + 3] = next - fp;
              fp = next;
              code = callee.code;
              K = callee.constants;
              pc = 0;
              continue;
            }
            t.stack = S;
            t.fp = fp;
            t.pc = pc;
            t.fuel = fuel;
            outside = true;
            t.invoke(base, n, undefined, pc + 4, false);
            break;
          }
          case 45: {
            // CALLGLOBAL
            if (--fuel < 0) break;
            const cell = K[code[pc + 1] as number] as Cell;
            const base = fp + (code[pc + 2] as number);
            const n = code[pc + 3] as number;
            const f = cell.value ?? t.machine.link(cell);
            if (f !== cell.called) noteCalled(cell, f);
            const callee = cell.calledCode as Code | null;
            const next = base + HEADER;
            S[base + 1] = f;
            if (callee?.simple && callee.required === n && next + callee.registers < S.length) {
              if (--callee.heat < 0) {
                t.stack = S;
                t.fp = fp;
                t.pc = pc;
                t.fuel = fuel;
                outside = true;
                if (t.callHot(callee, f, next, base, pc + 5, false)) break;
                outside = false;
              }
              S[base] = callee;
              S[base + 2] = pc + 5;
              S[base + 3] = next - fp;
              fp = next;
              code = callee.code;
              K = callee.constants;
              pc = 0;
              continue;
            }
            t.stack = S;
            t.fp = fp;
            t.pc = pc;
            t.fuel = fuel;
            outside = true;
            t.invoke(base, n, undefined, pc + 5, false);
            break;
          }
          case 46: {
            // CALLNAMED
            if (--fuel < 0) break;
            t.stack = S;
            t.fp = fp;
            t.pc = pc;
            const named = K[code[pc + 3] as number] as readonly number[];
            t.fuel = fuel;
            outside = true;
            t.invoke(fp + (code[pc + 1] as number), code[pc + 2] as number, named, pc + 5, false);
            break;
          }
          case 47: {
            // TAILCALL
            if (--fuel < 0) break;
            const base = fp + (code[pc + 1] as number);
            const n = code[pc + 2] as number;
            const f = S[base + HEADER + CLOSURE] as Value;
            const callee = closureCode(f) as Code | null;
            if (callee?.simple && callee.required === n && fp + callee.registers < S.length) {
              if (--callee.heat < 0) {
                t.stack = S;
                t.fp = fp;
                t.pc = pc;
                t.fuel = fuel;
                outside = true;
                if (t.callHot(callee, f, base + HEADER, base, 0, true)) break;
                outside = false;
              }
              for (let i = 0; i < n; i++) S[fp + i] = S[base + HEADER + i];
              S[fp + CODE] = callee;
              S[fp + CLOSURE] = f;
              code = callee.code;
              K = callee.constants;
              pc = 0;
              continue;
            }
            t.stack = S;
            t.fp = fp;
            t.pc = pc;
            t.fuel = fuel;
            outside = true;
            t.invoke(base, n, undefined, 0, true);
            break;
          }
          case 48: {
            // TAILCALLGLOBAL
            if (--fuel < 0) break;
            const cell = K[code[pc + 1] as number] as Cell;
            const base = fp + (code[pc + 2] as number);
            const n = code[pc + 3] as number;
            const f = cell.value ?? t.machine.link(cell);
            if (f !== cell.called) noteCalled(cell, f);
            const callee = cell.calledCode as Code | null;
            if (callee?.simple && callee.required === n && fp + callee.registers < S.length) {
              if (--callee.heat < 0) {
                t.stack = S;
                t.fp = fp;
                t.pc = pc;
                t.fuel = fuel;
                outside = true;
                if (t.callHot(callee, f, base + HEADER, base, 0, true)) break;
                outside = false;
              }
              for (let i = 0; i < n; i++) S[fp + i] = S[base + HEADER + i];
              S[fp + CODE] = callee;
              S[fp + CLOSURE] = f;
              code = callee.code;
              K = callee.constants;
              pc = 0;
              continue;
            }
            S[base + 1] = f;
            t.stack = S;
            t.fp = fp;
            t.pc = pc;
            t.fuel = fuel;
            outside = true;
            t.invoke(base, n, undefined, 0, true);
            break;
          }
          case 49: {
            // TAILCALLNAMED
            if (--fuel < 0) break;
            t.stack = S;
            t.fp = fp;
            t.pc = pc;
            const named = K[code[pc + 3] as number] as readonly number[];
            t.fuel = fuel;
            outside = true;
            t.invoke(fp + (code[pc + 1] as number), code[pc + 2] as number, named, 0, true);
            break;
          }
          case 50: {
            // RETURN
            const value = S[fp + (code[pc + 1] as number)] as Value;
            if (fp > HEADER) {
              pc = S[fp + RETURN_PC] as number;
              fp -= S[fp + DELTA] as number;
              const caller = S[fp + CODE] as Code;
              code = caller.code;
              K = caller.constants;
              S[fp + (code[pc - 1] as number)] = value;
              if (caller.heat < 0) {
                t.stack = S;
                t.fp = fp;
                t.pc = pc;
                t.fuel = fuel;
                outside = true;
                if (t.returnHot()) break;
                outside = false;
              }
              continue;
            }
            t.stack = S;
            outside = true;
            t.underflow(value);
            break;
          }
          case 51: {
            // SUBI
            const a = S[fp + (code[pc + 2] as number)];
            const n = code[pc + 3] as number;
            S[fp + (code[pc + 1] as number)] = typeof a === "number" ? a - n : arithmetic.sub(a as Value, n);
            pc += 4;
            continue;
          }
          case 52: {
            // JNGT
            const a = S[fp + (code[pc + 1] as number)];
            const b = S[fp + (code[pc + 2] as number)];
            const yes =
              typeof a === "number" && typeof b === "number"
                ? a > b
                : arithmetic.greater(a as Value, b as Value) === TRUE;
            pc = yes ? pc + 4 : (code[pc + 3] as number);
            continue;
          }
          case 53: {
            // JNGE
            const a = S[fp + (code[pc + 1] as number)];
            const b = S[fp + (code[pc + 2] as number)];
            const yes =
              typeof a === "number" && typeof b === "number"
                ? a >= b
                : arithmetic.greaterEqual(a as Value, b as Value) === TRUE;
            pc = yes ? pc + 4 : (code[pc + 3] as number);
            continue;
          }
          case 54: {
            // JNLEI
            const a = S[fp + (code[pc + 1] as number)];
            const n = code[pc + 2] as number;
            const yes = typeof a === "number" ? a <= n : arithmetic.lessEqual(a as Value, n) === TRUE;
            pc = yes ? pc + 4 : (code[pc + 3] as number);
            continue;
          }
          case 55: {
            // JNGEI
            const a = S[fp + (code[pc + 1] as number)];
            const n = code[pc + 2] as number;
            const yes = typeof a === "number" ? a >= n : arithmetic.greaterEqual(a as Value, n) === TRUE;
            pc = yes ? pc + 4 : (code[pc + 3] as number);
            continue;
          }
          case 56: {
            // POPMARK
            const result = S[fp + (code[pc + 1] as number)] as Value;
            const exit = S[fp + (code[pc + 2] as number)] as Value;
            const link = S[fp + MARK_LINK] as number;
            t.markTop = link === 0 ? 0 : fp - link;
            t.stack = S;
            t.fp = fp;
            t.pc = pc;
            t.fuel = fuel;
            outside = true;
            t.dropFrame();
            if (exit === NIL) t.deliver(result);
            else t.callNext(exit, [result]);
            break;
          }
          default:
            throw new RangeError(`no opcode ${code[pc]} at ${pc} of ${(S[fp + CODE] as Code).name}`);
        }
        // Reached by `break`: what was done out of line has kept the thread's fields right.
        if (fuel < 0 && !outside) {
          t.stack = S;
          t.fp = fp;
          t.pc = pc;
        }
        break;
      }
    } catch (error) {
      // `pc` is still at the instruction that raised, or out-of-line code has kept the fields right.
      const payload = payloadOf(error);
      if (!outside) {
        t.stack = S;
        t.fp = fp;
        t.pc = pc;
      }
      t.signal(payload);
    }
  }
}

/** What the thread has stopped for. A call, so that the compiler does not take what it saw before for granted. */
function stopped(t: VmThread): ThreadStep {
  if (t.stop === undefined) throw new Error("the dispatch loop was left for no reason");
  return t.stop;
}

/** Remembers what a cell's value is as a callee: asking the heap costs more than the rest of a call. */
function noteCalled(cell: Cell, f: Value): void {
  cell.called = f;
  cell.calledCode = closureCode(f);
}
