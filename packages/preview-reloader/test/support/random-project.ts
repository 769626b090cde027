/**
 * A program of several files that changes at random: constants, markup, expressions, names, order, imports, macros,
 * top-level values, files that come, go and move, and mistakes with their fixes.
 */

type Files = Record<string, string | null>;

interface Edit {
  readonly what: string;
  readonly files: Files;
}

/** A generator of numbers that is the same everywhere (mulberry32). */
class Random {
  private state: number;
  constructor(seed: number) {
    this.state = seed;
  }
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }
  int(n: number): number {
    return Math.floor(this.next() * n);
  }
  pick<T>(items: readonly T[]): T {
    const item = items[this.int(items.length)];
    if (item === undefined) throw new RangeError("nothing to pick from");
    return item;
  }
  chance(p: number): boolean {
    return this.next() < p;
  }
}

interface Definition {
  readonly kind: "comp" | "fn" | "value" | "computed" | "macro" | "effect" | "record" | "use-macro";
  readonly name: string;
  /** Names of this or other files that it uses. */
  uses: string[];
  n: number;
  words: string;
  markup: number;
}

interface SourceFile {
  name: string;
  imports: string[];
  definitions: Definition[];
  comment: number;
  broken: string | undefined;
}

const WORDS = ["ash", "birch", "cedar", "elm", "fir", "hazel", "larch", "maple", "oak", "pine"];

export class RandomProject {
  private readonly random: Random;
  private readonly sources: SourceFile[] = [];
  private counter = 0;
  private written: Map<string, string> = new Map();

  constructor(seed: number) {
    this.random = new Random(seed);
    for (let i = 0; i < 6; i++) {
      const file: SourceFile = {
        name: `f${i}.sx`,
        imports: [],
        definitions: [],
        comment: 0,
        broken: undefined,
      };
      this.sources.push(file);
      for (const other of this.sources.slice(0, -1))
        if (this.random.chance(0.5)) file.imports.push(other.name);
      for (let j = 0; j < 3; j++) file.definitions.push(this.definition(file));
    }
  }

  files(): Record<string, string> {
    this.written = this.texts();
    return Object.fromEntries(this.written);
  }

  /** Changes something, or several things, and gives the files that are different now. */
  edit(): Edit {
    const what: string[] = [];
    do what.push(this.change());
    while (this.random.chance(0.25));
    const before = this.written;
    this.written = this.texts();
    const files: Files = {};
    for (const [name, text] of this.written) if (before.get(name) !== text) files[name] = text;
    for (const name of before.keys()) if (!this.written.has(name)) files[name] = null;
    // A touch.
    if (Object.keys(files).length === 0) files["main.sx"] = this.written.get("main.sx") ?? "";
    return { what: what.join(", "), files };
  }

