/** Rows by elkjs, reckoned beside the page so that it stays at hand. */

import ELK, { type ElkNode } from "elkjs/lib/elk-api.js";
import workerAddress from "elkjs/lib/elk-worker.min.js?url";
import type { Graph, Layered } from "../model/tidy";
import { ROW } from "../model/space";
import type { Point } from "../model/space";

/** The layers are those of the x given; the order within them is elk's, and always the same one. */
const OPTIONS = {
  "elk.algorithm": "layered",
  "elk.direction": "RIGHT",
  "elk.layered.cycleBreaking.strategy": "INTERACTIVE",
  "elk.layered.layering.strategy": "INTERACTIVE",
  "elk.layered.crossingMinimization.strategy": "LAYER_SWEEP",
  "elk.layered.nodePlacement.strategy": "BRANDES_KOEPF",
  "elk.layered.thoroughness": "4",
  "elk.edgeRouting": "POLYLINE",
  "elk.randomSeed": "1",
  "elk.separateConnectedComponents": "false",
};

/** The places of the nodes. Throws what elk refuses. */
export const layered: Layered = async (graph) => {
  if (graph.nodes.length === 0) return {};
  const elk = new ELK({ workerFactory: () => new Worker(workerAddress) });
  try {
    return placesOf(await elk.layout(asked(graph)));
  } finally {
    elk.terminateWorker();
  }
};

/** The graph in elk's words. */
export function asked(graph: Graph): ElkNode {
  const height = graph.nodes[0]?.height ?? 0;
  return {
    id: "picture",
    layoutOptions: { ...OPTIONS, "elk.spacing.nodeNode": String(ROW - height) },
    children: graph.nodes.map(({ id, x, y, width, height }) => ({ id, x, y, width, height })),
    edges: graph.edges.map(({ id, from, to }) => ({ id, sources: [from], targets: [to] })),
  };
}

/** The middles of the nodes in elk's answer. */
export function placesOf(answer: ElkNode): Record<string, Point> {
  return Object.fromEntries(
    (answer.children ?? []).map(({ id, x = 0, y = 0, width = 0, height = 0 }) => [
      id,
      { x: x + width / 2, y: y + height / 2 },
    ]),
  );
}
