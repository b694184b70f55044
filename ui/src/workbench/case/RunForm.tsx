import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { announce } from "../announce";
import { Button } from "../parts/Button";
import { CheckField, FieldGroup, TextField } from "../parts/Field";
import { t, tOr } from "../texts";
import { api } from "./address";
import { useWork } from "./useWork";
import { WorkBox } from "./WorkBox";

const RULES = ["pro-rata", "index-fifo"] as const;

/** Traces the case's seeds both ways: at once, or with limits of one's own. */
export function RunForm({ name, onDone, first }: { name: string; onDone: () => void; first: boolean }): JSX.Element {
  const [rules, setRules] = useState<readonly string[]>(RULES);
  const [hops, setHops] = useState("");
  const [least, setLeast] = useState("");
  const [asOf, setAsOf] = useState("");
  const [more, setMore] = useState(false);
  const work = useWork<unknown>();
  const faults = { hops: fault(hops, 1), least: fault(least, 0) };
  const run = async (): Promise<void> => {
    const answer = await work.start(api(name, "/run"), {
      rules,
      max_hops: hops.trim() === "" ? null : Number(hops),
      min_value_sat: least.trim() === "" ? null : Number(least),
      as_of: asOf === "" ? null : asOf,
    });
    if (answer === null) return;
    announce(t("case.run.done"));
    onDone();
  };
  const ready = rules.length > 0 && faults.hops === null && faults.least === null;
  return (
    <div>
      <WorkBox work={work} label={t("shell.verb.case.run")} />
      <div class="form-actions">
        <Button primary={first} icon="play" disabled={work.busy || !ready} onClick={run}>{t("case.run.do")}</Button>
        <Button expanded={more} onClick={() => setMore(!more)}>{t("case.run.more")}</Button>
      </div>
      {more && (
        <div class="fields">
          <FieldGroup legend={t("case.run.rules")}>
            {RULES.map((rule) => (
              <CheckField
                key={rule}
                label={tOr(`report.rule.${rule.replace("-", "_")}`, rule)}
                checked={rules.includes(rule)}
                onChange={(on) => setRules(RULES.filter((each) => (each === rule ? on : rules.includes(each))))}
              />
            ))}
          </FieldGroup>
          <TextField label={t("case.run.hops")} type="number" min={1} value={hops} onInput={setHops} error={faults.hops} />
          <TextField label={t("case.run.least")} type="number" min={0} value={least} onInput={setLeast} error={faults.least} />
          <TextField label={t("case.run.as_of")} type="date" hint={t("case.run.as_of_hint")} value={asOf} onInput={setAsOf} />
        </div>
      )}
    </div>
  );
}

/** Why a text is no whole number of at least `least`; null where it is one, or empty. */
function fault(text: string, least: number): string | null {
  if (text.trim() === "") return null;
  const number = Number(text);
  return Number.isSafeInteger(number) && number >= least ? null : t("case.run.not_whole", { least });
}
