import type { JSX } from "preact";
import { Refused } from "../load";
import { Button } from "../parts/Button";
import { Notice } from "../parts/Notice";
import { ProgressBar } from "../parts/ProgressBar";
import { t } from "../texts";
import type { Work } from "./useWork";

/** How far the work is, with a way to stop it; or why it was refused. */
export function WorkBox<T>({ work, label }: { work: Work<T>; label: string }): JSX.Element | null {
  if (work.busy) {
    return (
      <div class="work">
        <strong>{label}</strong>
        <ProgressBar of={work.job?.progress ?? null} label={label} />
        <Button icon="stop" onClick={work.stop}>{t("case.work.stop")}</Button>
      </div>
    );
  }
  if (work.refusal?.kind === "stopped") return <Notice kind="info">{t("case.work.stopped")}</Notice>;
  return work.refusal === null ? null : <Refused error={work.refusal} />;
}
