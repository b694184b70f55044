/** What is not on the picture beside a node: all that it has less what is there. Never stored. */

import type { Direction } from "./flow";
import type { Picture, PictureEdge, PictureNode } from "./picture";
import { less, sum, type Sat } from "./sat";
import { NODE_HEIGHT, NODE_WIDTH } from "./space";

/** "+312 more" at a side of a node that was opened. */
export interface More {
  id: string;
  node: string;
  direction: Direction;
  count: number;
  /** What is left of a transaction: inputs or outputs; of a party: transactions or parties. */
  of: "inputs" | "outputs" | "transactions" | "parties";
  value_sat: Sat | null;
  x: number;
  y: number;
  width: number;
  height: number;
}

const WIDTH = 72;
const HEIGHT = 20;

/** What is left on the opened sides of a node. */
export function moreOf(picture: Picture, node: PictureNode): More[] {
  const sides: Direction[] = ["in", "out"];
  return sides.flatMap((direction) => {
    if (node.opened[direction] === null) return [];
    const rest = restOf(picture, node, direction);
    return rest === null || rest.count === 0 ? [] : [{ ...rest, ...corner(node, direction) }];
  });
}

/** What is left on a side of a node, opened or not; null of an end, which has no sides. */
export function restOf(
  picture: Picture,
  node: PictureNode,
  direction: Direction,
): Omit<More, "x" | "y" | "width" | "height"> | null {
  if (node.kind === "end") return null;
  const edges = edgesAt(picture).get(node.id)?.[direction] ?? [];
  const told = { id: `more:${node.id}:${direction}`, node: node.id, direction };
  const opened = node.opened[direction];
  if (opened !== null && opened.total !== null) {
    const dealings = edges.filter((edge) => edge.kind === "flow");
    return {
      ...told,
      of: "parties",
      count: Math.max(0, opened.total - dealings.length),
      value_sat:
        opened.total_sat === null
          ? null
          : less(opened.total_sat, sum(dealings.map((edge) => edge.value_sat))),
    };
  }
  const total = direction === "in" ? node.in_count : node.out_count;
  if (node.kind === "tx") {
    return {
      ...told,
      of: direction === "in" ? "inputs" : "outputs",
      count: Math.max(0, total - outpointsIn(edges)),
      value_sat: direction === "out" ? valueLeft(node, edges) : null,
    };
  }
  const dealings = edges.filter((edge) => edge.kind === "pays" || edge.kind === "spends");
  return {
    ...told,
    of: "transactions",
    count: Math.max(0, total - new Set(dealings.map(({ from, to }) => `${from} ${to}`)).size),
    value_sat: direction === "in" ? valueLeft(node, dealings) : null,
  };
}

/** How many outpoints these edges of one transaction tell of, each counted once.
 *
 * An outpoint can lie in an edge to a party and in one to the transaction that spends it; where an
 * edge does not list all of its own, the two kinds are held to tell of the same ones.
 */
function outpointsIn(edges: readonly PictureEdge[]): number {
  const listed = new Set(edges.flatMap((edge) => edge.outpoints));
  const unlisted = { spent: 0, party: 0 };
  for (const { kind, count, outpoints } of edges) {
    unlisted[kind === "spent" ? "spent" : "party"] += Math.max(0, count - outpoints.length);
  }
  return listed.size + Math.max(unlisted.spent, unlisted.party);
}

/** What is left of the amount of a node; null where edges of two kinds may tell of the same. */
function valueLeft(node: PictureNode, edges: readonly PictureEdge[]): Sat | null {
  const kinds = new Set(edges.map((edge) => edge.kind));
  if (node.value_sat === undefined || kinds.size > 1) return null;
  return less(node.value_sat, sum(edges.map((edge) => edge.value_sat)));
}

type Sides = Record<Direction, PictureEdge[]>;
/** By the table of edges, which is never changed in place. */
const known = new WeakMap<Picture["edges"], Map<string, Sides>>();

/** The edges at each node, by side. Kept for as long as the picture's edges stay the same. */
export function edgesAt(picture: Picture): Map<string, Sides> {
  const there = known.get(picture.edges);
  if (there !== undefined) return there;
  const sides = new Map<string, Sides>();
  const at = (id: string): Sides => {
    const side = sides.get(id) ?? { in: [], out: [] };
    sides.set(id, side);
    return side;
  };
  for (const id of Object.keys(picture.edges).sort()) {
    const edge = picture.edges[id];
    if (edge === undefined) continue;
    at(edge.from).out.push(edge);
    at(edge.to).in.push(edge);
  }
  known.set(picture.edges, sides);
  return sides;
}

/** Below the node at its side: in the node's own room, so that it covers nothing. */
function corner(node: PictureNode, direction: Direction) {
  const side = direction === "in" ? -1 : 1;
  return {
    x: node.x + (side * (NODE_WIDTH - WIDTH)) / 2,
    y: node.y + (NODE_HEIGHT + HEIGHT) / 2 + 3,
    width: WIDTH,
    height: HEIGHT,
  };
}
