/** Which primitives have instructions of their own. The rest are called by PRIM0 … PRIMN. */

/** Two operands, one result. */
export const binary: ReadonlyMap<string, string> = new Map([
  ["+", "ADD"],
  ["-", "SUB"],
  ["*", "MUL"],
  ["<", "LT"],
  ["<=", "LE"],
  ["=", "EQ"],
  ["equal?", "EQ"],
  ["cons", "CONS"],
]);

/** Of these, those that take more than two operands, from the left. */
export const folding: ReadonlySet<string> = new Set(["+", "-", "*"]);

/** One operand, one result. */
export const unary: ReadonlyMap<string, string> = new Map([
  ["not", "NOT"],
  ["first", "FIRST"],
  ["rest", "REST"],
]);

/** With a small integer on the right; where the order does not matter, also on the left. */
export const immediate: ReadonlyMap<string, { readonly opcode: string; readonly commutes: boolean }> =
  new Map([
    ["+", { opcode: "ADDI", commutes: true }],
    ["-", { opcode: "SUBI", commutes: false }],
  ]);

/** Tests of two operands: jump when false. */
export const testBinary: ReadonlyMap<string, string> = new Map([
  ["<", "JNLT"],
  ["<=", "JNLE"],
  [">", "JNGT"],
  [">=", "JNGE"],
  ["=", "JNEQ"],
  ["equal?", "JNEQ"],
]);

/** Tests against a small integer on the right. */
export const testImmediate: ReadonlyMap<string, string> = new Map([
  ["<", "JNLTI"],
  ["<=", "JNLEI"],
  [">", "JNGTI"],
  [">=", "JNGEI"],
  ["=", "JNEQI"],
]);

export const testUnary: ReadonlyMap<string, string> = new Map([
  ["nil?", "JNNIL"],
  ["empty?", "JNEMPTY"],
]);

/** What fits an instruction's operand and is exact there. */
export function isSmall(value: unknown): value is number {
  return (
    typeof value === "number" && Number.isInteger(value) && Math.abs(value) < 2 ** 30 && !Object.is(value, -0)
  );
}
