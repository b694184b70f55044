/** Where new nodes go: to the right in time, near what they hang on. What is there stays. */

import { columnsOf, gapOf } from "./columns";
import type { FlowEdge, FlowNode, FlowPart } from "./flow";
import { nodesOf, type Picture } from "./picture";
import { COLUMN, ROW, makeSpace, type Point } from "./space";

export type { Point } from "./space";

/** The transactions of one expansion are spread over so many columns by their time. */
const SPREAD = 6;

interface Knot {
  height: number;
  x: number;
}

/** A new node with what holds it in its place. */
interface Hung {
  node: FlowNode;
  /** Placed nodes that pay into it, and that it pays into. */
  left: Point[];
  right: Point[];
  /** The one beside which it goes, and on which side of it. */
  beside: Point;
  side: 1 | -1;
}

/** The places of the nodes of the part that are not in the picture.
 *
 * New nodes that touch one that is there go beside it; a part that reaches further is laid out in
 * columns of its own first.
 */
export function place(picture: Picture, part: FlowPart, anchor: string | null): Map<string, Point> {
  const fresh = part.nodes.filter((node) => !Object.hasOwn(picture.nodes, node.id));
  if (fresh.length === 0) return new Map();
  const hung = fresh.map((node) => hang(picture, part.edges, node, anchor));
  const near = hung.filter((item) => item !== null);
  return near.length === fresh.length
    ? besideOthers(picture, near)
    : inColumns(picture, part, fresh, anchor);
}

function hang(
  picture: Picture,
  edges: readonly FlowEdge[],
  node: FlowNode,
  anchor: string | null,
): Hung | null {
  const left: Point[] = [];
  const right: Point[] = [];
  let beside: { at: Point; side: 1 | -1 } | null = null;
  let chosen = false;
  for (const { from, to } of edges) {
    const other = to === node.id ? from : from === node.id ? to : null;
    const at = other === null ? undefined : picture.nodes[other];
    if (at === undefined) continue;
    const side = to === node.id ? 1 : -1;
    (side === 1 ? left : right).push(at);
    if (beside === null || (other === anchor && !chosen)) beside = { at, side };
    if (other === anchor) chosen = true;
  }
  return beside === null ? null : { node, left, right, beside: beside.at, side: beside.side };
}

function besideOthers(picture: Picture, items: readonly Hung[]): Map<string, Point> {
  const knots = knotsOf(picture);
  const txs = items.filter(({ node }) => node.kind === "tx" && node.height !== null);
  const gap = gapOf(txs.map(({ node }) => node.height as number), SPREAD);
  const x = new Map<Hung, number>();
  for (const side of [1, -1] as const) {
    // From the nearest in time to the furthest, so that each one is held by the one before it.
    const inTime = txs
      .filter((item) => item.side === side)
      .sort((a, b) => side * ((a.node.height as number) - (b.node.height as number)));
    let last: { height: number; x: number } | null = null;
    for (const item of inTime) {
      const height = item.node.height as number;
      const held = side * between(item);
      const time = side * timeOf(knots, height, side, gap);
      // Counted towards the side on which they go, so that both sides read alike.
      let at = Math.max(held, Number.isFinite(time) ? time : held);
      if (last !== null) {
        const apart = Math.abs(height - last.height) > gap;
        at = Math.max(at, apart ? last.x + COLUMN : last.x);
        if (apart) last = { height, x: at };
        else last.x = at;
      } else last = { height, x: at };
      x.set(item, side * at);
    }
  }
  const space = makeSpace(Object.values(picture.nodes));
  return new Map(
    items.map((item) => [
      item.node.id,
      space.settle({ x: x.get(item) ?? between(item), y: item.beside.y }),
    ]),
  );
}

/** Midway between what it joins where there is room for it, else beside the one it hangs on. */
function between({ left, right, beside, side }: Hung): number {
  const from = Math.max(...left.map((point) => point.x));
  const to = Math.min(...right.map((point) => point.x));
  if (left.length > 0 && right.length > 0 && to - from >= 1.5 * COLUMN) return (from + to) / 2;
  if (left.length > 0 && right.length === 0) return from + COLUMN;
  if (right.length > 0 && left.length === 0) return to - COLUMN;
  return beside.x + side * COLUMN;
}

/** The x of a height by what stands around it: after what is earlier, before what is later.
 *
 * Infinite where nothing on that side tells.
 */
