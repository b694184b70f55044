import type { JSX } from "preact";
import { visible } from "../../shared/text";
import { Notice } from "../parts/Notice";
import { t } from "../texts";

/** Why a case can be read only: its journal's chain is broken. */
export function Broken({ of }: { of: string | null }): JSX.Element | null {
  if (of === null) return null;
  return (
    <Notice kind="error" title={t("case.broken.title")}>
      <p><bdi>{visible(of)}</bdi></p>
      <p>{t("case.broken.text")}</p>
    </Notice>
  );
}
