/** The picture as rows: what is drawn, with nothing cut, for tables and for reading aloud. */

import type { Words } from "./labels";
import { ordered, type Picture } from "./picture";
import type { Sat } from "./sat";
import { visibleOf, type View } from "./visible";

export type Cell = string | number | bigint | null;

export interface Rows {
  name: string;
  columns: string[];
  rows: Cell[][];
}

const NODE_COLUMNS = [
  "id", "kind", "label", "service", "category", "tags", "coinjoin", "cluster", "value_sat",
  "time_utc", "height", "incomplete", "group", "notes",
] as const;

const EDGE_COLUMNS = [
  "from", "to", "kind", "value_sat", "time_utc", "last_utc", "height", "count", "basis", "rule",
  "outpoints", "notes",
] as const;

/** A row for each node that is drawn, ordered by time and name. */
export function nodesTable(picture: Picture, words: Words, view: View = visibleOf(picture)): Rows {
  const notes = notesOn(picture, "node");
  const rows = [...view.nodes].sort(inTime).map((node): Cell[] => [
    node.id,
    words.kinds[node.kind],
    node.label,
    node.service?.label ?? null,
    node.service?.category ?? null,
    node.tags.map((tag) => `${tag.label} (${tag.source})`).join("; ") || null,
    node.coinjoin,
    node.cluster ?? null,
    node.value_sat ?? null,
    node.time_utc,
    node.height,
    node.incomplete ? words.incomplete : null,
    node.group === null ? null : (picture.groups[node.group]?.label ?? null),
    node.members.flatMap((id) => notes.get(id) ?? []).join("; ") || null,
  ]);
  return { name: "nodes", columns: NODE_COLUMNS.map((column) => heading(words, column)), rows };
}

/** A row for each edge that is drawn, ordered by time and name. */
export function edgesTable(picture: Picture, words: Words, view: View = visibleOf(picture)): Rows {
  const notes = notesOn(picture, "edge");
  const currencies = [
    ...new Set(view.edges.flatMap((edge) => Object.keys(edge.fiat ?? {}))),
  ].sort();
  const rules = [
    ...new Set(view.edges.flatMap((edge) => Object.keys(edge.traced_sat ?? {}))),
  ].sort();
  const rows = [...view.edges].sort(inTime).map((edge): Cell[] => [
    edge.from,
    edge.to,
    edge.kind,
    edge.value_sat,
    edge.time_utc,
    edge.last_utc ?? null,
    edge.height,
    edge.count,
    words.bases[edge.basis],
    edge.rule ?? null,
    edge.outpoints.join(" ") || null,
    edge.members.flatMap((id) => notes.get(id) ?? []).join("; ") || null,
    ...currencies.map((currency) => edge.fiat?.[currency] ?? null),
    ...rules.map((rule): Sat | null => edge.traced_sat?.[rule] ?? null),
  ]);
  const columns = EDGE_COLUMNS.map((column) => heading(words, column));
  const worth = currencies.map((currency) => `${heading(words, "fiat")} ${currency.toUpperCase()}`);
  return { name: "edges", columns: [...columns, ...worth, ...rules], rows };
}

function notesOn(picture: Picture, what: "node" | "edge"): Map<string, string[]> {
  const notes = new Map<string, string[]>();
  for (const { on, text } of ordered(picture.notes)) {
    const id = on === null ? undefined : (on as Record<string, string>)[what];
    if (id !== undefined) notes.set(id, [...(notes.get(id) ?? []), text]);
  }
  return notes;
}

function heading(words: Words, column: string): string {
  return words.columns[column] ?? column;
}

/** What has no time comes first. */
function inTime(
  a: { id: string; time_utc: string | null },
  b: { id: string; time_utc: string | null },
): number {
  const [left, right] = [a.time_utc ?? "", b.time_utc ?? ""];
  if (left !== right) return left < right ? -1 : 1;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
