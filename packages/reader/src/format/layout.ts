/**
 * Lays out a tree. Line breaks that are there are kept, so a list that the author broke stays
 * broken; what does not fit is broken from the outside inwards; nothing is ever joined. Since each
 * choice depends only on what a second run would see as well, formatting twice changes nothing.
 */
import { type Place, placeAfterPrefix, placeOf, type Style, styleOf } from "./styles.ts";
import { type Comment, closerOf, type Gap, isDiscard, isKeyword, joint, type Node } from "./tree.ts";

/** A list that is being written over several lines. */
interface Frame {
  readonly list: Node;
  readonly place: Place;
  readonly style: Style;
  /** Column of the bracket. */
  readonly base: number;
  /** Closing brackets that will follow this list on its last line. */
  readonly trailing: number;
  /** Nobody broke it, it only does not fit: break it everywhere. */
  readonly full: boolean;
  next: number;
  /** Items so far, `#;` not counted. */
  index: number;
  /** Some item is on a line below the bracket's. */
  broken: boolean;
  /** Column of the first argument, if what follows is to stand below it. */
  argument: number | undefined;
  /** The item before is a keyword that names the next one. */
  named: boolean;
  /** Only attributes so far, after the head and its arguments. */
  attributes: boolean;
  /** Lines written when the item before was begun. */
  lineBefore: number;
}

export class Layout {
  private readonly width: number;
  private readonly forms: Readonly<Record<string, number>>;
  private readonly out: string[] = [];
  private readonly stack: Frame[] = [];
  private column = 0;
  private lines = 0;

  constructor(width: number, forms: Readonly<Record<string, number>>) {
    this.width = width;
    this.forms = forms;
  }

  /** The laid-out text of a root from `parse`. Iterative. */
  run(root: Node): string {
    this.push(root, "top", 0);
    for (let frame = this.stack.at(-1); frame !== undefined; frame = this.stack.at(-1)) {
      if (frame.next < frame.list.children.length) this.item(frame);
      else this.close(frame);
    }
    const text = this.out.join("");
    return text === "" ? "" : `${text}\n`;
  }

  // --- text ---

  private write(text: string): void {
    this.out.push(text);
    const eol = text.lastIndexOf("\n");
    if (eol < 0) {
      this.column += text.length;
    } else {
      this.column = text.length - eol - 1;
      this.lines++;
    }
  }

  private newline(indent: number, newlines: number): void {
    // Beyond the width there is nothing to align with, and deep nesting would fill the disk.
    const column = Math.min(indent, this.width);
    this.out.push(newlines > 1 ? "\n\n" : "\n", " ".repeat(column));
    this.column = column;
    this.lines++;
  }

  /** Comments, each behind what comes before or on a line of its own. */
  private comments(comments: readonly Comment[], indent: number): void {
    for (const comment of comments) {
      if (comment.newlines > 0) this.newline(indent, comment.newlines);
      else this.write(" ");
      this.write(comment.text);
    }
  }

  /** As `comments`, right behind a bracket or prefix: the first one stays on that line. */
  private firstComments(comments: readonly Comment[], indent: number): void {
    const [first, ...others] = comments;
    if (first !== undefined) this.write(first.text);
    this.comments(others, indent);
  }

  // --- nodes ---

  private push(list: Node, place: Place, trailing: number): void {
    this.stack.push({
      list,
      place,
      style: styleOf(list, place, this.forms),
      base: this.column,
      trailing,
      full: list.width !== Number.POSITIVE_INFINITY,
      next: 0,
      index: 0,
      broken: false,
      argument: undefined,
      named: false,
      attributes: true,
      lineBefore: this.lines,
    });
    this.write(list.text);
  }

  /** Writes a node where we are; a list that does not fit becomes the top frame. */
  private begin(node: Node, at: Place, trailing: number): void {
    let place = at;
    let current = node;
    while (current.kind === "prefix" && !this.fits(current.width + trailing)) {
      const child = current.children[0] as Node;
      this.write(current.text);
      if (child.gap.comments.length > 0) {
        this.write(" ");
        const indent = this.column;
        this.firstComments(child.gap.comments, indent);
        this.newline(indent, 1);
      } else {
        this.write(joint(current));
      }
      place = placeAfterPrefix(current.text, place);
      current = child;
    }
    if (current.kind === "atom") this.write(current.text);
    else if (this.fits(current.width + trailing)) this.flat(current);
    else this.push(current, place, trailing);
  }

  private fits(width: number): boolean {
    return this.column + width <= this.width;
  }

