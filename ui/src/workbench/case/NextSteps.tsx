import type { JSX } from "preact";
import { Icon } from "../parts/Icon";
import { Link, to } from "../router";
import { t } from "../texts";
import type { Glance } from "./types";

interface Step {
  key: string;
  done: boolean;
  page: string;
}

/** What a case needs, in order, and what of it is done. */
export function stepsOf(of: Glance): Step[] {
  const run = of.runs.at(-1);
  const report = of.reports.at(-1);
  const made = (kind: string): boolean => (of.made[kind] ?? 0) > 0;
  return [
    { key: "seeds", done: of.seeds.length > 0 || run !== undefined, page: "" },
    { key: "run", done: run !== undefined, page: "" },
    { key: "report", done: report !== undefined && report.run === run?.entry, page: "/report" },
    { key: "hypotheses", done: of.hypotheses.length > 0, page: "/notes" },
    { key: "requests", done: made("request"), page: "/requests" },
    { key: "returns", done: made("return"), page: "/returns" },
    { key: "table", done: made("table"), page: "/table" },
    { key: "forfeiture", done: made("forfeiture"), page: "/forfeiture" },
    { key: "referrals", done: made("referral"), page: "/referrals" },
    { key: "challenge", done: made("challenge"), page: "/challenge" },
  ];
}

export function NextSteps({ of }: { of: Glance }): JSX.Element {
  const steps = stepsOf(of);
  const next = steps.find((step) => !step.done)?.key;
  return (
    <ol class="steps">
      {steps.map((step) => (
        <li key={step.key} class={step.done ? "step step-done" : step.key === next ? "step step-next" : "step"}>
          <Icon name={step.done ? "ok" : "forward"} />
          <span class="unseen">{step.done ? t("case.step.is_done") : t("case.step.is_open")}: </span>
          <Link to={to("/case/:case", { case: of.case }) + step.page}>{t(`case.step.${step.key}`)}</Link>
        </li>
      ))}
    </ol>
  );
}
