/**
 * The text as the formatter sees it: tokens as written, nested, with the comments and line breaks
 * between them. Forms would not do: they know neither comments nor how a number was spelt.
 */
import * as token from "../lexer.ts";

export interface Comment {
  readonly text: string;
  /** Line breaks before it; 0: it stands behind something. */
  readonly newlines: number;
}

/** What stands before a node, or before a closing bracket. */
export interface Gap {
  readonly comments: readonly Comment[];
  /** Line breaks between the last comment, or what comes before, and the node. */
  readonly newlines: number;
}

export interface Node {
  readonly kind: "atom" | "list" | "prefix";
  /** The token; of a list, its opening bracket. */
  readonly text: string;
  readonly gap: Gap;
  /** Items of a list; the one form after a prefix, a tag or `#;`. */
  readonly children: Node[];
  /** Before the closing bracket. */
  tail: Gap;
  /** On one line; infinite if it cannot or should not stand on one line. */
  width: number;
}

const NO_GAP: Gap = { comments: [], newlines: 0 };

/** The nodes of a readable text under a root without brackets. Iterative; linear. */
export function parse(text: string): Node {
  const lexer = new token.Lexer(text, true);
  const root = node("list", "", NO_GAP);
  const stack: Node[] = [root];
  let comments: Comment[] = [];
  for (let kind = lexer.next(); kind !== token.END; kind = lexer.next()) {
    const written = text.slice(lexer.start, lexer.end);
    if (kind === token.COMMENT) {
      comments.push({ text: written.trimEnd(), newlines: lexer.newlines });
      continue;
    }
    const gap: Gap =
      comments.length === 0 && lexer.newlines === 0 ? NO_GAP : { comments, newlines: lexer.newlines };
    comments = [];
    if (kind === token.CLOSE) {
      const list = stack.pop() as Node;
      list.tail = gap;
      complete(list, stack);
    } else if (kind === token.OPEN) {
      stack.push(node("list", written, gap));
    } else if (kind === token.PREFIX || kind === token.DISCARD || kind === token.TAG) {
      stack.push(node("prefix", written, gap));
    } else {
      complete(node("atom", written, gap), stack);
    }
  }
  root.tail = { comments, newlines: 0 };
  return root;
}

function node(kind: Node["kind"], text: string, gap: Gap): Node {
  return { kind, text, gap, children: [], tail: NO_GAP, width: 0 };
}

function complete(finished: Node, stack: Node[]): void {
  for (let done = finished; ; ) {
    done.width = widthOf(done);
    const parent = stack[stack.length - 1] as Node;
    parent.children.push(done);
    if (parent.kind !== "prefix") return;
    done = parent;
    stack.pop();
  }
}

function widthOf(of: Node): number {
  if (of.kind === "atom") return of.text.includes("\n") ? Number.POSITIVE_INFINITY : of.text.length;
  if (of.tail.comments.length > 0) return Number.POSITIVE_INFINITY;
  let width = of.kind === "list" ? 2 : of.text.length + joint(of).length;
  for (let i = 0; i < of.children.length; i++) {
    const child = of.children[i] as Node;
    if (child.gap.comments.length > 0) return Number.POSITIVE_INFINITY;
    // A break right after the bracket or prefix is dropped, all others are kept.
    if (i > 0 && child.gap.newlines > 0) return Number.POSITIVE_INFINITY;
    width += child.width + (i > 0 ? 1 : 0);
  }
  return width;
}

/** What goes between a prefix and its form: tags need a space, and `, @x` is not `,@x`. */
export function joint(prefix: Node): string {
  if (prefix.text.startsWith("#")) return prefix.text === "#;" || prefix.text === "#'" ? "" : " ";
  return prefix.text === "," && prefix.children[0]?.text.startsWith("@") === true ? " " : "";
}

/** `#;form` counts for nothing among the items of a list. */
export function isDiscard(of: Node): boolean {
  return of.kind === "prefix" && of.text === "#;";
}

export function isKeyword(of: Node | undefined): boolean {
  return of !== undefined && of.kind === "atom" && of.text.charCodeAt(0) === 58;
}

export function closerOf(list: Node): string {
  return list.text === "(" ? ")" : list.text === "[" ? "]" : list.text === "{" ? "}" : "";
}
