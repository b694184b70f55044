/** What the canvas asks the server about the flow. */

import { get, post } from "../../api";
import type { Direction, FlowPart, Shape } from "../model/flow";

export type Order = "value" | "time" | "tag";

export interface Expansion {
  node: string;
  direction: Direction | "both";
  as: Shape;
  order: Order;
  limit?: number;
  offset?: number;
  dust_sat?: number;
  currency?: string | null;
  shown?: string[];
}

/** How many neighbours come at once; the rest stands as "+312 more". */
export const AT_ONCE = 12;

export function expansion(asked: Expansion): Promise<FlowPart> {
  return post("/api/flow/expand", { limit: AT_ONCE, offset: 0, dust_sat: 0, currency: null, shown: [], ...asked });
}

/** Nodes by name with the edges among them, and those that are not in the chain. */
export function nodesNamed(ids: string[], currency: string | null): Promise<FlowPart & { missing?: string[] }> {
  return post("/api/flow/nodes", { ids, currency });
}

/** A finished trace as a part of a picture. */
export function tracedPart(job: string, currency: string | null): Promise<FlowPart> {
  return post("/api/flow/trace", { job, currency });
}

export interface Hit {
  kind: string;
  what?: string;
  label: string;
  to: string | null;
}

/** What a search finds that can stand on the canvas, as node ids with labels. */
export async function findNodes(q: string): Promise<{ id: string; label: string; kind: string }[]> {
  const answer = await get<{ hits: Hit[] }>("/api/search", { q });
  return answer.hits.flatMap((hit) => {
    const id = nodeOf(hit.to);
    return id === null ? [] : [{ id, label: hit.label, kind: hit.kind }];
  });
}

/** The node that a page of the workbench is about: "/tx/ab…" gives "tx:ab…". */
export function nodeOf(page: string | null | undefined): string | null {
  const [path = ""] = (page ?? "").split("?");
  const match = /^\/(tx|address|cluster)\/([^/]+)$/.exec(path);
  return match === null ? null : `${match[1]}:${decodeURIComponent(match[2] ?? "")}`;
}

/** The page about a node; null where there is none. */
export function pageOf(node: string): string | null {
  const [, kind, name] = /^(tx|address|cluster):(.+)$/.exec(node) ?? [];
  if (kind !== undefined) return `/${kind}/${encodeURIComponent(name ?? "")}`;
  const end = /^end:[^:]+:([0-9a-f]{64}):(\d+)$/.exec(node);
  return end === null ? null : `/tx/${end[1]}?vout=${end[2]}`;
}

const TXID = /^[0-9a-f]{64}$/i;
const OUTPOINT = /^([0-9a-f]{64}):\d+$/i;

/** The nodes that a pasted text can mean without a search: txids, outpoints, addresses. */
export function namesIn(text: string): string[] {
  const words = text.split(/[\s,;]+/).filter(Boolean);
  return [
    ...new Set(
      words.map((word) => {
        if (/^(tx|address|cluster):/.test(word)) return word;
        if (TXID.test(word)) return `tx:${word.toLowerCase()}`;
        const outpoint = OUTPOINT.exec(word);
        if (outpoint !== null) return `tx:${(outpoint[1] ?? "").toLowerCase()}`;
        return `address:${word}`;
      }),
    ),
  ];
}