  private change(): string {
    const { random } = this;
    const broken = this.sources.filter((file) => file.broken !== undefined);
    if (broken.length > 0 && random.chance(0.6)) {
      const file = random.pick(broken);
      file.broken = undefined;
      return `mend ${file.name}`;
    }
    if (random.chance(0.5)) {
      const mended = this.mend();
      if (mended.length > 0) return `mend the uses of ${mended.join(" ")}`;
    }
    const file = random.pick(this.sources);
    const definition = file.definitions.length === 0 ? undefined : random.pick(file.definitions);
    const kind = random.int(16);
    if (kind <= 2 && definition !== undefined) {
      definition.words = this.words();
      return `words of ${definition.name}`;
    }
    if (kind === 3 && definition !== undefined) {
      definition.n = random.int(50);
      return `number of ${definition.name}`;
    }
    if ((kind === 4 || kind === 5) && definition !== undefined) {
      definition.markup = random.int(6);
      return `markup of ${definition.name}`;
    }
    if (kind === 6 && definition !== undefined) {
      definition.uses = this.someNames(file, definition);
      return `uses of ${definition.name}`;
    }
    if (kind === 7) {
      const added = this.definition(file);
      file.definitions.splice(random.int(file.definitions.length + 1), 0, added);
      return `add ${added.kind} ${added.name} to ${file.name}`;
    }
    if (kind === 8 && definition !== undefined) {
      file.definitions = file.definitions.filter((d) => d !== definition);
      if (random.chance(0.7)) this.forget(definition.name);
      return `remove ${definition.name}`;
    }
    if (kind === 9 && definition !== undefined) {
      const name = this.name(definition.kind);
      const uses = random.chance(0.8);
      if (uses)
        for (const d of this.definitions())
          d.uses = d.uses.map((use) => (use === definition.name ? name : use));
      Object.assign(definition, { name });
      return `rename a ${definition.kind} to ${name}${uses ? "" : " here only"}`;
    }
    if (kind === 10 && file.definitions.length > 1) {
      const [moved] = file.definitions.splice(random.int(file.definitions.length), 1);
      if (moved !== undefined) file.definitions.splice(random.int(file.definitions.length + 1), 0, moved);
      return `reorder ${file.name}`;
    }
    if (kind === 11) {
      const index = this.sources.indexOf(file);
      const earlier = this.sources.slice(0, index);
      file.imports = earlier.filter(() => random.chance(0.5)).map((f) => f.name);
      return `imports of ${file.name}`;
    }
    if (kind === 12) {
      file.comment += 1;
      return `comment in ${file.name}`;
    }
    if (kind === 13) {
      file.broken = random.pick([
        "(define (open",
        "(undefined-function 1)",
        '(import "./nowhere.sx")',
        '(define oops (error "at load"))',
        "(if)",
        "(defcomp ~bad (&key x) (p x)) (define b (fn () (~bad :y 1)))",
      ]);
      return `break ${file.name} with ${file.broken}`;
    }
    if (kind === 14) {
      const old = file.name;
      this.counter += 1;
      file.name = `sub/g${this.counter}.sx`;
      for (const other of this.sources) {
        other.imports = other.imports.map((name) => (name === old ? file.name : name));
      }
      return `move ${old} to ${file.name}`;
    }
    if (this.sources.length < 9) {
      const added: SourceFile = {
        name: `n${this.counter++}.sx`,
        imports: this.sources.filter(() => random.chance(0.3)).map((f) => f.name),
        definitions: [],
        comment: 0,
        broken: undefined,
      };
      this.sources.push(added);
      added.definitions.push(this.definition(added), this.definition(added));
      return `new file ${added.name}`;
    }
    const last = this.sources.pop();
    for (const d of last?.definitions ?? []) this.forget(d.name);
    return `delete ${last?.name ?? "nothing"}`;
  }

  /** Takes away uses of what is not there, not imported, or defined further down. */
  private mend(): string[] {
    const mended: string[] = [];
    for (const file of this.sources) {
      const imported = this.sources.filter((other) => file.imports.includes(other.name));
      const visible = new Set(imported.flatMap((other) => other.definitions).map((d) => d.name));
      for (const d of file.definitions) {
        const uses = d.uses.filter((use) => visible.has(use));
        if (uses.length < d.uses.length) mended.push(d.name);
        d.uses = uses;
        visible.add(d.name);
      }
    }
    return mended;
  }

  private visible(file: SourceFile): Definition[] {
    const imported = this.sources.filter((other) => file.imports.includes(other.name));
    return [...imported, file].flatMap((other) => other.definitions);
  }

  private *definitions(): Generator<Definition> {
    for (const file of this.sources) yield* file.definitions;
  }

  private forget(name: string): void {
    for (const d of this.definitions()) d.uses = d.uses.filter((use) => use !== name);
  }

  private words(): string {
    return `${this.random.pick(WORDS)} ${this.random.pick(WORDS)}`;
  }

  private name(kind: Definition["kind"]): string {
    this.counter += 1;
    return kind === "comp" ? `~c${this.counter}` : `${kind[0]}${this.counter}`;
  }

  private definition(file: SourceFile): Definition {
    const { random } = this;
    const kind = random.pick([
      "comp",
      "comp",
      "comp",
      "fn",
      "fn",
      "value",
      "computed",
      "macro",
      "effect",
      "record",
      "use-macro",
    ] as const);
    const definition: Definition = {
      kind,
      name: this.name(kind),
      uses: [],
      n: random.int(50),
      words: this.words(),
      markup: random.int(6),
    };
    definition.uses = this.someNames(file, definition);
    return definition;
  }

