/** The instruction set, from its table. */
import { opcodes } from "@sorbus/vm";

/** `K[prim](R[a])` is no link. */
const noLink = (text: string): string => text.replaceAll("](", "]\\(");

/** `docs/bytecode.md`. */
export function bytecodePage(): string {
  const rows = opcodes.map(({ code, name, operands, doc, terminates, calls }) => {
    const shown = operands.map((o) => `${o.name}:${o.kind}`).join(" ");
    const notes = [terminates ? "ends a path" : "", calls ? "may leave the loop" : ""].filter(
      (note) => note !== "",
    );
    return `| ${code} | ${name} | \`${shown}\` | ${noLink(doc)}${notes.length > 0 ? ` (${notes.join("; ")})` : ""} |`;
  });
  return `# Bytecode

Generated from \`packages/vm/src/bytecode/opcodes.ts\` by \`pnpm --filter @sorbus/docs generate\`; a test compares. A register
machine: \`R[x]\` is the frame's register x, \`K[x]\` the function's constant x. An instruction is an opcode and its
operands, each one int32.

| number | name | operands | what it does |
|--:|---|---|---|
${rows.join("\n")}
`;
}
