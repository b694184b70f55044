import type { JSX } from "preact";
import { formatCount } from "../../shared/money";
import type { Progress } from "../jobs";
import { t, tOr } from "../texts";

/** How far long work has come, with its rate and the time left where they are known. */
export function ProgressBar({ of, label }: { of: Progress | null; label: string }): JSX.Element {
  const known = of !== null && of.of !== null && of.of > 0;
  const said = of === null ? t("shell.progress.waiting") : progressText(of);
  return (
    <div class="progress">
      <progress
        aria-label={label}
        max={known ? (of.of ?? 1) : 1}
        {...(known ? { value: Math.min(of.done, of.of ?? 1) } : {})}
      />
      <span class="progress-said">{said}</span>
    </div>
  );
}

/** "blocks 1,200 of 1,500, 300 a second, 1 s left" */
export function progressText(of: Progress): string {
  const count =
    of.of === null || of.of === 0
      ? `${workName(of.what)} ${formatCount(Math.floor(of.done))}`
      : t("shell.progress.of", { what: workName(of.what), done: Math.floor(of.done), of: of.of });
  const parts = [count];
  if (of.rate !== null && of.rate > 0) parts.push(t("shell.progress.rate", { rate: Math.round(of.rate) }));
  if (of.left_s !== null) parts.push(t("shell.progress.left", { time: duration(of.left_s) }));
  return parts.join(", ");
}

/** What is done, in the chosen language where the catalogue has it. */
function workName(what: string): string {
  return tOr(`shell.work.${what.replaceAll(" ", "_")}`, what);
}

/** "45 s", "3 min 20 s", "2 h 5 min": the two largest units that count. */
export function duration(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
}
