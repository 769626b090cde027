/** JSON, base64, hashes, URLs and dates. */
import { createHash, createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { equal, fromArray, inspect, NIL } from "../src/heap/index.ts";
import type { Value } from "../src/heap/value.ts";
import { primitives } from "../src/primitives/index.ts";
import { outcome } from "./support/evaluate.ts";

const r = String.raw;
const cases = (rows: readonly (readonly [string, string])[]) =>
  test.each(rows)("%s", (text, expected) => {
    expect(outcome(text)).toBe(expected);
  });
const call = (name: string, ...args: Value[]): Value => {
  const p = primitives.get(name);
  if (p === undefined) throw new Error(name);
  return p.fn(...args);
};

describe("json-encode", () => {
  cases([
    ["(json-encode nil)", `"null"`],
    ["(json-encode {:a (list 1 2.5 true) :b {} :c ()})", r`"{\"a\":[1,2.5,true],\"b\":{},\"c\":[]}"`],
    [`(json-encode "é\\n\\"")`, r`"\"é\\n\\\"\""`],
    ["(json-encode (vector 1 (set 2)))", `"[1,[2]]"`],
    ["(json-encode (make-hash-table :a 1))", r`"{\"a\":1}"`],
    ["(json-encode {:a (list 1)} 2)", r`"{\n  \"a\": [\n    1\n  ]\n}"`],
    ["(json-encode 1 11)", "range: json-encode: expected an indent from 0 to 10, got 11"],
    ["(json-encode NaN)", "type: json-encode: JSON has no NaN"],
    ["(json-encode (list 1 Infinity))", "type: json-encode: JSON has no Infinity at [1]"],
    [
      "(json-encode {:a (list 1 5n)})",
      "type: json-encode: JSON has no form for a bigint, 5n at .a[1]; convert it with bigint->number or str",
    ],
    ["(json-encode 'a)", "type: json-encode: JSON has no form for a symbol, a"],
    ["(json-encode (list first))", "type: json-encode: JSON has no form for a function, #<fn first> at [0]"],
    ["(json-encode (make-hash-table 1 2))", "type: json-encode: the key 1 of a hash-table is not a string"],
    [
      "(def v (vector 1)) (vector-push! v (list v)) (json-encode v)",
      "type: json-encode: the value contains itself at [1][0]",
    ],
    ["(def v (vector 1)) (json-encode (list v v))", `"[[1],[1]]"`],
  ]);
});

describe("json-decode", () => {
  const decode = (text: string): string => {
    try {
      return inspect(call("json-decode", text));
    } catch (e) {
      return e instanceof Error ? e.message : String(e);
    }
  };
  test.each([
    [` [1, -0.5e2, "x", true, false, null, {}, []] `, `(1 -50 "x" true false nil {} ())`],
    [`{"b":1,"1":2,"a":{"c":[]}}`, "{:b 1 :1 2 :a {:c ()}}"],
    [`{"a":1,"b":2,"a":3}`, "{:a 3 :b 2}"],
    [`{"__proto__":1}`, "{:__proto__ 1}"],
    [r`"\u00e9\n\/\"\\ \ud83d\ude00"`, r`"é\n/\"\\ 😀"`],
    ["", "read: json-decode: expected a value, found the end of the text at line 1, column 1"],
    ["[1,]", `read: json-decode: expected a value, found "]" at line 1, column 4`],
    ["[1 2]", `read: json-decode: expected "," or "]", found "2" at line 1, column 4`],
    [`{"a" 1}`, `read: json-decode: expected ":" after the key, found "1" at line 1, column 6`],
    [`{"a":1,}`, `read: json-decode: expected a string as the key, found "}" at line 1, column 8`],
    ["{a:1}", `read: json-decode: expected a string as the key, found "a" at line 1, column 2`],
    [`{\n  "a": tru\n}`, `read: json-decode: expected a value, found "t" at line 2, column 8`],
    ["1 2", `read: json-decode: expected the end of the text, found "2" at line 1, column 3`],
    ["01", `read: json-decode: expected the end of the text, found "1" at line 1, column 2`],
    ["-", `read: json-decode: expected a value, found "-" at line 1, column 1`],
    ["1e999", `read: json-decode: expected a number that a double can hold, found "1" at line 1, column 1`],
    [
      `"a`,
      `read: json-decode: expected a " that ends the string, found the end of the text at line 1, column 3`,
    ],
    [
      r`"\x"`,
      r`read: json-decode: expected one of " \ / b f n r t u after a backslash, found "x" at line 1, column 3`,
    ],
    [r`"\u12"`, `read: json-decode: expected four hexadecimal digits, found "1" at line 1, column 4`],
    [
      `"\n"`,
      r`read: json-decode: expected an escape in place of a control character, found "\n" at line 1, column 2`,
    ],
    ["[1", `read: json-decode: expected "," or "]", found the end of the text at line 1, column 3`],
    ["nan", `read: json-decode: expected a value, found "n" at line 1, column 1`],
    ["[😀]", `read: json-decode: expected a value, found "😀" at line 1, column 2`],
  ])("%j", (text, expected) => {
    expect(decode(text)).toBe(expected);
  });
  test("agrees with JSON.parse about what is JSON", () => {
    const near = fc.oneof(fc.json(), fc.string({ unit: fc.constantFrom(...'{}[]",:0123-+.eE \\ntrufalsn') }));
    fc.assert(
      fc.property(near, (text) => {
        let valid = true;
        try {
          JSON.parse(text);
        } catch {
          valid = false;
        }
        // Numbers beyond a double, which JSON.parse makes infinite, are refused here.
        if (!/e\+?\d{3}/i.test(text)) expect(!decode(text).startsWith("read: ")).toBe(valid);
      }),
      { numRuns: 2000 },
    );
  });
  test("round trip, deep and shallow", () => {
    const { data } = fc.letrec<{ data: Value }>((tie) => ({
      data: fc.oneof(
        { maxDepth: 5 },
        fc.string({ unit: "binary" }),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.constant(NIL),
        fc.array(tie("data"), { maxLength: 4 }).map(fromArray),
        fc
          .dictionary(fc.string(), tie("data"), { maxKeys: 4 })
          .map((d) => call("dict", ...Object.entries(d).flat())),
      ),
    }));
    fc.assert(
      fc.property(data, fc.nat(3), (v, indent) => {
        const text = call("json-encode", v, indent);
        expect(inspect(call("json-decode", text))).toBe(inspect(v));
        expect(() => JSON.parse(String(text))).not.toThrow();
      }),
    );
    const deep = "[".repeat(200_000) + "]".repeat(200_000);
    expect(call("json-encode", call("json-decode", deep))).toBe(deep);
  });
});

describe("base64 and hashes", () => {
  cases([
    [`(base64-encode "hello")`, `"aGVsbG8="`],
    [`(base64-encode "é")`, `"w6k="`],
    [`(base64-encode (bytes 255 254))`, `"//4="`],
    [`(base64url-encode (bytes 255 254))`, `"__4"`],
    [`(bytes->string (base64-decode "aGVsbG8="))`, `"hello"`],
    [`(base64-decode "")`, `#bytes ""`],
    [`(bytes->list (base64url-decode "__4"))`, "(255 254)"],
    [`(base64-decode "aGVsbG8")`, "read: base64-decode: a length of 7 is not one of base64"],
    [`(base64-decode "aGVs bG8=")`, "read: base64-decode: a length of 9 is not one of base64"],
    [`(base64-decode "aG s")`, `read: base64-decode: " " at index 2 is not a character of base64`],
    [`(base64-decode "a===")`, `read: base64-decode: "=" at index 1 is not a character of base64`],
    [`(base64-decode "__4=")`, `read: base64-decode: "_" at index 0 is not a character of base64`],
    [`(base64-decode "AR==")`, "read: base64-decode: the last character has bits that belong to no byte"],
    [`(base64-encode 5)`, "type: base64-encode: expected a string or bytes as x, got 5"],
    [`(sha256 "")`, `"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"`],
    [`(sha256 (bytes 97 98 99))`, `"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"`],
  ]);
  test("base64 as the host has it", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (b) => {
        const text = call("base64-encode", b);
        expect(text).toBe(Buffer.from(b).toString("base64"));
        expect(call("base64-decode", text)).toEqual(b);
        const url = call("base64url-encode", b);
        expect(url).toBe(Buffer.from(b).toString("base64url"));
        expect(call("base64url-decode", url)).toEqual(b);
      }),
    );
  });
  test("hashes as the host has them", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 100 }), (b, key) => {
        expect(call("sha256", b)).toBe(createHash("sha256").update(b).digest("hex"));
        expect(call("hmac-sha256", key, b)).toBe(createHmac("sha256", key).update(b).digest("hex"));
      }),
    );
  });
});

