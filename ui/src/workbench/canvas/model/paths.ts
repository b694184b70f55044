/** Ways through the picture, along the money. */

import { edgesAt } from "./more";
import type { Picture, PictureEdge } from "./picture";
import { largestFirst, type Sat } from "./sat";

/** Nodes and edges from the first to the last; `value_sat` is the least that an edge of it has. */
export interface Path {
  nodes: string[];
  edges: string[];
  value_sat: Sat | null;
}

/** The way with the fewest edges, of those the one whose ids come first; null where none leads. */
export function shortestPath(picture: Picture, from: string, to: string): Path | null {
  if (!Object.hasOwn(picture.nodes, from) || !Object.hasOwn(picture.nodes, to)) return null;
  const by = new Map<string, PictureEdge | null>([[from, null]]);
  let front = [from];
  while (front.length > 0 && !by.has(to)) {
    const next: string[] = [];
    for (const node of front) {
      for (const edge of outOf(picture, node)) {
        if (by.has(edge.to)) continue;
        by.set(edge.to, edge);
        next.push(edge.to);
      }
    }
    front = next;
  }
  return by.has(to) ? pathBack(by, to) : null;
}

/** The way whose narrowest edge is widest: along it the most money could have gone whole. */
export function widestPath(picture: Picture, from: string, to: string): Path | null {
  if (!Object.hasOwn(picture.nodes, from) || !Object.hasOwn(picture.nodes, to)) return null;
  const edges = Object.keys(picture.edges)
    .map((id) => picture.edges[id] as PictureEdge)
    .filter((edge) => !edge.hidden);
  const widths = [...new Set(edges.map((edge) => edge.value_sat))].sort(largestFirst);
  // The widest width at which a way is left is found by halving; of that width, the shortest way.
  const at = (width: Sat) =>
    shortestPath(
      { ...picture, edges: Object.fromEntries(edges.filter((edge) => edge.value_sat >= width).map((edge) => [edge.id, edge])) },
      from,
      to,
    );
  let low = 0;
  let high = widths.length;
  let best: Path | null = from === to ? shortestPath(picture, from, to) : null;
  while (low < high) {
    const middle = (low + high) >> 1;
    const found = at(widths[middle] as Sat);
    if (found === null) low = middle + 1;
    else {
      best = found;
      high = middle;
    }
  }
  return best;
}

/** The nodes that the money of a node reaches ("out"), or that its money came from ("in"). */
export function reachOf(picture: Picture, from: string, direction: "in" | "out"): Set<string> {
  const reached = new Set([from]);
  const front = [from];
  for (let node = front.pop(); node !== undefined; node = front.pop()) {
    for (const edge of edgesAt(picture).get(node)?.[direction] ?? []) {
      if (edge.hidden) continue;
      const other = direction === "out" ? edge.to : edge.from;
      if (reached.has(other)) continue;
      reached.add(other);
      front.push(other);
    }
  }
  return reached;
}

function outOf(picture: Picture, node: string): PictureEdge[] {
  const edges = edgesAt(picture).get(node)?.out ?? [];
  return edges.filter((edge) => !edge.hidden && picture.nodes[edge.to]?.hidden === false);
}

function pathBack(by: ReadonlyMap<string, PictureEdge | null>, to: string): Path {
  const nodes = [to];
  const edges: string[] = [];
  let least: Sat | null = null;
  for (let edge = by.get(to) ?? null; edge !== null; edge = by.get(edge.from) ?? null) {
    edges.push(edge.id);
    nodes.push(edge.from);
    if (least === null || edge.value_sat < least) least = edge.value_sat;
  }
  return { nodes: nodes.reverse(), edges: edges.reverse(), value_sat: least };
}
