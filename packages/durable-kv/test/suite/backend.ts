/**
 * What the conformance suite needs to know of a backend, and the suite itself. A backend's own test file calls `conformance`.
 */
import { describe } from "vitest";
import type { Store, StoreOptions } from "../../src/index.ts";
import { blobSuite } from "./blobs.ts";
import { faultSuite } from "./faults.ts";
import { historySuite } from "./histories.ts";
import { logSuite } from "./logs.ts";
import { storeSuite } from "./store.ts";
import { transactionSuite } from "./transactions.ts";
import { transferSuite } from "./transfer.ts";

export interface Backend {
  readonly name: string;
  /** A new, empty store. The options are passed on; the URL is the backend's. */
  readonly open: (options?: Partial<StoreOptions>) => Promise<Store>;
  /**
   * Opens one new place again and again: each call gives another connection to the same store, as another process would have. Absent if the backend's stores end with
   * their `close`.
   */
  readonly place?: () => (options?: Partial<StoreOptions>) => Promise<Store>;
  /** How many random programs a test may run: the slower, the fewer. */
  readonly runs: number;
  /** Whether `maxBytes` is honoured. */
  readonly bounded: boolean;
}

export function conformance(backend: Backend): void {
  describe(`${backend.name}: keys and atomics`, () => storeSuite(backend));
  describe(`${backend.name}: transactions`, () => transactionSuite(backend));
  describe(`${backend.name}: logs`, () => logSuite(backend));
  describe(`${backend.name}: blobs`, () => blobSuite(backend));
  describe(`${backend.name}: export, import, backup, restore, scrub`, () => transferSuite(backend));
  describe(`${backend.name}: concurrent histories`, () => historySuite(backend));
  describe(`${backend.name}: faults`, () => faultSuite(backend));
}