describe("URLs", () => {
  cases([
    [`(url-encode "a b/ü?")`, `"a%20b%2F%C3%BC%3F"`],
    [
      `(url-encode (slice "😀" 1))`,
      "range: url-encode: the string has half of a surrogate pair, which UTF-8 cannot hold",
    ],
    [`(url-decode "a%20b+%C3%BC")`, `"a b+ü"`],
    [`(url-decode "%zz")`, `read: url-decode: "%zz" has a % that starts no UTF-8 byte sequence`],
    [`(get (url-parse "https://a.example:8080/x/y?q=1#top") :port)`, "8080"],
    [
      `(select-keys (url-parse "https://u:p%40@a.example/x?q=1#top") '(:scheme :host :port :path :query :fragment :user :password))`,
      `{:scheme "https" :host "a.example" :port nil :path "/x" :query "q=1" :fragment "top" :user "u" :password "p@"}`,
    ],
    [`(get (url-parse "../b" "http://h/a/c/d") :href)`, `"http://h/a/b"`],
    [`(url-parse "/x")`, `read: url-parse: "/x" is not a URL; a relative one needs a base`],
    [`(url-parse "/x" "nope")`, `read: url-parse: the base "nope" is not a URL`],
    [
      `(query-encode {:q "a b&c" :n 1 :t (list "x" "y") :no nil :f false :y true})`,
      `"q=a%20b%26c&n=1&t=x&t=y&y=true"`,
    ],
    [`(query-encode {:q {}})`, `type: query-encode: expected a string or number under "q", got {}`],
    [`(query-decode "?a=1&b=x+y%21&a=2&c&=v&d=1=2")`, `{:a ("1" "2") :b "x y!" :c "" "" "v" :d "1=2"}`],
    [`(query-decode "")`, "{}"],
    [`(query-decode "a=%")`, `read: query-decode: "%" has a % that starts no UTF-8 byte sequence`],
  ]);
  test("a query decodes to what was encoded", () => {
    const text = fc.string({ unit: "grapheme" });
    fc.assert(
      fc.property(fc.dictionary(text, text), (d) => {
        const dict = call("dict", ...Object.entries(d).flat());
        expect(equal(call("query-decode", call("query-encode", dict)), dict)).toBe(true);
      }),
    );
  });
});

