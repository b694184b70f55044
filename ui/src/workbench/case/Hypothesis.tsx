import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { visible } from "../../shared/text";
import { announce } from "../announce";
import { post } from "../api";
import { Refused } from "../load";
import { Button } from "../parts/Button";
import { SelectField, TextField } from "../parts/Field";
import { Icon } from "../parts/Icon";
import { Time } from "../parts/Time";
import { t } from "../texts";
import { api } from "./address";
import { Reference } from "./Reference";
import type { EvidenceRow, HypothesisRow } from "./types";
import { UndoButton } from "./UndoButton";
import { useAction } from "./useAction";

/** A hypothesis with what speaks for it and against it, side by side. */
export function Hypothesis(props: {
  of: HypothesisRow;
  name: string;
  pointers: readonly { value: string; label: string }[];
  closed: boolean;
  reload: () => void;
  /** A reference that the user came with, to be used as evidence. */
  suggested: string | null;
  here: boolean;
}): JSX.Element {
  const { of, name, pointers, closed, reload } = props;
  const box = useRef<HTMLElement>(null);
  useEffect(() => {
    if (props.here) box.current?.scrollIntoView({ block: "start" });
  }, [props.here]);
  const [what, setWhat] = useState(props.suggested ?? "");
  const { refusal, act } = useAction();
  const add = (speaks: "for" | "against"): Promise<boolean> =>
    act(async () => {
      await post(api(name, "/evidence"), { hypothesis: of.id, what, speaks });
      announce(t("case.evidence.added", { id: of.id }));
      setWhat("");
      reload();
    });
  return (
    <article class="hypothesis" ref={box} aria-label={`${of.id} ${visible(of.text)}`}>
      <div class="statement-head">
        <h3>{of.id}</h3>
        <Reference text={`#${of.entry}`} name={name} /> <Time utc={of.time_utc} />
        {!closed && <UndoButton name={name} entry={of.entry} onDone={reload} />}
      </div>
      <p class="said"><bdi>{visible(of.text)}</bdi></p>
      <div class="columns">
        <Side title={t("case.evidence.for")} icon="add" rows={of.for} {...{ name, closed, reload }} />
        <Side title={t("case.evidence.against")} icon="minus" rows={of.against} {...{ name, closed, reload }} />
      </div>
      {!closed && (
        <form class="adding" onSubmit={(event) => event.preventDefault()}>
          {refusal !== null && <Refused error={refusal} />}
          <div class="fields">
            <TextField label={t("case.evidence.what", { id: of.id })} hint={t("case.evidence.hint")} value={what} onInput={setWhat} />
            {pointers.length > 0 && (
              <SelectField
                label={t("case.about.pick")}
                value=""
                onChange={(picked) => picked !== "" && setWhat(picked)}
                choices={[
                  { value: "", label: t("case.about.choose") },
                  ...pointers.filter((p) => p.value !== of.id).map((p) => ({ value: p.value, label: visible(p.label) })),
                ]}
              />
            )}
          </div>
          <div class="form-actions">
            <Button icon="add" disabled={what.trim() === ""} onClick={() => add("for")}>{t("case.evidence.add_for")}</Button>
            <Button icon="minus" disabled={what.trim() === ""} onClick={() => add("against")}>{t("case.evidence.add_against")}</Button>
          </div>
        </form>
      )}
    </article>
  );
}

function Side(props: {
  title: string;
  icon: "add" | "minus";
  rows: readonly EvidenceRow[];
  name: string;
  closed: boolean;
  reload: () => void;
}): JSX.Element {
  return (
    <div class="side">
      <h4><Icon name={props.icon} /> {props.title} ({props.rows.length})</h4>
      {props.rows.length === 0 && <p class="quiet">{t("case.evidence.none")}</p>}
      <ul>
        {props.rows.map((row) => (
          <li key={row.entry}>
            <Reference text={row.what} name={props.name} />{" "}
            <span class="quiet">#{row.entry}</span>
            {!props.closed && <UndoButton name={props.name} entry={row.entry} onDone={props.reload} />}
          </li>
        ))}
      </ul>
    </div>
  );
}
