/** What a search found. */

import type { JSX } from "preact";
import { formatBtc } from "../../shared/money";
import { formatTime, visible } from "../../shared/text";
import { t, tn } from "../texts";
import type { Hit, Mend } from "./types";

export function kindText(kind: string): string {
  switch (kind) {
    case "tx": return t("explore.tx.title");
    case "outpoint": return t("explore.outpoint");
    case "address": return t("explore.address.title");
    case "script": return t("explore.script");
    case "cluster": return t("explore.cluster");
    case "block": return t("explore.block.title");
    case "service": return t("explore.service");
    case "actor": return t("explore.service_page.actor");
    case "tag": return t("explore.tag_page.title");
    case "case": return t("explore.hit.case");
    case "note": return t("explore.hit.note");
    case "hypothesis": return t("explore.hit.hypothesis");
    case "evidence": return t("explore.hit.evidence");
    case "exhibit": return t("explore.hit.exhibit");
    case "decision": return t("explore.hit.decision");
    case "finding": return t("explore.hit.finding");
    case "entry": return t("explore.hit.entry");
    default: return visible(kind);
  }
}

/** What is known of a hit beside its name. */
export function hitText(hit: Hit): string {
  const parts: string[] = [];
  if (hit.service) parts.push(`${visible(hit.service.label)}${hit.service.category === null ? "" : ` (${visible(hit.service.category)})`}`);
  if (hit.kind === "tag" && hit.category) parts.push(visible(hit.category));
  if (hit.count !== undefined) parts.push(tn("explore.hit.tags", hit.count));
  if (hit.scripts) parts.push(tn("explore.scripts", hit.scripts));
  if (hit.time_utc) parts.push(`${formatTime(hit.time_utc)} UTC`);
  if (hit.value_sat !== undefined) parts.push(`${formatBtc(hit.value_sat)} BTC`);
  if (hit.case !== undefined && hit.kind !== "case") parts.push(t("explore.hit.in_case", { case: visible(hit.case) }));
  if (hit.text) parts.push(visible(hit.text));
  if (hit.why === "key") parts.push(t("explore.hit.key"));
  return parts.join(" · ");
}

/** A mistyped address with the slip marked, and below what it may have been. */
export function Slip({ text, mend }: { text: string; mend: Mend }): JSX.Element {
  const end = mend.at + Math.max(mend.was.length, mend.how === "missing" ? 0 : 1);
  return (
    <div class="slip">
      <p>{slipText(mend)}</p>
      <p class="code">
        <bdi>
          {visible(text.slice(0, mend.at))}
          <mark>{mend.how === "missing" ? "‸" : visible(text.slice(mend.at, end))}</mark>
          {visible(text.slice(end))}
        </bdi>
      </p>
    </div>
  );
}

export function slipText(mend: Mend): string {
  const values = { at: mend.at + 1, was: visible(mend.was), now: mend.now };
  switch (mend.how) {
    case "swapped": return t("explore.slip.swapped", values);
    case "missing": return t("explore.slip.missing", values);
    case "extra": return t("explore.slip.extra", values);
    case "case": return t("explore.slip.case", values);
    case "space": return t("explore.slip.space", values);
    default: return t("explore.slip.changed", values);
  }
}
