/** The linear memory that compiled code counts and notes in: fuel, counters, and what instructions have seen. */
import { wasmMemory } from "@sorbus/vm/heap-module";

/** Address of the calls and loop iterations that are left. */
export const FUEL = 8;
/** Address of the instructions until compiled code leaves, where tests want it to. */
export const PATIENCE = 12;
const FIRST_FREE = 16;
const PAGE = 65_536;
const PAGES = 16;

export class Memory {
  readonly #memory: ReturnType<typeof wasmMemory> = wasmMemory(PAGES);
  bytes: Uint8Array = new Uint8Array(this.#memory.buffer());
  words: Int32Array = new Int32Array(this.#memory.buffer());
  #free = FIRST_FREE;

  /** For imports. */
  get object(): object {
    return this.#memory.object;
  }

  /** The address of so many bytes, zeroed and aligned to four. */
  allocate(bytes: number): number {
    const at = this.#free;
    this.#free = (at + bytes + 3) & ~3;
    if (this.#free > this.bytes.length) {
      this.#memory.grow(Math.ceil((this.#free - this.bytes.length) / PAGE) + PAGES - 1);
      this.bytes = new Uint8Array(this.#memory.buffer());
      this.words = new Int32Array(this.#memory.buffer());
    }
    return at;
  }
}
