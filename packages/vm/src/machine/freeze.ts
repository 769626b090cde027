/** What a thread of the VM is made of, for freezing: frames with their live registers, code by unit and place. */
import { Code, UNSET, type UnitCode } from "../bytecode/code.ts";
import { liveAt } from "../bytecode/liveness.ts";
import { HEADER } from "../bytecode/opcodes.ts";
import type { Extension } from "../freeze/graph.ts";
import type { Value } from "../heap/value.ts";
import type { FreezeOptions, RunStats, ThawOptions } from "./engine.ts";
import type { EffectiveLimits, Machine } from "./machine.ts";
import { machineCodeByName, markCode } from "./machine-code.ts";
import {
  Captured,
  CLOSURE,
  CODE,
  DELTA,
  MARK_EXIT,
  MARK_KEY,
  MARK_LINK,
  MARK_VALUE,
  Part,
  RETURN_PC,
  Slice,
} from "./stack.ts";
import type { ThreadStep } from "./tasks.ts";
import { VmThread } from "./thread.ts";

/** Names code in a way that another process understands. */
interface CodeName {
  readonly unit: string;
  readonly hash: string;
  readonly fn: number;
}

/** Is told of each unit whose code is named. */
type Units = (unit: UnitCode) => void;

function codeName(code: Code, units: Units): CodeName {
  const { unit, unitIndex } = code;
  if (unit === undefined) throw new RangeError(`the code of ${code.name} belongs to no unit`);
  units(unit);
  return { unit: unit.id, hash: unit.hash, fn: unitIndex };
}

/** One frame on the wire: its code, where it goes on, its size, and which registers follow as values. */
interface FrozenFrame extends CodeName {
  readonly pc: number;
  /** Slots from the frame's header to the header of the one above it. */
  readonly size: number;
  /** Registers that hold a value; those that hold UNSET. */
  readonly live: readonly number[];
  readonly unset: readonly number[];
}

interface FrozenSlice {
  /** From the top down. */
  readonly frames: readonly FrozenFrame[];
  readonly last: boolean;
}

/** What a thawed thread has stopped for: its task knows more. */
const WAITING: ThreadStep = { type: "request", op: "", args: [], span: undefined };

const MARK_LIVE = [MARK_KEY, MARK_VALUE, MARK_EXIT];

/** The registers that matter of a frame that waits for the result of the call before `pc`. */
function waitingRegisters(code: Code, pc: number): number[] {
  if (code === markCode) return MARK_LIVE;
  const result = code.code[pc - 1];
  return [...(liveAt(code, pc) ?? [])].filter((r) => r !== result);
}

/** `answered`: the top frame of the slice has its result, or is about to run the instruction at `pc`. */
function freezeSlice(slice: Slice, answered: boolean, units: Units): { plain: FrozenSlice; values: Value[] } {
  const frames: FrozenFrame[] = [];
  const values: Value[] = [];
  let { fp, pc } = slice;
  let end = slice.to;
  for (let top = true; ; top = false) {
    const code = slice.values[fp + CODE] as Code;
    const registers =
      top && answered && code !== markCode ? [...(liveAt(code, pc) ?? [])] : waitingRegisters(code, pc);
    const isUnset = (r: number): boolean => slice.values[fp + r] === UNSET;
    const live = registers.filter((r) => !isUnset(r)).sort((a, b) => a - b);
    const unset = registers.filter(isUnset);
    frames.push({ ...codeName(code, units), pc, size: end - (fp - HEADER), live, unset });
    values.push(slice.values[fp + CLOSURE] as Value, ...live.map((r) => slice.values[fp + r] as Value));
    end = fp - HEADER;
    if (end <= slice.from) break;
    pc = slice.values[fp + RETURN_PC] as number;
    fp -= slice.values[fp + DELTA] as number;
  }
  if (slice.next !== null) values.push(slice.next);
  return { plain: { frames, last: slice.next === null }, values };
}

