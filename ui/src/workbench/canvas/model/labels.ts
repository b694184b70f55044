/** What stands on nodes and edges. The canvas and the drawing of it say the same. */

import { formatBtc, formatCount, formatFiat } from "../../../shared/money";
import { fitted, shortened } from "./fit";
import type { Basis } from "./flow";
import type { More } from "./more";
import type { Settings } from "./picture";
import type { Sat } from "./sat";
import { NODE_WIDTH } from "./space";
import type { ViewEdge, ViewNode } from "./visible";

/** The words of the drawing in the language chosen; braces are filled in. */
export interface Words {
  kinds: Record<"tx" | "address" | "cluster" | "end" | "group", string>;
  /** By the type of an end: "unspent", "fee" and so on. */
  ends: Record<string, string>;
  bases: Record<Basis, string>;
  coinjoin: string;
  incomplete: string;
  pinned: string;
  /** "{count} nodes" */
  members: string;
  /** "+{count} more" */
  more: string;
  /** "no rate in {currency}" */
  no_rate: string;
  legend: string;
  /** "block {height} · {hash}" */
  tip: string;
  /** "Addresses of one cluster are drawn as one." */
  by_cluster: string;
  /** "Edges under {amount} are not drawn." */
  dust: string;
  /** "Drawn from {from} to {to}." */
  window: string;
  /** "{nodes} nodes and {edges} edges of the picture are not drawn." */
  hidden: string;
  /** Headings of tables, by column. */
  columns: Record<string, string>;
}

/** The text of a template with its braces filled in. */
export function filled(template: string, values: Record<string, string>): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) =>
    Object.hasOwn(values, name) ? (values[name] as string) : whole,
  );
}

/** At most three lines: what it is, how much and when, what is special about it. */
export function nodeLines(node: ViewNode, settings: Settings, words: Words): string[] {
  const room = NODE_WIDTH - 14;
  const parts = [amountAndTime(node, settings), special(node, words)];
  return [title(node, words), ...parts.filter((line) => line !== "")].map((line) => fitted(line, room));
}

/** The amount and the date of an edge, on two lines; empty where the settings want none. */
export function edgeLabel(edge: ViewEdge, settings: Settings, words: Words): string {
  if (settings.edge_labels === "none") return "";
  const lines = [edgeAmount(edge, settings, words)];
  if (settings.edge_labels === "amount_date") {
    const dates = datesOf(edge);
    if (dates !== "") lines.push(dates);
  }
  return lines.join("\n");
}

/** The amount of an edge in the unit chosen, with its unit. */
export function edgeAmount(edge: ViewEdge, settings: Settings, words: Words): string {
  if (settings.unit === "btc") return btc(edge.value_sat);
  const worth = edge.fiat?.[settings.unit];
  const currency = settings.unit.toUpperCase();
  return worth == null ? filled(words.no_rate, { currency }) : `${formatFiat(worth)} ${currency}`;
}

/** "+312 more" */
export function moreLabel(more: More, _settings: Settings, words: Words): string {
  return fitted(filled(words.more, { count: formatCount(more.count) }), more.width - 6);
}

/** The day of an edge, or its first and its last. */
export function datesOf(edge: Pick<ViewEdge, "time_utc" | "last_utc">): string {
  const first = edge.time_utc?.slice(0, 10) ?? "";
  const last = edge.last_utc?.slice(0, 10) ?? first;
  return first === last ? first : `${first} – ${last}`;
}

/** An amount in bitcoin, with its unit. */
export function btc(amount: Sat): string {
  return `${formatBtc(amount)} BTC`;
}

/** What an end is: "unspent" of "end:unspent:…". */
export function endOf(id: string): string {
  return id.split(":")[1] ?? "";
}

function title(node: ViewNode, words: Words): string {
  if (node.kind === "group") return node.label;
  const name = node.service?.label ?? node.label;
  if (node.kind === "end") {
    const type = endOf(node.id);
    const word = words.ends[type] ?? type;
    return node.service === null ? word : `${word}: ${name}`;
  }
  return node.service === null ? `${words.kinds[node.kind]} ${shortened(name)}` : name;
}

function amountAndTime(node: ViewNode, settings: Settings): string {
  const amount = node.value_sat === undefined ? "" : btc(node.value_sat);
  const day = settings.edge_labels === "none" ? "" : (node.time_utc?.slice(0, 10) ?? "");
  return [amount, day].filter((text) => text !== "").join(" · ");
}

function special(node: ViewNode, words: Words): string {
  const many = node.members.length > 1 ? filled(words.members, { count: formatCount(node.members.length) }) : "";
  const party = node.service === null ? "" : shortened(node.label, 6, 4);
  const joined = node.coinjoin === null ? "" : `${words.coinjoin}: ${node.coinjoin}`;
  const tag = node.tags[0]?.label ?? "";
  return [
    node.incomplete ? words.incomplete : "",
    joined,
    many,
    node.kind === "end" ? "" : party,
    tag === node.service?.label ? "" : tag,
  ]
    .filter((text) => text !== "")
    .join(" · ");
}
