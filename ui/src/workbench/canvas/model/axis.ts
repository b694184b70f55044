/** The dates along the top of the drawing. */

import { COLUMN } from "./space";
import type { View } from "./visible";

/** The day of a column, or the first and the last of its days. */
export interface Mark {
  x: number;
  text: string;
}

/** A mark above each column in which transactions stand, from left to right. */
export function marksOf(view: Pick<View, "nodes">): Mark[] {
  const txs = view.nodes
    .flatMap(({ kind, x, time_utc }) => (kind === "tx" && time_utc !== null ? [{ x, time: time_utc }] : []))
    .sort((a, b) => a.x - b.x || (a.time < b.time ? -1 : 1));
  const columns: { x: number; first: string; last: string }[] = [];
  for (const { x, time } of txs) {
    const column = columns.at(-1);
    if (column === undefined || x - column.x >= COLUMN / 2) columns.push({ x, first: time, last: time });
    else {
      if (time < column.first) column.first = time;
      if (time > column.last) column.last = time;
    }
  }
  return columns.map(({ x, first, last }) => ({ x, text: spanOf(first, last) }));
}

/** One day, or as much of the second one as differs: "2024-01-31 – 02-02". */
function spanOf(first: string, last: string): string {
  const from = first.slice(0, 10);
  const to = last.slice(0, 10);
  if (from === to) return from;
  return `${from} – ${from.slice(0, 4) === to.slice(0, 4) ? to.slice(5) : to}`;
}