/** Slices are made empty, filled, and completed when all are there: depth and marks look at those below. */
class Thawing {
  private readonly machine: Machine;
  private readonly unit: ThawOptions["unit"];
  private readonly made: Map<Slice, Slice | null> = new Map();
  constructor(machine: Machine, unit: ThawOptions["unit"]) {
    this.machine = machine;
    this.unit = unit;
  }

  code({ unit, hash, fn }: CodeName): Code {
    const code =
      machineCodeByName(unit) ?? (this.machine.unit(unit, hash) ?? this.unit?.(unit, hash))?.functions[fn];
    if (code === undefined) throw new RangeError(`the code of ${unit} is not in this program`);
    return code;
  }

  fill(slice: Slice, frozen: FrozenSlice, values: readonly Value[]): void {
    const { frames } = frozen;
    const next = frozen.last ? null : (values[values.length - 1] as Slice);
    const to = frames.reduce((sum, frame) => sum + frame.size, 0);
    const stack: unknown[] = new Array(to).fill(undefined);
    let taken = 0;
    let end = to;
    let fp = 0;
    let above = 0;
    let markTop = 0;
    let markAbove = 0;
    frames.forEach((frame, i) => {
      const code = this.code(frame);
      const here = end - frame.size + HEADER;
      stack[here + CODE] = code;
      stack[here + CLOSURE] = values[taken++];
      for (const r of frame.live) stack[here + r] = values[taken++];
      for (const r of frame.unset) stack[here + r] = UNSET;
      if (i === 0) fp = here;
      else {
        stack[above + RETURN_PC] = frame.pc;
        stack[above + DELTA] = above - here;
      }
      if (code === markCode) {
        stack[here + MARK_LINK] = 0;
        if (markTop === 0) markTop = here;
        else stack[markAbove + MARK_LINK] = markAbove - here;
        markAbove = here;
      }
      above = here;
      end -= frame.size;
    });
    stack[above + RETURN_PC] = next === null ? 0 : undefined;
    stack[above + DELTA] = 0;
    const pc = frames[0]?.pc ?? 0;
    Object.assign(slice, { values: stack, from: 0, to, fp, pc, markTop, next });
    this.made.set(slice, next);
  }

  complete(): void {
    const done = new Set<Slice>();
    for (const slice of this.made.keys()) {
      const chain: Slice[] = [];
      for (let s: Slice | null = slice; s !== null && !done.has(s); s = s.next) chain.push(s);
      for (const s of chain.reverse()) {
        done.add(s);
        const { next } = s;
        Object.assign(s, {
          marked: s.markTop !== 0 ? s : next === null ? null : next.marked,
          depth: s.to + (next === null ? 0 : next.depth),
        });
        // The bottom frame of a slice returns to where the next one's top frame goes on.
        const bottom = bottomFrame(s);
        (s.values as unknown[])[bottom + RETURN_PC] = next === null ? 0 : next.pc;
      }
    }
  }
}

function bottomFrame(slice: Slice): number {
  let { fp } = slice;
  while (fp - HEADER > slice.from) fp -= slice.values[fp + DELTA] as number;
  return fp;
}

interface FrozenThread {
  readonly answered: boolean;
  readonly parts: number;
  readonly started: boolean;
  readonly stop: "none" | "waiting" | "done" | "raised";
  /** Of the whole tree: see `RunStats`. */
  readonly calls: number;
  /** A limit has been met: the calls at which the thread ends for good; the condition is the last value. */
  readonly callsAtEnd: number | null;
}