function timeOf(knots: readonly Knot[], height: number, side: 1 | -1, gap: number): number {
  let low = 0;
  let high = knots.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((knots[middle] as Knot).height <= height) low = middle + 1;
    else high = middle;
  }
  const before = knots[low - 1];
  const after = knots[low];
  if (before?.height === height) return before.x;
  const held = side === 1 ? before : after;
  const other = side === 1 ? after : before;
  if (held === undefined) return -side * Infinity;
  const stepped = held.x + side * COLUMN;
  const far = Math.abs(height - held.height) > gap;
  if (!far) return held.x;
  return other !== undefined && side * (other.x - stepped) < 0 ? held.x : stepped;
}

/** The transactions that stand in the order of time, as the scale of it: the most that agree. */
function knotsOf(picture: Picture): Knot[] {
  const knots = nodesOf(picture)
    .flatMap(({ kind, height, x }) => (kind === "tx" && height !== null ? [{ height, x }] : []))
    .sort((a, b) => a.height - b.height || a.x - b.x);
  // The longest sequence whose x does not fall, by patience: one dragged aside does not rule.
  const tails: number[] = [];
  const previous: (number | null)[] = [];
  knots.forEach(({ x }, index) => {
    let low = 0;
    let high = tails.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((knots[tails[middle] as number] as Knot).x <= x) low = middle + 1;
      else high = middle;
    }
    previous[index] = low === 0 ? null : (tails[low - 1] as number);
    tails[low] = index;
  });
  const kept: Knot[] = [];
  for (let at = tails.at(-1) ?? null; at !== null; at = previous[at] ?? null) {
    kept.push(knots[at] as Knot);
  }
  return kept.reverse();
}

function inColumns(
  picture: Picture,
  part: FlowPart,
  fresh: readonly FlowNode[],
  anchor: string | null,
): Map<string, Point> {
  const columns = columnsOf(
    fresh.map(({ id, kind, height }) => ({ id, height, tx: kind === "tx" })),
    part.edges,
  );
  const start = origin(picture, part, columns, anchor);
  const order = [...fresh].sort((a, b) => (columns.get(a.id) ?? 0) - (columns.get(b.id) ?? 0));
  const left = new Map<string, string[]>();
  const right = new Map<string, string[]>();
  for (const { from, to } of part.edges) {
    append(left, to, from);
    append(right, from, to);
  }
  const places = new Map<string, Point>();
  const at = (id: string): Point | undefined => places.get(id) ?? picture.nodes[id];
  const space = makeSpace(Object.values(picture.nodes));
  for (const { id } of order) {
    const from = (left.get(id) ?? []).flatMap((other) => at(other) ?? []);
    const to = (right.get(id) ?? []).flatMap((other) => at(other) ?? []);
    const around = from.length > 0 ? from : to;
    // In steps of a row: places that differ by a little would all have to be searched.
    const y = around.length === 0
      ? start.y
      : start.y +
        Math.round((around.reduce((sum, point) => sum + point.y, 0) / around.length - start.y) / ROW) * ROW;
    places.set(id, space.settle({ x: start.x + (columns.get(id) ?? 0) * COLUMN, y }));
  }
  return places;
}

/** Where column 0 begins and the first row lies: by an edge to what is there, else below it all. */
function origin(
  picture: Picture,
  part: FlowPart,
  columns: ReadonlyMap<string, number>,
  anchor: string | null,
): Point {
  const joined = part.edges.filter(
    ({ from, to }) =>
      (columns.has(to) && Object.hasOwn(picture.nodes, from)) ||
      (columns.has(from) && Object.hasOwn(picture.nodes, to)),
  );
  const edge =
    joined.find(({ from, to }) => from === anchor || to === anchor) ?? joined[0];
  if (edge !== undefined) {
    const source = picture.nodes[edge.from];
    const target = picture.nodes[edge.to];
    if (source !== undefined) {
      return { x: source.x + COLUMN - (columns.get(edge.to) ?? 0) * COLUMN, y: source.y };
    }
    if (target !== undefined) {
      return { x: target.x - COLUMN - (columns.get(edge.from) ?? 0) * COLUMN, y: target.y };
    }
  }
  const there = Object.values(picture.nodes);
  if (there.length === 0) return { x: 0, y: 0 };
  const knots = knotsOf(picture);
  const first = part.nodes.find((node) => columns.get(node.id) === 0 && node.height !== null);
  const time = first?.height == null ? -Infinity : timeOf(knots, first.height, 1, gapOf([], SPREAD));
  return {
    x: Number.isFinite(time) ? time : there.reduce((x, node) => Math.min(x, node.x), Infinity),
    y: there.reduce((y, node) => Math.max(y, node.y), -Infinity) + 2 * ROW,
  };
}

function append(lists: Map<string, string[]>, key: string, item: string): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}