  /** Names from the imported files, and of what stands before in this one, so that nothing calls itself. */
  private someNames(file: SourceFile, definition: Definition): string[] {
    const names: string[] = [];
    for (const d of this.visible(file)) {
      if (d === definition) break;
      names.push(d.name);
    }
    return names.filter(() => this.random.chance(Math.min(1, 2 / names.length)));
  }

  private texts(): Map<string, string> {
    const texts = new Map<string, string>();
    for (const file of this.sources) texts.set(file.name, this.text(file));
    const imports = this.sources.map((file) => `(import "./${file.name}")`).join("\n");
    const shown = [...this.definitions()].map((d) => useOf(d));
    texts.set(
      "main.sx",
      `${imports}\n(preview "All" (ul ${shown.map((use) => `(li ${use})`).join("\n  ")}))\n`,
    );
    return texts;
  }

  private text(file: SourceFile): string {
    const up = file.name.includes("/") ? "../" : "./";
    const lines = file.imports.map((name) => `(import "${up}${name}")`);
    if (file.comment > 0) lines.push(`; comment ${file.comment}`);
    const known = new Map([...this.definitions()].map((d) => [d.name, d]));
    for (const d of file.definitions) lines.push(textOf(d, known));
    if (file.broken !== undefined) lines.push(file.broken);
    return `${lines.join("\n\n")}\n`;
  }
}

/** An expression that shows a definition. */
function useOf(d: Definition): string {
  switch (d.kind) {
    case "comp":
      return `(${d.name} :title "t")`;
    case "fn":
      return `(${d.name} 1)`;
    case "value":
    case "computed":
      return d.name;
    case "macro":
      return `(${d.name} (+ 1 2))`;
    case "effect":
      return `(len ${d.name})`;
    case "record":
      return `(${d.name}-x (make-${d.name} ${d.n} 2))`;
    case "use-macro":
      return `(${d.name})`;
    default:
      return d.kind satisfies never;
  }
}

function textOf(d: Definition, known: ReadonlyMap<string, Definition>): string {
  const uses = d.uses.map((name) => {
    const used = known.get(name);
    return used === undefined ? `(str ${name})` : useOf(used);
  });
  const rest = uses.join(" ");
  switch (d.kind) {
    case "comp":
      return `(defcomp ${d.name} (&key title (size ${d.n})) ${markup(d, rest)})`;
    case "fn":
      return `(define (${d.name} x) (let [y (+ x ${d.n})] (list "${d.words}" y ${rest})))`;
    case "value":
      return `(define ${d.name} "${d.words}")`;
    case "computed":
      return `(define ${d.name} (list "${d.words}" (* ${d.n} 2) ${rest}))`;
    case "macro":
      return `(defmacro ${d.name} (x) \`(list "${d.words}" ,x ${d.n} ${d.uses.length > 0 ? rest : ""}))`;
    case "effect":
      return `(define ${d.name} (vector))\n(vector-push! ${d.name} ${d.n})\n(vector-push! ${d.name} (list ${rest}))`;
    case "record":
      return `(define-record-type ${d.name} (make-${d.name} x y) ${d.name}? (x ${d.name}-x) (y ${d.name}-y))`;
    case "use-macro":
      return `(define (${d.name}) (list ${rest} "${d.words}"))`;
    default:
      return d.kind satisfies never;
  }
}

function markup(d: Definition, rest: string): string {
  switch (d.markup) {
    case 0:
      return `(div :class "a" (h1 title) "${d.words}" ${rest})`;
    case 1:
      return `(section (div :class "${d.words}" (h1 title)) ${rest})`;
    case 2:
      return `(p (b size) title ${rest} (i "${d.words}"))`;
    case 3:
      return `(<> (p title) (p :id "${d.words}" size) ${rest})`;
    case 4:
      return `(div (if (> size 20) (b "${d.words}") (i "${d.words}" title)) ${rest})`;
    default:
      return `(div :data-n ${d.n} "${d.words}" (span size " of " title) ${rest})`;
  }
}