  private flat(node: Node): void {
    const todo: (Node | string)[] = [node];
    for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
      if (typeof next === "string") {
        this.write(next);
        continue;
      }
      this.write(next.text);
      if (next.kind === "prefix") this.write(joint(next));
      if (next.kind === "list") todo.push(closerOf(next));
      for (let i = next.children.length - 1; i >= 0; i--) {
        todo.push(next.children[i] as Node);
        if (i > 0) todo.push(" ");
      }
    }
  }

  private item(frame: Frame): void {
    const { list, style } = frame;
    const position = frame.next++;
    const node = list.children[position] as Node;
    const discard = isDiscard(node);
    const last = position === list.children.length - 1 && list.tail.comments.length === 0;
    const trailing = last && style.kind !== "top" ? frame.trailing + 1 : 0;
    const value = frame.named && !discard;
    if (!this.isAttribute(frame, node, value)) frame.attributes = false;
    if (position === 0) {
      this.first(node.gap, this.indent(frame, value), style);
    } else if (this.breaks(frame, node, position, value, trailing)) {
      // More than one argument stands on the head's line: what follows is as good as a body.
      if (!frame.broken && frame.index > 2 && style.pairsFrom > frame.index) frame.argument = undefined;
      frame.broken = true;
      const indent = this.indent(frame, value);
      this.comments(node.gap.comments, indent);
      // Between comments and node, a break is there even if nobody would put one.
      this.newline(indent, node.gap.newlines);
    } else {
      this.write(" ");
      if (frame.index === 1 && style.kind === "call" && !discard) frame.argument = this.column;
    }
    frame.lineBefore = this.lines;
    const place = placeOf(style, frame.place, frame.index);
    if (!discard) {
      frame.named = this.names(frame, node, value);
      frame.index++;
    }
    this.begin(node, place, trailing);
  }

  /** The first item of a list stands behind the bracket, unless comments come between. */
  private first(gap: Gap, indent: number, style: Style): void {
    if (gap.comments.length === 0) return;
    this.firstComments(gap.comments, indent);
    this.newline(indent, style.kind === "top" ? gap.newlines : 1);
  }

  /** Whether `node` names the item after it: a key of a dict, a binding, a keyword argument. */
  private names(frame: Frame, node: Node, value: boolean): boolean {
    if (value) return false;
    if (frame.index >= frame.style.pairsFrom) return true;
    return frame.style.kind !== "top" && frame.index > 0 && isKeyword(node);
  }

  /** In a body form, keyword arguments before anything else may share lines. */
  private isAttribute(frame: Frame, node: Node, value: boolean): boolean {
    const { style, index } = frame;
    if (style.kind !== "body" && style.kind !== "loose") return false;
    return index <= style.roles.length || value || (isKeyword(node) && frame.attributes);
  }

  private indent(frame: Frame, value: boolean): number {
    const { style, base, index } = frame;
    if (style.kind === "top") return 0;
    const inside = base + frame.list.text.length;
    if (index === 0) return inside;
    // A value that the author put below its key. In a call, a keyword may be just an argument.
    const shift = value && (style.kind !== "call" || index > style.pairsFrom) ? 2 : 0;
    if (style.kind === "items") return inside + shift;
    if (style.kind === "call") return (frame.argument ?? base + 2) + shift;
    return (index <= style.roles.length ? base + 4 : base + 2) + shift;
  }

  private breaks(frame: Frame, node: Node, position: number, value: boolean, trailing: number): boolean {
    const { style, index, list } = frame;
    if (style.kind === "top" || node.gap.newlines > 0 || node.gap.comments.length > 0) return true;
    if (!isDiscard(node) && !isDiscard(list.children[position - 1] as Node)) {
      if (value) return false;
      if (index <= style.roles.length) return false;
      if (style.kind === "call" && index === 1) return frame.full && this.headAlone(frame);
    }
    if (style.definition && index === 2) return this.valueBelow(frame, node);
    if (style.kind === "body" && !frame.attributes) return true;
    if (frame.full && !style.filled && !frame.attributes) return true;
    if (this.lines > frame.lineBefore) return true;
    // One space, and with a key its value.
    const following = list.children[position + 1];
    const paired =
      following !== undefined &&
      this.names(frame, node, value) &&
      following.width !== Number.POSITIVE_INFINITY;
    const width = paired ? node.width + 1 + following.width : node.width;
    const lastOfLine = position + (paired ? 2 : 1) === list.children.length;
    const closers = lastOfLine && list.tail.comments.length === 0 ? frame.trailing + 1 : trailing;
    // What is broken anyway stays where the author put it.
    return width !== Number.POSITIVE_INFINITY && !this.fits(1 + width + closers);
  }

  /** A defined value goes on a line of its own where that keeps it on one line. */
  private valueBelow(frame: Frame, value: Node): boolean {
    const width = value.width + frame.trailing + 1;
    return !this.fits(1 + width) && frame.base + 2 + width <= this.width;
  }

  /** Arguments fit below the head, indented by two, and not behind it. */
  private headAlone(frame: Frame): boolean {
    const { list, base } = frame;
    let widest = 0;
    for (let i = 1; i < list.children.length; i++) {
      const node = list.children[i] as Node;
      const value = list.children[i + 1];
      const width = isKeyword(node) && value !== undefined ? node.width + 1 + value.width : node.width;
      widest = Math.max(widest, width);
    }
    const behind = this.column + 1 + widest + frame.trailing + 1;
    const below = base + 2 + widest + frame.trailing + 1;
    return behind > this.width && below <= this.width;
  }

  private close(frame: Frame): void {
    const { list, style } = frame;
    const { comments } = list.tail;
    if (comments.length > 0) {
      const indent = this.indent(frame, false);
      if (list.children.length === 0) this.firstComments(comments, indent);
      else this.comments(comments, indent);
      if (style.kind !== "top") this.newline(indent, 1);
    }
    this.write(closerOf(list));
    this.stack.pop();
  }
}
