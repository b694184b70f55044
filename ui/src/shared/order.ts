/** The order of table rows. */

import { compareDecimal } from "./money";

/** A cell by which rows are sorted: decimal text is marked, so that it is not sorted as words. */
export type Key = bigint | number | string | { decimal: string } | null;

/** Negative, zero or positive. Null sorts first; words sort by code unit, the same everywhere. */
export function compareKeys(a: Key, b: Key): number {
  if (a === null || b === null) return Number(a !== null) - Number(b !== null);
  if (typeof a === "object" && typeof b === "object") return compareDecimal(a.decimal, b.decimal);
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A new list in the order of `key`; rows with equal keys stay in the order they had. */
export function sorted<T>(rows: readonly T[], key: (row: T) => Key, descending: boolean): T[] {
  const sign = descending ? -1 : 1;
  return [...rows].sort((a, b) => sign * compareKeys(key(a), key(b)));
}
