/** The long work that this page has started. */

import type { JSX } from "preact";
import { isOver, jobs, putAway, stopJob, type Job } from "./jobs";
import { Button } from "./parts/Button";
import { ProgressBar } from "./parts/ProgressBar";
import { useStore } from "./store";
import { t, tOr } from "./texts";

export function Tray(): JSX.Element | null {
  const all = [...useStore(jobs).values()];
  if (all.length === 0) return null;
  return (
    <aside class="tray" aria-label={t("shell.tray.label")}>
      <ul>
        {all.map((job) => <Item key={job.job} job={job} />)}
      </ul>
    </aside>
  );
}

function Item({ job }: { job: Job }): JSX.Element {
  const title = job.title ?? tOr(`shell.verb.${job.verb}`, job.verb);
  return (
    <li class={`tray-item tray-${job.state}`}>
      <div class="tray-head">
        <strong>{title}</strong>
        {!isOver(job) ? (
          <Button small icon="stop" onClick={() => stopJob(job.job)} label={t("shell.tray.stop", { job: title })} />
        ) : (
          <Button small quiet icon="close" onClick={() => putAway(job.job)} label={t("shell.close")} />
        )}
      </div>
      {!isOver(job) ? <ProgressBar of={job.progress} label={title} /> : <p role="status">{endText(job)}</p>}
    </li>
  );
}

function endText(job: Job): string {
  if (job.state === "done") return t("shell.tray.done");
  if (job.state === "stopped") return t("shell.tray.stopped");
  return job.error?.error ?? t("shell.tray.refused");
}