/** Extensions for one freeze or one thaw of a machine's threads. `complete` is called when a thaw is done. */
export function vmExtensions(
  machine: Machine,
  stats: RunStats,
  bounds: EffectiveLimits,
  { onUnit, unit }: Pick<FreezeOptions, "onUnit"> & Pick<ThawOptions, "unit"> = {},
): { extensions: Extension[]; complete: () => void } {
  const thawing = new Thawing(machine, unit);
  const told = new Set<UnitCode>();
  const units: Units = (named) => {
    if (onUnit === undefined || told.has(named) || machineCodeByName(named.id) !== undefined) return;
    told.add(named);
    onUnit(named);
  };
  /** Slices that stand for the active segment of a thread, and whether their top frame has its result. */
  const active = new Map<Slice, boolean>();
  const frozen = new Map<object, unknown>();
  const threads: (() => void)[] = [];
  const extensions: Extension[] = [
    {
      tag: "vm-slice",
      test: (o) => o instanceof Slice,
      parts: (o) => freezeSlice(o as Slice, active.get(o as Slice) === true, units),
      make: (plain) => {
        const slice = Object.create(Slice.prototype) as Slice;
        frozen.set(slice, plain);
        return slice;
      },
      fill: (o, values) => thawing.fill(o as Slice, frozen.get(o) as FrozenSlice, values),
    },
    {
      tag: "vm-continuation",
      test: (o) => o instanceof Captured,
      parts: (o) => ({ plain: null, values: [...(o as Captured).parts] }),
      make: () => Object.create(Captured.prototype) as Captured,
      fill: (o, values) => Object.assign(o, { parts: values }),
    },
    {
      // In the box of a variable that is captured before its initialisation.
      tag: "vm-unset",
      test: (o) => o === UNSET,
      parts: () => ({ plain: null, values: [] }),
      make: () => UNSET as object,
      fill: () => {},
    },
    {
      tag: "vm-code",
      test: (o) => o instanceof Code,
      parts: (o) => ({ plain: codeName(o as Code, units), values: [] }),
      make: (plain) => thawing.code(plain as CodeName),
      fill: () => {},
    },
    {
      tag: "vm-thread",
      test: (o) => o instanceof VmThread,
      parts: (o) => {
        const t = o as VmThread;
        const { stop } = t;
        const waiting =
          stop !== undefined && stop.type !== "fuel" && stop.type !== "done" && stop.type !== "raised";
        const values: Value[] = [];
        let top = t.below;
        if (t.fp !== 0) {
          const to = waiting ? t.to : t.fp + t.code().registers;
          top = new Slice(t.stack, 0, Math.max(to, t.fp), t.fp, t.pc, t.markTop, t.below);
          active.set(top, !waiting);
        }
        let parts = 0;
        if (top !== null) {
          values.push(top);
          parts++;
        }
        for (let part = t.parts; part !== null; part = part.next, parts++) values.push(part.slices);
        if (stop?.type === "done") values.push(stop.value);
        if (stop?.type === "raised") values.push(stop.condition);
        const plain: FrozenThread = {
          answered: !waiting,
          parts,
          started: t.fp !== 0,
          stop: stop?.type === "done" || stop?.type === "raised" ? stop.type : waiting ? "waiting" : "none",
          calls: stats.calls,
          callsAtEnd: t.cancelReason === undefined ? null : t.callsAtEnd,
        };
        if (t.cancelReason !== undefined) values.push(t.cancelReason);
        return { plain, values };
      },
      make: (plain) => {
        const thread = VmThread.empty(machine, stats, bounds);
        frozen.set(thread, plain);
        return thread;
      },
      fill: (o, values) => {
        const t = o as VmThread;
        const plain = frozen.get(o) as FrozenThread;
        stats.calls = Math.max(stats.calls, plain.calls);
        if (plain.callsAtEnd !== null) {
          t.callsAtEnd = plain.callsAtEnd;
          t.cancelReason = values[values.length - 1];
        }
        const outcome = values[plain.parts];
        if (plain.stop === "done" && outcome !== undefined) t.stop = { type: "done", value: outcome };
        if (plain.stop === "waiting") t.stop = WAITING;
        if (plain.stop === "raised" && outcome !== undefined) t.stop = { type: "raised", condition: outcome };
        threads.push(() => {
          const slices = values.slice(0, plain.parts) as Slice[];
          for (let i = slices.length - 1; i > 0; i--) t.parts = new Part(slices[i] as Slice, t.parts);
          t.below = slices[0] ?? null;
          if (plain.started && t.below !== null) t.lift(t.below);
        });
      },
    },
  ];
  return {
    extensions,
    complete: () => {
      thawing.complete();
      for (const thread of threads) thread();
    },
  };
}
