/** Rows by the order within each column: straight where that can be, and with nothing between. */

import { ROW } from "./space";

export interface Ordered {
  id: string;
  column: number;
  /** What stands above what within a column. */
  order: number;
}

/** There and back, and there at last: money reads from the left. */
const SWEEPS = 5;

/** The y of each node: as near to the middle of its neighbours as the order of its column lets. */
export function rowsOf(
  nodes: readonly Ordered[],
  edges: readonly { from: string; to: string }[],
): Map<string, number> {
  const columns = new Map<number, Ordered[]>();
  for (const node of nodes) {
    const column = columns.get(node.column);
    if (column === undefined) columns.set(node.column, [node]);
    else column.push(node);
  }
  const inOrder = [...columns]
    .sort(([a], [b]) => a - b)
    .map(([, column]) => column.sort((a, b) => a.order - b.order || (a.id < b.id ? -1 : 1)));
  const columnOf = new Map(nodes.map((node) => [node.id, node.column]));
  const left = new Map<string, string[]>();
  const right = new Map<string, string[]>();
  for (const { from, to } of edges) {
    const [a, b] = [columnOf.get(from), columnOf.get(to)];
    if (a === undefined || b === undefined || a === b) continue;
    const [first, second] = a < b ? [from, to] : [to, from];
    append(left, second, first);
    append(right, first, second);
  }
  const y = new Map<string, number>();
  for (const column of inOrder) {
    column.forEach(({ id }, index) => y.set(id, (index - (column.length - 1) / 2) * ROW));
  }
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const forward = sweep % 2 === 0;
    for (const column of forward ? inOrder : [...inOrder].reverse()) {
      const wanted = column.map(({ id }) => {
        const near = (forward ? left : right).get(id) ?? (sweep === 0 ? undefined : (forward ? right : left).get(id));
        return near === undefined ? (y.get(id) ?? 0) : middle(near.map((other) => y.get(other) ?? 0));
      });
      spread(wanted).forEach((at, index) => y.set((column[index] as Ordered).id, at));
    }
  }
  return y;
}

/** The places nearest to those wanted, by least squares, in the same order and a row apart.
 *
 * Neighbours that want to pass each other are pooled and share the mean of what they want.
 */
export function spread(wanted: readonly number[]): number[] {
  const pools: { sum: number; count: number }[] = [];
  wanted.forEach((at, index) => {
    let pool = { sum: at - index * ROW, count: 1 };
    for (let last = pools.at(-1); last !== undefined && last.sum / last.count > pool.sum / pool.count; last = pools.at(-1)) {
      pools.pop();
      pool = { sum: last.sum + pool.sum, count: last.count + pool.count };
    }
    pools.push(pool);
  });
  return pools
    .flatMap(({ sum, count }) => Array.from({ length: count }, () => sum / count))
    .map((at, index) => at + index * ROW);
}

/** The median: one far neighbour does not pull a node away from the line of the others. */
function middle(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  const upper = sorted[half] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? 0) + upper) / 2;
}

function append(lists: Map<string, string[]>, key: string, item: string): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}
