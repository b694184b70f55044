/** Walking over the drawing by arrow keys: to what lies nearest in a direction. */

import type { View } from "../model/visible";

export type Way = "left" | "right" | "up" | "down";

interface Spot {
  id: string;
  x: number;
  y: number;
}

/** Everything that the focus can stand on, but edges. */
export function spotsOf(view: View): Spot[] {
  return [...view.nodes, ...view.more, ...view.notes];
}

/** What lies nearest that way: straight ahead counts for more than aside. Null at the border. */
export function nearest(view: View, from: string | null, way: Way): string | null {
  const spots = spotsOf(view);
  const here = spots.find((spot) => spot.id === from) ?? endsOf(view, from, way);
  if (here === undefined) return firstOf(view);
  let best: { id: string; cost: number } | null = null;
  for (const spot of spots) {
    if (spot.id === here.id) continue;
    const dx = spot.x - here.x;
    const dy = spot.y - here.y;
    const ahead = { left: -dx, right: dx, up: -dy, down: dy }[way];
    const aside = way === "left" || way === "right" ? Math.abs(dy) : Math.abs(dx);
    // Within 60 degrees of the way gone.
    if (ahead <= 1 || aside > ahead * 1.75 + 24) continue;
    const cost = ahead + aside * 1.5;
    if (best === null || cost < best.cost || (cost === best.cost && spot.id < best.id)) {
      best = { id: spot.id, cost };
    }
  }
  return best?.id ?? null;
}

/** From an edge the arrows lead to its ends. */
function endsOf(view: View, from: string | null, way: Way): Spot | undefined {
  const edge = view.edges.find(({ id }) => id === from);
  if (edge === undefined) return undefined;
  const [a, b] = [edge.from, edge.to].map((id) => view.nodes.find((node) => node.id === id));
  if (a === undefined || b === undefined) return undefined;
  // Just beside the end that lies that way, so that it is the nearest.
  const back = way === "left" || way === "up";
  const end = back ? a : b;
  const step = way === "left" || way === "right" ? { x: back ? 2 : -2, y: 0 } : { x: 0, y: back ? 2 : -2 };
  return { id: edge.id, x: end.x + step.x, y: end.y + step.y };
}

/** The leftmost, then topmost. */
export function firstOf(view: View): string | null {
  return inReadingOrder(view)[0]?.id ?? null;
}

export function lastOf(view: View): string | null {
  return inReadingOrder(view).at(-1)?.id ?? null;
}

export function inReadingOrder(view: View): Spot[] {
  return spotsOf(view).sort((a, b) => a.x - b.x || a.y - b.y || (a.id < b.id ? -1 : 1));
}

/** The edges of a thing one after the other: the next after `focus`, which may be one of them. */
export function nextEdge(view: View, focus: string | null): string | null {
  const current = view.edges.find(({ id }) => id === focus);
  const node = current?.from ?? focus;
  const around = view.edges
    .filter(({ from, to }) => from === node || to === node)
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  if (around.length === 0) return null;
  const at = around.findIndex(({ id }) => id === focus);
  return around[(at + 1) % around.length]?.id ?? null;
}
