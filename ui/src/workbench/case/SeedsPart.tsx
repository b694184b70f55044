import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { announce } from "../announce";
import { post } from "../api";
import { Refused } from "../load";
import { Button } from "../parts/Button";
import { Empty } from "../parts/Empty";
import { tn, t } from "../texts";
import { api, seedsOf } from "./address";
import { SeedLink, SeedsField, usable, useSeedCheck } from "./Seeds";
import type { Glance } from "./types";
import { useAction } from "./useAction";

const SHOWN = 12;

/** The seeds of a case, and the way to add and remove some. */
export function SeedsPart({ of, onChange }: { of: Glance; onChange: () => void }): JSX.Element {
  const [text, setText] = useState("");
  const [adding, setAdding] = useState(false);
  const [all, setAll] = useState(false);
  const { refusal, act } = useAction();
  const seeds = seedsOf(text);
  const { told } = useSeedCheck(seeds);
  const fromRun = of.seeds.length === 0 ? (of.runs.at(-1)?.seeds ?? []) : [];
  const shown = of.seeds.length > 0 ? of.seeds : fromRun;
  const change = (what: "add" | "remove", which: readonly string[]): Promise<boolean> =>
    act(async () => {
      await post(api(of.case, "/seeds"), { change: what, seeds: which });
      announce(t(what === "add" ? "case.seeds.added" : "case.seeds.removed"));
      setText("");
      setAdding(false);
      onChange();
    });
  return (
    <>
      {refusal !== null && <Refused error={refusal} />}
      {shown.length === 0 && <Empty>{t("case.seeds.none")}</Empty>}
      {fromRun.length > 0 && <p class="quiet">{t("case.seeds.from_run")}</p>}
      <ul class="seeds">
        {(all ? shown : shown.slice(0, SHOWN)).map((seed) => (
          <li key={seed}>
            <SeedLink seed={seed} />
            {of.seeds.length > 0 && of.broken === null && (
              <Button quiet small icon="close" label={t("case.seeds.remove", { seed })} onClick={() => change("remove", [seed])} />
            )}
          </li>
        ))}
      </ul>
      {shown.length > SHOWN && !all && <Button small onClick={() => setAll(true)}>{tn("case.seeds.show", shown.length)}</Button>}
      {of.broken === null && (
        <div class="form-actions">
          <Button icon="add" expanded={adding} onClick={() => setAdding(!adding)}>{t("case.seeds.add")}</Button>
        </div>
      )}
      {adding && (
        <>
          <SeedsField text={text} onInput={setText} told={told} autoFocus />
          <div class="form-actions">
            <Button primary disabled={seeds.length === 0 || !usable(seeds, told)} onClick={() => change("add", seeds)}>
              {t("case.seeds.add_these")}
            </Button>
          </div>
        </>
      )}
    </>
  );
}
