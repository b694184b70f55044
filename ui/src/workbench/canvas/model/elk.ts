/** A graph in elk's words, and elk's answer in ours. */

import type { ElkNode } from "elkjs/lib/elk-api.js";
import { ROW, type Point } from "./space";
import type { Graph } from "./tidy";

/** The layers are those of the x given; the order within them is elk's, and always the same one. */
const OPTIONS = {
  "elk.algorithm": "layered",
  "elk.direction": "RIGHT",
  "elk.layered.cycleBreaking.strategy": "INTERACTIVE",
  "elk.layered.layering.strategy": "INTERACTIVE",
  "elk.layered.crossingMinimization.strategy": "LAYER_SWEEP",
  "elk.layered.crossingMinimization.greedySwitch.type": "OFF",
  "elk.layered.nodePlacement.strategy": "SIMPLE",
  "elk.layered.thoroughness": "2",
  "elk.edgeRouting": "POLYLINE",
  "elk.randomSeed": "1",
  "elk.separateConnectedComponents": "false",
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
