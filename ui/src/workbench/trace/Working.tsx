import type { JSX } from "preact";
import { Refused } from "../load";
import { Button } from "../parts/Button";
import { Notice } from "../parts/Notice";
import { ProgressBar } from "../parts/ProgressBar";
import { t } from "../texts";
import type { Walk } from "./answer";
import type { Work } from "./work";

/** How far the work is, with what stops it; or why there is no answer. */
export function Working<A>({ work }: { work: Work<A> }): JSX.Element | null {
  if (work.error !== null) {
    if (work.error.kind === "stopped") return <Notice kind="warning">{t("trace.work.stopped")}</Notice>;
    return <Refused error={work.error} />;
  }
  const goesOn = work.answer === null && (work.job !== null || work.id !== null);
  if (!goesOn) return null;
  return (
    <section class="trace-work" aria-label={t("trace.work.label")}>
      <ProgressBar of={work.job?.progress ?? null} label={t("trace.work.label")} />
      <div class="form-actions">
        <Button icon="stop" onClick={work.stop}>
          {work.stopping === 0 ? t("trace.work.stop") : t("trace.work.end")}
        </Button>
        {work.stopping > 0 && <span role="status">{t("trace.work.stopping")}</span>}
      </div>
    </section>
  );
}

/** Says that an answer is not whole, and why. */
export function Partly({ answer, bounds }: { answer: Walk; bounds?: boolean }): JSX.Element | null {
  if (!answer.partial) return null;
  const why = answer.stopped_by === "max_txs" ? t("trace.partial.max_txs") : t("trace.partial.you");
  return (
    <Notice kind="warning" title={t("trace.partial.title")}>
      {why} {bounds ? t("trace.partial.bounds") : t("trace.partial.cut")}
    </Notice>
  );
}
