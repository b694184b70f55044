/** What stands above every page while the store is a partial one: absence is not known there. */

import type { JSX } from "preact";
import { formatCount } from "../shared/money";
import { Notice } from "./parts/Notice";
import { status } from "./status";
import { useStore } from "./store";
import { t } from "./texts";

export function PartialNotice(): JSX.Element | null {
  const held = useStore(status)?.partial_store;
  if (held === undefined) return null;
  return (
    <div class="banner">
      <Notice kind="info" title={t("shell.partial.title", { txs: formatCount(held.txs) })}>
        <p>{t("shell.partial.text")}</p>
        {held.told > 0 && <p>{t("shell.partial.told", { told: formatCount(held.told) })}</p>}
        {held.stubs > 0 && <p>{t("shell.partial.stubs", { stubs: formatCount(held.stubs) })}</p>}
        {held.ranks && <p>{t("shell.partial.ranks")}</p>}
      </Notice>
    </div>
  );
}
