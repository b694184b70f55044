/** Rows by elkjs, reckoned beside the page so that it stays at hand. */

import ELK from "elkjs/lib/elk-api.js";
import workerAddress from "elkjs/lib/elk-worker.min.js?url";
import { asked, placesOf } from "../model/elk";
import type { Layered } from "../model/tidy";

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
