/** The heap: every value of the language, how it is made, taken apart, compared and printed. */
export {
  box,
  boxGet,
  boxSet,
  type Callee,
  closure,
  closureCode,
  closureGet,
  closureSet,
  closureSize,
  isBox,
  record,
  recordGet,
  recordSet,
  recordType,
} from "./cells.ts";
export {
  dictCount,
  dictDelete,
  dictEach,
  dictFrom,
  dictGet,
  dictHas,
  dictKeys,
  dictMaker,
  dictOfForeign,
  dictSet,
  EMPTY_DICT,
  isDict,
} from "./dict.ts";
export { eq, equal, eqv, hash } from "./equal.ts";
export { bool, EMPTY, FALSE, heapModule, NIL, stats, TRUE, truthy } from "./instance.ts";
export { KIND, type Kind, kindOf } from "./kind.ts";
export {
  append,
  condition,
  conj,
  cons,
  each,
  first,
  fromArray,
  isList,
  len,
  list,
  nth,
  raise,
  rest,
  reverse,
  sublist,
  toArray,
} from "./list.ts";
export { inspect, inspectBriefly, PRINT, str } from "./print.ts";
export { SxSet } from "./set.ts";
export { HashTable } from "./table.ts";
export {
  isVector,
  makeVector,
  vector,
  vectorItems,
  vectorLength,
  vectorPop,
  vectorPush,
  vectorRef,
  vectorSet,
} from "./vector.ts";
