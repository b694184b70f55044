import { useEffect, useState } from "preact/hooks";
import "../case/case.css";
import { announce } from "../announce";
import { post } from "../api";
import { Broken } from "../case/Broken";
import { api } from "../case/address";
import { Hypothesis } from "../case/Hypothesis";
import { visibleLines } from "../case/lines";
import { Reference, References } from "../case/Reference";
import { ReferenceField, usePointers } from "../case/ReferenceField";
import type { DecisionRow, Glance, NoteRow } from "../case/types";
import { UndoButton } from "../case/UndoButton";
import { useAction } from "../case/useAction";
import { Loaded, Refused, useGet } from "../load";
import { Button } from "../parts/Button";
import { CasePage } from "../parts/CasePage";
import { Empty } from "../parts/Empty";
import { TextField } from "../parts/Field";
import { Section } from "../parts/Page";
import { Time } from "../parts/Time";
import { useRoute } from "../router";
import { t } from "../texts";
import { visible } from "../../shared/text";

export default function Notes() {
  const name = useRoute().params.case ?? "";
  const glance = useGet<Glance>(api(name));
  return (
    <CasePage name={name} title={t("case.notes.title")} lead={t("case.notes.lead")}>
      <Loaded of={glance}>{(data) => <Body of={data} reload={glance.reload} />}</Loaded>
    </CasePage>
  );
}

function Body({ of, reload }: { of: Glance; reload: () => void }) {
  const pointers = usePointers(of.case, of);
  const { query } = useRoute();
  const about = query.get("about");
  const closed = of.broken !== null;
  return (
    <>
      <Broken of={of.broken} />
      <Section title={t("case.hypotheses")} note={t("case.hypotheses_note")}>
        {of.hypotheses.length === 0 && <Empty>{t("case.hypotheses_none")}</Empty>}
        {of.hypotheses.map((h) => (
          <Hypothesis key={h.entry} of={h} name={of.case} pointers={pointers} closed={closed} reload={reload} suggested={about} here={query.get("h") === h.id} />
        ))}
        {!closed && <NewHypothesis name={of.case} reload={reload} />}
      </Section>
      <Section title={t("case.notes.heading")}>
        {of.notes.length === 0 && <Empty>{t("case.notes.none")}</Empty>}
        <ul class="statements">
          {[...of.notes].reverse().map((note) => <Note key={note.entry} of={note} name={of.case} closed={closed} reload={reload} />)}
        </ul>
        {!closed && <NewNote name={of.case} reload={reload} pointers={pointers} about={about} />}
      </Section>
      <Section title={t("case.decisions.heading")}>
        {of.decisions.length === 0 && <Empty>{t("case.decisions.none")}</Empty>}
        <ul class="statements">
          {[...of.decisions].reverse().map((row) => <Decision key={row.entry} of={row} name={of.case} closed={closed} reload={reload} />)}
        </ul>
        {!closed && <NewDecision name={of.case} reload={reload} pointers={pointers} />}
      </Section>
    </>
  );
}

interface RowProps<R> {
  of: R;
  name: string;
  closed: boolean;
  reload: () => void;
}

function Note({ of, name, closed, reload }: RowProps<NoteRow>) {
  return (
    <li class="statement">
      <Head entry={of.entry} time={of.time_utc} name={name} closed={closed} reload={reload} />
      <p class="said"><bdi>{visibleLines(of.text)}</bdi></p>
      {of.about.length > 0 && <p class="quiet">{t("case.about.is")} <References of={of.about} name={name} /></p>}
    </li>
  );
}

function Decision({ of, name, closed, reload }: RowProps<DecisionRow>) {
  return (
    <li class="statement">
      <Head entry={of.entry} time={of.time_utc} name={name} closed={closed} reload={reload} />
      <p class="said"><bdi>{visibleLines(of.text)}</bdi></p>
      <p class="quiet">
        {t("case.decisions.by")} <bdi>{visible(of.by)}</bdi>
        {of.on.length > 0 && <> · {t("case.about.is")} <References of={of.on} name={name} /></>}
      </p>
    </li>
  );
}

function Head(props: { entry: number; time: string; name: string; closed: boolean; reload: () => void }) {
  return (
    <div class="statement-head">
      <Reference text={`#${props.entry}`} name={props.name} /> <Time utc={props.time} />
      {!props.closed && <UndoButton name={props.name} entry={props.entry} onDone={props.reload} />}
    </div>
  );
}

function NewNote(props: { name: string; reload: () => void; pointers: { value: string; label: string }[]; about: string | null }) {
  const [text, setText] = useState("");
  const [about, setAbout] = useState<string[]>(props.about === null ? [] : [props.about]);
  useEffect(() => {
    if (props.about !== null) setAbout((known) => [...new Set([...known, props.about ?? ""])]);
  }, [props.about]);
  const { refusal, act } = useAction();
  const add = (): Promise<boolean> =>
    act(async () => {
      await post(api(props.name, "/notes"), { text, about });
      announce(t("case.notes.added"));
      setText("");
      setAbout([]);
      props.reload();
    });
  return (
    <form class="adding" onSubmit={(event) => event.preventDefault()}>
      <h3>{t("case.notes.new")}</h3>
      {refusal !== null && <Refused error={refusal} />}
      <TextField label={t("case.notes.text")} rows={4} value={text} onInput={setText} maxLength={100_000} />
      <ReferenceField label={t("case.about.label")} value={about} onChange={setAbout} pointers={props.pointers} />
      <div class="form-actions">
        <Button primary disabled={text.trim() === ""} onClick={add}>{t("case.notes.add")}</Button>
      </div>
    </form>
  );
}

function NewHypothesis({ name, reload }: { name: string; reload: () => void }) {
  const [text, setText] = useState("");
  const { refusal, act } = useAction();
  const add = (): Promise<boolean> =>
    act(async () => {
      await post(api(name, "/hypotheses"), { text });
      announce(t("case.hypothesis.added"));
      setText("");
      reload();
    });
  return (
    <form class="adding" onSubmit={(event) => event.preventDefault()}>
      {refusal !== null && <Refused error={refusal} />}
      <TextField label={t("case.hypothesis.text")} hint={t("case.hypothesis.hint")} rows={2} value={text} onInput={setText} maxLength={100_000} />
      <div class="form-actions">
        <Button disabled={text.trim() === ""} onClick={add}>{t("case.hypothesis.add")}</Button>
      </div>
    </form>
  );
}

function NewDecision(props: { name: string; reload: () => void; pointers: { value: string; label: string }[] }) {
  const [text, setText] = useState("");
  const [by, setBy] = useState("");
  const [on, setOn] = useState<string[]>([]);
  const { refusal, act } = useAction();
  const add = (): Promise<boolean> =>
    act(async () => {
      await post(api(props.name, "/decisions"), { text, by, on });
      announce(t("case.decisions.added"));
      setText("");
      setOn([]);
      props.reload();
    });
  return (
    <form class="adding" onSubmit={(event) => event.preventDefault()}>
      <h3>{t("case.decisions.new")}</h3>
      {refusal !== null && <Refused error={refusal} />}
      <TextField label={t("case.decisions.text")} rows={2} value={text} onInput={setText} maxLength={100_000} />
      <TextField label={t("case.decisions.whose")} value={by} onInput={setBy} maxLength={400} />
      <ReferenceField label={t("case.decisions.on")} value={on} onChange={setOn} pointers={props.pointers} />
      <div class="form-actions">
        <Button disabled={text.trim() === "" || by.trim() === ""} onClick={add}>{t("case.decisions.add")}</Button>
      </div>
    </form>
  );
}
