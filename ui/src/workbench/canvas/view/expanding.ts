/** What brings new nodes to the canvas. */

import { announce } from "../../announce";
import { t, tn } from "../../texts";
import type { Direction, FlowPart, Shape } from "../model/flow";
import { add, switchKind, type Asked } from "../model/operations";
import { commit, during, pictureOf, select, type Desk } from "./desk";
import { AT_ONCE, expansion, nodesNamed, type Order } from "./server";

export const MOST = 2_000;

export interface Wish {
  direction: Direction | "both";
  as: Shape;
  order: Order;
  limit?: number;
  offset?: number;
}

/** How expansions are asked for until the user chooses otherwise. */
export const wish: { as: Shape | "auto"; order: Order } = { as: "auto", order: "value" };

/** The kind in which neighbours come: parties beside transactions, transactions beside parties. */
export function shapeFor(node: string): Shape {
  if (wish.as !== "auto") return wish.as;
  return node.startsWith("tx:") ? "address" : "tx";
}

/** The currency of the amounts on the picture; null for bitcoin. */
export function currencyOf(desk: Desk): string | null {
  const { unit } = pictureOf(desk).settings;
  return unit === "btc" ? null : unit;
}

/** What an expansion would give, without adding it. */
export function neighbours(desk: Desk, node: string, asked: Wish): Promise<FlowPart | null> {
  const picture = pictureOf(desk);
  return during(desk, () =>
    expansion({
      node,
      ...asked,
      dust_sat: picture.settings.dust_sat,
      currency: currencyOf(desk),
      shown: Object.keys(picture.nodes),
    }),
  );
}

/** Adds the neighbours of nodes. What is there stays where it is. */
export async function expand(desk: Desk, ids: readonly string[], asked: Partial<Wish> & { direction: Wish["direction"] }): Promise<void> {
  for (const node of ids) {
    if (node.startsWith("end:")) continue;
    const wanted: Wish = { as: shapeFor(node), order: wish.order, limit: AT_ONCE, ...asked };
    const part = await neighbours(desk, node, wanted);
    if (part !== null) take(desk, part, { node, direction: wanted.direction, as: wanted.as });
  }
}

/** Puts a part beside a node, unless the picture would become too large to read. */
export function take(desk: Desk, part: FlowPart, asked: Asked | null): void {
  const picture = pictureOf(desk);
  const fresh = part.nodes.filter((node) => !Object.hasOwn(picture.nodes, node.id));
  if (Object.keys(picture.nodes).length + fresh.length > MOST) {
    announce(t("canvas.said.too_many", { most: MOST }));
    return;
  }
  commit(desk, add(picture, part, asked?.node ?? null, asked));
  // Once they are drawn: what was added is seen, with what it hangs on.
  const seen = [...fresh.map(({ id }) => id), ...(asked === null ? [] : [asked.node])];
  if (fresh.length > 0) requestAnimationFrame(() => desk.surface.gather(seen));
  const left = part.more.reduce((sum, more) => sum + more.count, 0);
  const said = tn("canvas.said.added", fresh.length);
  announce(left > 0 ? `${said} ${tn("canvas.said.left", left)}` : said);
}

/** Adds nodes by name, and the edges among them and what is there. Gives the names not found. */
export async function addNodes(desk: Desk, ids: readonly string[]): Promise<string[] | null> {
  const picture = pictureOf(desk);
  const there = Object.keys(picture.nodes).filter((id) => !id.startsWith("end:"));
  const part = await during(desk, () => nodesNamed([...new Set([...ids, ...there])], currencyOf(desk)));
  if (part === null) return null;
  const wanted = new Set(ids);
  const kept = { ...part, nodes: part.nodes.filter(({ id }) => wanted.has(id)) };
  take(desk, kept, null);
  const now = ids.filter((id) => Object.hasOwn(pictureOf(desk).nodes, id));
  select(desk, now);
  const first = now[0];
  if (first !== undefined) {
    desk.focus.set(first);
    // Once it is drawn.
    requestAnimationFrame(() => desk.surface.reveal(first));
  }
  return ids.filter((id) => !Object.hasOwn(pictureOf(desk).nodes, id));
}

/** Asks anew what is known of all that is on the picture, as in another currency. */
export async function renew(desk: Desk): Promise<void> {
  const ids = Object.keys(pictureOf(desk).nodes).filter((id) => !id.startsWith("end:"));
  const part = await during(desk, () => nodesNamed(ids, currencyOf(desk)));
  if (part !== null) commit(desk, add(pictureOf(desk), part));
}

/** Shows addresses as their cluster, a cluster as the address that names it. */
export async function switchNodes(desk: Desk, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    const picture = pictureOf(desk);
    const node = picture.nodes[id];
    if (node === undefined) continue;
    const next =
      node.kind === "address" && node.cluster != null
        ? `cluster:${node.cluster}`
        : node.kind === "cluster"
          ? `address:${node.label}`
          : null;
    if (next === null) {
      announce(t("canvas.said.no_cluster"));
      continue;
    }
    const old = node.kind === "cluster" ? [id] : Object.values(picture.nodes)
      .filter((other) => other.kind === "address" && other.cluster === node.cluster)
      .map((other) => other.id);
    const there = Object.keys(picture.nodes).filter((other) => !other.startsWith("end:") && !old.includes(other));
    const part = await during(desk, () => nodesNamed([next, ...there], currencyOf(desk)));
    if (part === null) return;
    commit(desk, switchKind(pictureOf(desk), old, next, part));
    desk.focus.set(next);
    select(desk, [next]);
    announce(t(node.kind === "cluster" ? "canvas.said.as_address" : "canvas.said.as_cluster", { count: old.length }));
  }
}
