/**
 * An immutable sorted map from bytes to values: a tree in which a change makes new nodes along one path, so that
 * a snapshot is a reference. Balanced by weight (Adams, "Efficient sets: a balancing act"). O(log n).
 */
import { type ByteRange, compareBytes } from "../key.ts";

export interface Node<T> {
  readonly key: Uint8Array;
  readonly value: T;
  readonly left: Tree<T>;
  readonly right: Tree<T>;
  readonly size: number;
}

/** `undefined` is the empty tree. */
export type Tree<T> = Node<T> | undefined;

const sizeOf = <T>(tree: Tree<T>): number => tree?.size ?? 0;

/** Parameters that Hirai and Yamamoto have proved to keep the balance. */
const DELTA = 3;
const RATIO = 2;

function node<T>(left: Tree<T>, key: Uint8Array, value: T, right: Tree<T>): Node<T> {
  return { key, value, left, right, size: sizeOf(left) + sizeOf(right) + 1 };
}

function balanced<T>(left: Tree<T>, key: Uint8Array, value: T, right: Tree<T>): Node<T> {
  const weightLeft = sizeOf(left) + 1;
  const weightRight = sizeOf(right) + 1;
  if (right !== undefined && weightRight > DELTA * weightLeft) {
    const { left: inner, right: outer } = right;
    if (inner === undefined || sizeOf(inner) + 1 < RATIO * (sizeOf(outer) + 1))
      return node(node(left, key, value, inner), right.key, right.value, outer);
    return node(
      node(left, key, value, inner.left),
      inner.key,
      inner.value,
      node(inner.right, right.key, right.value, outer),
    );
  }
  if (left !== undefined && weightLeft > DELTA * weightRight) {
    const { left: outer, right: inner } = left;
    if (inner === undefined || sizeOf(inner) + 1 < RATIO * (sizeOf(outer) + 1))
      return node(outer, left.key, left.value, node(inner, key, value, right));
    return node(
      node(outer, left.key, left.value, inner.left),
      inner.key,
      inner.value,
      node(inner.right, key, value, right),
    );
  }
  return node(left, key, value, right);
}

export function find<T>(tree: Tree<T>, key: Uint8Array): T | undefined {
  let at = tree;
  while (at !== undefined) {
    const order = compareBytes(key, at.key);
    if (order === 0) return at.value;
    at = order < 0 ? at.left : at.right;
  }
  return undefined;
}

export function insert<T>(tree: Tree<T>, key: Uint8Array, value: T): Node<T> {
  if (tree === undefined) return node(undefined, key, value, undefined);
  const order = compareBytes(key, tree.key);
  if (order === 0) return node(tree.left, key, value, tree.right);
  if (order < 0) return balanced(insert(tree.left, key, value), tree.key, tree.value, tree.right);
  return balanced(tree.left, tree.key, tree.value, insert(tree.right, key, value));
}

export function remove<T>(tree: Tree<T>, key: Uint8Array): Tree<T> {
  if (tree === undefined) return undefined;
  const order = compareBytes(key, tree.key);
  if (order < 0) return balanced(remove(tree.left, key), tree.key, tree.value, tree.right);
  if (order > 0) return balanced(tree.left, tree.key, tree.value, remove(tree.right, key));
  if (tree.left === undefined) return tree.right;
  if (tree.right === undefined) return tree.left;
  let least = tree.right;
  while (least.left !== undefined) least = least.left;
  return balanced(tree.left, least.key, least.value, remove(tree.right, least.key));
}

/** Those of the range, in order or in reverse. */
export function* nodes<T>(tree: Tree<T>, range: ByteRange, reverse = false): Generator<Node<T>> {
  if (tree === undefined) return;
  const fromStart = compareBytes(tree.key, range.start) >= 0;
  const beforeEnd = compareBytes(tree.key, range.end) < 0;
  const [first, last] = reverse ? [tree.right, tree.left] : [tree.left, tree.right];
  const [intoFirst, intoLast] = reverse ? [beforeEnd, fromStart] : [fromStart, beforeEnd];
  if (intoFirst) yield* nodes(first, range, reverse);
  if (fromStart && beforeEnd) yield tree;
  if (intoLast) yield* nodes(last, range, reverse);
}
