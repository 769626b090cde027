/**
 * Randomness for secrets, message authentication, and passwords. Keys stay with the host: a program names them.
 */
import { createHmac, randomBytes, randomUUID, scrypt, timingSafeEqual } from "node:crypto";
import { type OpDeclaration, OpError } from "../op.ts";

export interface CryptoOptions {
  /** Keys for `:crypto/sign` and `:crypto/verify`, by name. Default: none. */
  readonly keys?: Readonly<Record<string, string | Uint8Array>>;
}

const MOST_BYTES = 2 ** 20;
/** scrypt's costs as OWASP gives them: 2^17 takes 128 MiB. */
const SCRYPT = { N: 2 ** 17, r: 8, p: 1, maxmem: 256 * 2 ** 20 } as const;
const HASH_BYTES = 32;

export function cryptoOps({ keys = {} }: CryptoOptions = {}): OpDeclaration[] {
  const hmac = (key: unknown, data: unknown): Buffer => {
    const name = String(key);
    const secret = Object.hasOwn(keys, name) ? keys[name] : undefined;
    if (secret === undefined) throw new OpError("op", `:crypto/sign has no key ${name}`, [key]);
    return createHmac("sha256", secret)
      .update(data as string | Uint8Array)
      .digest();
  };
  const isData = (data: unknown): boolean => typeof data === "string" || data instanceof Uint8Array;
  const checkSigned = ([key, data]: readonly unknown[]): string | undefined => {
    if (typeof key !== "string") return "key must be the name of a key";
    return isData(data) ? undefined : "data must be a string or bytes";
  };
  const oneKey: OpDeclaration["narrowing"] = {
    what: "the name of a key",
    within: (limit) => {
      if (typeof limit !== "string" || !Object.hasOwn(keys, limit))
        throw new TypeError(`A grant of :crypto/sign names the key ${String(limit)}, which there is not`);
      return ([key]) => (key === limit ? undefined : `the key ${String(key)} is not ${limit}`);
    },
  };
  return [
    {
      name: "crypto/random-bytes",
      params: "n",
      purity: "read",
      doc: "So many random bytes, fit for secrets.",
      check: ([n]) =>
        Number.isSafeInteger(n) && Number(n) >= 0 && Number(n) <= MOST_BYTES
          ? undefined
          : `n must be an integer from 0 to ${MOST_BYTES}`,
      handler: ([n]) => new Uint8Array(randomBytes(Number(n))),
    },
    {
      name: "crypto/uuid",
      params: "",
      purity: "read",
      doc: "A random UUID.",
      handler: () => randomUUID(),
    },
    {
      name: "crypto/sign",
      params: "key data",
      purity: "read",
      doc: "The HMAC-SHA-256 of a string or bytes under a key of the host, in hex.",
      check: checkSigned,
      narrowing: oneKey,
      handler: ([key, data]) => hmac(key, data).toString("hex"),
    },
    {
      name: "crypto/verify",
      params: "key data signature",
      purity: "read",
      doc: "Whether :crypto/sign gives that signature. Takes the same time for all that are wrong.",
      check: ([key, data, signature]) =>
        checkSigned([key, data]) ??
        (typeof signature === "string" ? undefined : "signature must be a string"),
      narrowing: oneKey,
      handler: ([key, data, signature]) => isEqual(hmac(key, data), String(signature)),
    },
    {
      name: "crypto/hash-password",
      params: "password",
      purity: "read",
      doc: "A password as it may be stored: scrypt with a salt, its costs written with it.",
      check: ([password]) => (typeof password === "string" ? undefined : "password must be a string"),
      handler: async ([password]) => {
        const salt = randomBytes(16);
        const hash = await derive(String(password), salt);
        return `scrypt$${salt.toString("hex")}$${hash.toString("hex")}`;
      },
    },
    {
      name: "crypto/verify-password",
      params: "password hash",
      purity: "read",
      doc: "Whether a password is the one of which :crypto/hash-password made the hash.",
      check: ([password, hash]) => {
        if (typeof password !== "string") return "password must be a string";
        return typeof hash === "string" && /^scrypt\$[0-9a-f]{32}\$[0-9a-f]{64}$/.test(hash)
          ? undefined
          : "hash must come from :crypto/hash-password";
      },
      handler: async ([password, stored]) => {
        const [, salt = "", hash = ""] = String(stored).split("$");
        return isEqual(await derive(String(password), Buffer.from(salt, "hex")), hash);
      },
    },
  ];
}

function derive(password: string, salt: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password.normalize("NFKC"), salt, HASH_BYTES, SCRYPT, (error, hash) => {
      if (error === null) resolve(hash);
      else reject(error);
    });
  });
}

function isEqual(right: Buffer, hex: string): boolean {
  const given = Buffer.from(hex, "hex");
  return given.length === right.length && timingSafeEqual(given, right);
}
