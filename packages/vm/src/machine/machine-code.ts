/** Code that no program wrote: the frame under a thread's first call, and mark frames. */
import { Assembler } from "../bytecode/assemble.ts";
import { Code } from "../bytecode/code.ts";
import { HEADER } from "../bytecode/opcodes.ts";
import { MARK_EXIT, MARK_REGISTERS, MARK_RESULT } from "./stack.ts";

function machineCode(name: string, registers: number, write: (assembler: Assembler) => void): Code {
  const assembler = new Assembler();
  write(assembler);
  const code = new Code({
    name,
    kind: "function",
    required: 0,
    optional: 0,
    rest: false,
    keys: [],
    registers,
    ...assembler.finish(),
    constants: [],
    hidden: true,
    locate: () => {
      throw new RangeError(`${name} has no text`);
    },
  });
  code.unit = { id: name, hash: "", functions: [code] };
  return code;
}

/** A mark frame: the thunk is called at MARK_REGISTERS, then the mark is popped. */
export const markCode: Code = machineCode("%mark", MARK_REGISTERS + HEADER + 1, (a) => {
  a.emit("CALL", MARK_REGISTERS, 0, MARK_RESULT);
  a.emit("POPMARK", MARK_RESULT, MARK_EXIT, MARK_REGISTERS);
});

const boots: Code[] = [];

/** The frame that a thread starts with: calls a function with `n` arguments and returns the result. */
export function bootCode(n: number): Code {
  let code = boots[n];
  if (code === undefined) {
    code = machineCode(`%boot-${n}`, HEADER + Math.max(n, 1), (a) => {
      a.emit("CALL", 0, n, 0);
      a.emit("RETURN", 0);
    });
    boots[n] = code;
  }
  return code;
}

/** Machine-made code by name, for thawing. */
export function machineCodeByName(name: string): Code | undefined {
  if (name === markCode.unit?.id) return markCode;
  const boot = /^%boot-(\d+)$/.exec(name);
  return boot === null ? undefined : bootCode(Number(boot[1]));
}