describe("dates", () => {
  cases([
    [`(date-parse "1970-01-01")`, "0"],
    [`(date-parse "2024-05-01T10:30:00Z")`, String(Date.UTC(2024, 4, 1, 10, 30))],
    [`(date-parse "2024-05-01T10:30")`, String(Date.UTC(2024, 4, 1, 10, 30))],
    [`(date-parse "2024-05-01T10:30:00.5+02:00")`, String(Date.UTC(2024, 4, 1, 8, 30, 0, 500))],
    [`(date-parse "2024-05-01T10:30:00" nil "Europe/Berlin")`, String(Date.UTC(2024, 4, 1, 8, 30))],
    [`(date-parse "2024-05-01T10:30:00Z" nil "Europe/Berlin")`, String(Date.UTC(2024, 4, 1, 10, 30))],
    [`(date-parse "2024-05")`, String(Date.UTC(2024, 4, 1))],
    [`(date-parse "2024-12-31T24:00")`, String(Date.UTC(2025, 0, 1))],
    [`(date-parse "2024-02-30")`, "nil"],
    [`(date-parse "2024-13-01")`, "nil"],
    [`(date-parse "yesterday")`, "nil"],
    [`(date-parse "")`, "nil"],
    [`(date-parse "1 May 2024" "D MMM YYYY")`, String(Date.UTC(2024, 4, 1))],
    [
      `(date-parse "Wed, 01 May 2024 10:30:00 +0200" "ddd, DD MMM YYYY HH:mm:ss ZZ")`,
      String(Date.UTC(2024, 4, 1, 8, 30)),
    ],
    [`(date-parse "12:05 am" "hh:mm a")`, "300000"],
    [`(date-parse "12:05 PM" "h:mm A")`, String((12 * 60 + 5) * 60000)],
    [`(date-parse "13:05 pm" "hh:mm a")`, "nil"],
    [`(date-parse "31.02.2024" "DD.MM.YYYY")`, "nil"],
    [`(date-parse "1/2/68" "D/M/YY")`, String(Date.UTC(2068, 1, 1))],
    [
      `(date-parse "x" "Q")`,
      r`syntax: date-parse: "Q" in the pattern starts with no token; there are YYYY YY MMMM MMM MM M DD D dddd ddd HH H hh h mm m SSS ss s A a ZZ Z, and text stands in [brackets]`,
    ],
    [`(date-parse "2024-05-01" nil "Mars/Olympus")`, `range: date-parse: unknown time zone "Mars/Olympus"`],
    [`(date-format 0)`, `"1970-01-01T00:00:00.000Z"`],
    [`(date-format 0 nil "Asia/Kolkata")`, `"1970-01-01T05:30:00.000+05:30"`],
    [
      `(date-format 1714559400123 "dddd D MMMM YYYY, hh:mm:ss.SSS A ZZ")`,
      `"Wednesday 1 May 2024, 10:30:00.123 AM +0000"`,
    ],
    [
      `(date-format 1714559400000 "ddd DD MMM YY H:m:s a [o'clock]" "America/New_York")`,
      `"Wed 01 May 24 6:30:0 am o'clock"`,
    ],
    [
      `(date-format 0 "YYYY week W")`,
      r`syntax: date-format: "week W" in the pattern starts with no token; there are YYYY YY MMMM MMM MM M DD D dddd ddd HH H hh h mm m SSS ss s A a ZZ Z, and text stands in [brackets]`,
    ],
    [`(date-format NaN)`, "range: date-format: NaN is not a date: beyond the year 275760"],
    [`(date-format 0 "YYYY" "Nowhere")`, `range: date-format: unknown time zone "Nowhere"`],
    [`(date-format "now")`, `type: date-format: expected a number as ms, got "now"`],
    [
      `(date-parts 0)`,
      "{:year 1970 :month 1 :day 1 :hour 0 :minute 0 :second 0 :millisecond 0 :weekday 4 :offset 0}",
    ],
    [`(get (date-parts 0 "America/New_York") :offset)`, "-300"],
    [`(date-from-parts {:year 2024 :month 3 :day 0})`, String(Date.UTC(2024, 1, 29))],
    [`(date-from-parts {:year 50})`, String(new Date("0050-01-01T00:00:00Z").getTime())],
    [
      `(date-from-parts {:yaer 1})`,
      `range: date-from-parts: unknown part "yaer"; parts are year month day hour minute second millisecond`,
    ],
    [`(date-from-parts {:year "1"})`, `type: date-from-parts: expected an integer as year, got "1"`],
    [`(date-format (date-add (date-parse "2024-01-31") 1 "month") "YYYY-MM-DD")`, `"2024-02-29"`],
    [`(date-format (date-add (date-parse "2024-02-29") -1 :years) "YYYY-MM-DD")`, `"2023-02-28"`],
    [`(date-format (date-add (date-parse "2024-01-31") 2 "weeks") "YYYY-MM-DD")`, `"2024-02-14"`],
    [`(date-add 0 90 "minutes")`, "5400000"],
    [
      `(date-add 0 1 "fortnight")`,
      `range: date-add: unknown unit "fortnight"; units are millisecond second minute hour day week month year`,
    ],
    // Clocks in Berlin go forward at 2024-03-31 02:00 and back at 2024-10-27 03:00.
    [
      `(date-format (date-add (date-parse "2024-03-30T12:00" nil "Europe/Berlin") 1 "day" "Europe/Berlin") nil "Europe/Berlin")`,
      `"2024-03-31T12:00:00.000+02:00"`,
    ],
    [
      `(date-format (date-parse "2024-03-31T02:30" nil "Europe/Berlin") nil "Europe/Berlin")`,
      `"2024-03-31T03:30:00.000+02:00"`,
    ],
    [
      `(date-format (date-parse "2024-10-27T02:30" nil "Europe/Berlin") nil "Europe/Berlin")`,
      `"2024-10-27T02:30:00.000+02:00"`,
    ],
    [`(date-diff (date-parse "2024-01-31") (date-parse "2024-02-29") "month")`, "1"],
    [`(date-diff (date-parse "2024-01-15") (date-parse "2024-02-14") "month")`, "0"],
    [`(date-diff (date-parse "2024-02-15") (date-parse "2024-01-15") "month")`, "-1"],
    [`(date-diff 0 86399999 "day")`, "0"],
    [`(date-diff 0 (* 15 86400000) "weeks")`, "2"],
    [
      `(date-diff (date-parse "2024-03-31" nil "Europe/Berlin") (date-parse "2024-04-01" nil "Europe/Berlin") "day" "Europe/Berlin")`,
      "1",
    ],
    [`(date-format (date-start-of (date-parse "2024-05-01T10:30:15") "week"))`, `"2024-04-29T00:00:00.000Z"`],
    [`(date-format (date-start-of (date-parse "2024-05-01T10:30:15") "year"))`, `"2024-01-01T00:00:00.000Z"`],
    [
      `(date-format (date-start-of (date-parse "2024-05-01T10:30:15") "hour" "Asia/Kolkata"))`,
      `"2024-05-01T10:30:00.000Z"`,
    ],
    [
      `(date-format (date-start-of (date-parse "2024-05-01T01:00:00Z") "day" "America/New_York") nil "America/New_York")`,
      `"2024-04-30T00:00:00.000-04:00"`,
    ],
  ]);
  const moment = fc.integer({ min: Date.UTC(1900, 0), max: Date.UTC(2100, 0) });
  const zone = fc.constantFrom(
    "UTC",
    "Europe/Berlin",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
  );
  test("what is formatted parses to the same moment", () => {
    fc.assert(
      fc.property(moment, zone, (ms, z) => {
        // Offsets before time zones had whole minutes do not show in the text.
        const text = String(call("date-format", ms, NIL, z));
        fc.pre(Number(call("get", call("date-parts", ms, z), "offset")) % 1 === 0);
        expect(call("date-parse", text)).toBe(ms);
        const pattern = "dddd, D MMMM YYYY hh:mm:ss.SSS A Z";
        expect(call("date-parse", call("date-format", ms, pattern, z), pattern)).toBe(ms);
      }),
    );
  });
  test("parts make the same wall clock again", () => {
    fc.assert(
      fc.property(moment, zone, (ms, z) => {
        const parts = call("dissoc", call("date-parts", ms, z), "weekday", "offset");
        const again = call("date-from-parts", parts, z);
        expect(inspect(call("dissoc", call("date-parts", again, z), "weekday", "offset"))).toBe(
          inspect(parts),
        );
      }),
    );
  });
  test("date-diff counts what date-add adds", () => {
    const unit = fc.constantFrom("second", "hour", "day", "week", "month", "year");
    fc.assert(
      fc.property(moment, moment, unit, zone, (a, b, u, z) => {
        const [from, to] = a < b ? [a, b] : [b, a];
        const n = Number(call("date-diff", from, to, u, z));
        expect(Number(call("date-add", from, n, u, z))).toBeLessThanOrEqual(to);
        expect(Number(call("date-add", from, n + 1, u, z))).toBeGreaterThan(to);
      }),
    );
  });
  test("the start of a unit is the start of itself, and not after the moment", () => {
    const unit = fc.constantFrom("second", "minute", "hour", "day", "week", "month", "year");
    fc.assert(
      fc.property(moment, unit, zone, (ms, u, z) => {
        const start = Number(call("date-start-of", ms, u, z));
        expect(start).toBeLessThanOrEqual(ms);
        expect(call("date-start-of", start, u, z)).toBe(start);
      }),
    );
  });
});
