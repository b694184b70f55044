/** Where new nodes go: to the right in time, near what they hang on. What is there stays. */

import type { FlowPart } from "./flow";
import type { Picture } from "./picture";

export interface Point {
  x: number;
  y: number;
}

/** The places of the nodes of the part that are not in the picture. */
export function place(picture: Picture, part: FlowPart, anchor: string | null): Map<string, Point> {
  const base = anchor === null ? undefined : picture.nodes[anchor];
  return new Map(
    part.nodes
      .filter((node) => !Object.hasOwn(picture.nodes, node.id))
      .map((node, index) => [node.id, { x: (base?.x ?? 0) + 220, y: (base?.y ?? 0) + index * 72 }]),
  );
}
