/** Rows by elkjs, reckoned beside the page so that it stays at hand. */

import { asked, placesOf } from "../model/elk";
import type { Layered } from "../model/tidy";

/** The places of the nodes. Loads elk when it is first asked. Throws what elk refuses. */
export const layered: Layered = async (graph) => {
  if (graph.nodes.length === 0) return {};
  const [{ default: ELK }, { default: address }] = await Promise.all([
    import("elkjs/lib/elk-api.js"),
    import("elkjs/lib/elk-worker.min.js?url"),
  ]);
  const elk = new ELK({ workerFactory: () => new Worker(address) });
  try {
    return placesOf(await elk.layout(asked(graph)));
  } finally {
    elk.terminateWorker();
  }
};
