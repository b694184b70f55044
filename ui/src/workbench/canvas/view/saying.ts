/** What a screen reader says of a thing on the drawing, and what the outline calls it. */

import { announce } from "../../announce";
import { formatBtc, formatFiat, type Sat } from "../../../shared/money";
import { formatTime, visible } from "../../../shared/text";
import { t, tn, tOr } from "../../texts";
import type { More } from "../model/more";
import type { ViewEdge, ViewNode } from "../model/visible";
import type { Desk } from "./desk";

/** "0.50000000 BTC", or the worth in the currency of the picture where it is known. */
export function amountText(
  value: Sat | null | undefined,
  unit = "btc",
  fiat?: Record<string, string | null>,
): string {
  if (value === null || value === undefined) return t("canvas.amount_unknown");
  const worth = unit === "btc" ? undefined : fiat?.[unit];
  return worth == null ? `${formatBtc(value)} BTC` : `${formatFiat(worth)} ${unit}`;
}

export function timeText(time: string | null | undefined): string {
  return time == null ? t("canvas.time_unknown") : `${formatTime(time)} UTC`;
}

export function kindText(node: { kind: string; id: string }): string {
  return t(`picture.kind.${node.kind}`);
}

/** The name of a node, its middle left out where it is long. */
export function shortName(node: { label: string; kind: string }): string {
  const text = visible(node.label);
  if (node.kind === "group" || text.length <= 21) return text;
  const vout = /:\d+$/.exec(text)?.[0] ?? "";
  const name = text.slice(0, text.length - vout.length);
  return `${name.slice(0, 8)}…${name.slice(-6)}${vout}`;
}

/** Type of an end as the report calls it: "unspent", "service", … */
export function endText(id: string): string {
  const type = /^end:([^:]+):/.exec(id)?.[1] ?? "";
  return tOr(`report.terminal.${type}`, type);
}

/** What is special about a node, in words: service, tags, CoinJoin, incomplete, pinned. */
export function traits(node: ViewNode): string[] {
  return [
    node.kind === "end" ? endText(node.id) : "",
    node.service === null ? "" : t("canvas.trait.service", { label: visible(node.service.label) }),
    node.tag_count > 0 ? tn("canvas.trait.tags", node.tag_count) : "",
    node.coinjoin === null ? "" : t("canvas.trait.coinjoin", { type: visible(node.coinjoin) }),
    node.incomplete ? t("canvas.trait.incomplete") : "",
    node.pinned ? t("canvas.trait.pinned") : "",
    node.members.length > 1 ? tn("canvas.trait.members", node.members.length) : "",
  ].filter((text) => text !== "");
}

export function nodeText(node: ViewNode): string {
  return [kindText(node), shortName(node), amountText(node.value_sat), timeText(node.time_utc), ...traits(node)].join(", ");
}

export function edgeText(edge: ViewEdge, desk: Desk): string {
  const nodes = new Map(desk.view.get().nodes.map((node) => [node.id, node]));
  const name = (id: string): string => {
    const node = nodes.get(id);
    return node === undefined ? id : `${kindText(node)} ${shortName(node)}`;
  };
  return t("canvas.said.edge", {
    from: name(edge.from),
    to: name(edge.to),
    amount: amountText(edge.value_sat, desk.history.get().picture.settings.unit, edge.fiat),
    time: timeText(edge.time_utc),
    basis: tOr(`report.basis.${edge.basis}`, edge.basis),
  });
}

export function moreText(more: More): string {
  return tn(`canvas.more.${more.of}`, more.count);
}

/** Says what stands under an id of the drawing. */
export function say(desk: Desk, id: string): void {
  const { nodes, edges, notes, more, boxes } = desk.view.get();
  const node = nodes.find((each) => each.id === id);
  const edge = edges.find((each) => each.id === id);
  const note = notes.find((each) => each.id === id);
  const left = more.find((each) => each.id === id);
  const box = boxes.find((each) => each.id === id);
  if (node !== undefined) announce(nodeText(node));
  else if (edge !== undefined) announce(edgeText(edge, desk));
  else if (note !== undefined) announce(t("canvas.said.note", { text: visible(note.text) }));
  else if (left !== undefined) announce(moreText(left));
  else if (box !== undefined) announce(t("canvas.said.group", { label: visible(box.label) }));
}
