/** Putting a picture in order: columns in time, rows so that few edges cross. */

import { columnsOf } from "./columns";
import { move } from "./operations";
import type { Operation } from "./operation";
import type { Picture } from "./picture";
import { COLUMN, NODE_HEIGHT, NODE_WIDTH, makeSpace, type Point } from "./space";
import { visibleOf, type ViewNode } from "./visible";

/** What is to be laid out: the x of each box says which layer it belongs to. */
export interface Graph {
  nodes: { id: string; x: number; y: number; width: number; height: number }[];
  edges: { id: string; from: string; to: string }[];
}

/** Gives the nodes places, in the layers that their x says. */
export type Layered = (graph: Graph) => Promise<Record<string, Point>>;

/** The move of what is drawn into good order. Pinned nodes stay, and the rest goes around them.
 *
 * The columns are those of time; `layered` says which rows let the fewest edges cross. A closed
 * group and a cluster move with all that they stand for.
 */
export async function tidy(picture: Picture, layered: Layered): Promise<Operation> {
  const view = visibleOf(picture);
  const columns = columnsOf(
    view.nodes.map(({ id, kind, height }) => ({ id, height, tx: kind === "tx" })),
    view.edges,
  );
  const column = (id: string) => (columns.get(id) ?? 0) * COLUMN;
  const rows = await layered({
    nodes: view.nodes.map(({ id, y }) => ({ id, x: column(id), y, width: NODE_WIDTH, height: NODE_HEIGHT })),
    edges: view.edges.map(({ id, from, to }) => ({ id, from, to })),
  });
  const ideal = (node: ViewNode): Point => ({ x: column(node.id), y: rows[node.id]?.y ?? node.y });
  const shift = shiftOf(view.nodes, ideal);

  const pinned = view.nodes.filter((node) => node.pinned);
  const shown = new Set(view.nodes.flatMap((node) => node.members));
  // What is not drawn keeps its place, and keeps it free.
  const unseen = Object.values(picture.nodes).filter((node) => !shown.has(node.id));
  const space = makeSpace([...pinned, ...unseen]);
  const targets: Record<string, Point> = {};
  const loose = view.nodes
    .filter((node) => !node.pinned)
    .map((node) => ({ node, at: ideal(node) }))
    .sort((a, b) => a.at.x - b.at.x || a.at.y - b.at.y || (a.node.id < b.node.id ? -1 : 1));
  for (const { node, at } of loose) {
    const to = space.settle({ x: at.x + shift.x, y: at.y + shift.y });
    for (const member of node.members) {
      const there = picture.nodes[member];
      if (there === undefined) continue;
      targets[member] = { x: there.x + to.x - node.x, y: there.y + to.y - node.y };
    }
  }
  return { ...move(picture, targets), verb: "tidy" };
}

/** How far the whole is moved: so that what is pinned, else all of it, stays about where it was. */
function shiftOf(nodes: readonly ViewNode[], ideal: (node: ViewNode) => Point): Point {
  const pinned = nodes.filter((node) => node.pinned);
  const held = pinned.length > 0 ? pinned : nodes;
  if (held.length === 0) return { x: 0, y: 0 };
  const mean = (of: (node: ViewNode) => number) =>
    Math.round(held.reduce((sum, node) => sum + of(node), 0) / held.length);
  return {
    x: mean((node) => node.x - ideal(node).x),
    y: mean((node) => node.y - ideal(node).y),
  };
}
