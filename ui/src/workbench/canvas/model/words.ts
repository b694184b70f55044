/** The words of the drawing from the catalogue. */

import { t } from "../../texts";
import type { Words } from "./labels";

/** The words in the language that is spoken now. */
export function wordsOf(): Words {
  return {
    kinds: {
      tx: t("picture.kind.tx"),
      address: t("picture.kind.address"),
      cluster: t("picture.kind.cluster"),
      end: t("picture.kind.end"),
      group: t("picture.kind.group"),
    },
    short: {
      tx: t("picture.short.tx"),
      address: t("picture.short.address"),
      cluster: t("picture.short.cluster"),
    },
    ends: {
      service: t("report.terminal.service"),
      coinjoin: t("report.terminal.coinjoin"),
      mixer: t("report.terminal.mixer"),
      seed: t("report.terminal.seed"),
      unspent: t("report.terminal.unspent"),
      unspendable: t("report.terminal.unspendable"),
      fee: t("report.terminal.fee"),
      cut: t("report.terminal.cut"),
      unresolved: t("report.terminal.unresolved"),
      shielded: t("report.terminal.shielded"),
      coinbase: t("report.terminal.coinbase"),
    },
    bases: {
      fact: t("report.basis.fact"),
      inference: t("report.basis.inference"),
      assertion: t("report.basis.assertion"),
    },
    coinjoin: t("picture.coinjoin"),
    incomplete: t("picture.incomplete"),
    pinned: t("picture.pinned"),
    members: t("picture.members"),
    more: t("picture.more"),
    more_at_least: t("picture.more_at_least"),
    no_rate: t("picture.no_rate"),
    legend: t("picture.legend"),
    tip: t("picture.tip"),
    by_cluster: t("picture.by_cluster"),
    dust: t("picture.dust"),
    window: t("picture.window"),
    hidden: t("picture.hidden"),
    columns: {
      id: t("picture.column.id"),
      kind: t("picture.column.kind"),
      label: t("picture.column.label"),
      from: t("picture.column.from"),
      to: t("picture.column.to"),
      value_sat: t("picture.column.value_sat"),
      fiat: t("picture.column.fiat"),
      time_utc: t("picture.column.time_utc"),
      last_utc: t("picture.column.last_utc"),
      height: t("picture.column.height"),
      count: t("picture.column.count"),
      basis: t("picture.column.basis"),
      rule: t("picture.column.rule"),
      outpoints: t("picture.column.outpoints"),
      service: t("picture.column.service"),
      category: t("picture.column.category"),
      tags: t("picture.column.tags"),
      coinjoin: t("picture.column.coinjoin"),
      cluster: t("picture.column.cluster"),
      incomplete: t("picture.column.incomplete"),
      group: t("picture.column.group"),
      notes: t("picture.column.notes"),
    },
  };
}
