import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { visible } from "../../shared/text";
import { asRefusal, post } from "../api";
import { upload } from "../files";
import { Amount } from "../parts/Amount";
import { Basis } from "../parts/Basis";
import { FileField, SelectField, TextField } from "../parts/Field";
import { Hash } from "../parts/Hash";
import { status } from "../status";
import { useStore } from "../store";
import { t, tn, tOr } from "../texts";
import type { SeedTold } from "./answer";
import { words, type Faults, type Question } from "./question";

const WAIT_MS = 500;
const MOST_SHOWN = 12;
const MOST_ASKED = 2000;

/** What a trace starts from: a pasted list, a case's seeds, a file; each looked at before it runs. */
export function SeedsField(props: {
  question: Question;
  faults: Faults;
  change: (changed: Partial<Question>) => void;
}): JSX.Element {
  const { question, faults, change } = props;
  const cases = useStore(status)?.cases ?? [];
  const [told, setTold] = useState<SeedTold[]>([]);
  const [fault, setFault] = useState<string | null>(null);
  const list = words(question.seeds);
  const key = list.join(" ");
  useEffect(() => {
    setFault(null);
    if (list.length === 0 || list.length > MOST_ASKED) {
      setTold([]);
      return;
    }
    const control = new AbortController();
    const timer = setTimeout(() => {
      post<{ seeds: SeedTold[] }>("/api/traces/seeds", { seeds: list }, control.signal).then(
        (answer) => setTold(answer.seeds),
        (error: unknown) => {
          if (!control.signal.aborted) setFault(asRefusal(error).message);
        },
      );
    }, WAIT_MS);
    return () => {
      clearTimeout(timer);
      control.abort();
    };
  }, [key]);
  const wrong = told.filter((seed) => seed.error !== null);
  const right = told.filter((seed) => seed.error === null);
  return (
    <div class="trace-seeds">
      <TextField
        label={t("trace.seeds.label")}
        hint={t("trace.seeds.hint")}
        error={faults.seeds === undefined ? fault : t(`trace.fault.${faults.seeds}`)}
        rows={Math.min(8, Math.max(3, list.length + 1))}
        code
        value={question.seeds}
        onInput={(seeds) => change({ seeds })}
      />
      {told.length > 0 && (
        <ul class="seeds-told" aria-label={t("trace.seeds.told")}>
          {[...wrong, ...right].slice(0, MOST_SHOWN).map((seed) => (
            <li key={seed.text} class={seed.error === null ? undefined : "seed-wrong"}>
              <Seed seed={seed} />
            </li>
          ))}
          {told.length > MOST_SHOWN && <li class="quiet">{t("trace.seeds.more", { count: told.length - MOST_SHOWN })}</li>}
        </ul>
      )}
      <div class="fields">
        <SelectField
          label={t("trace.seeds.case")}
          value={question.case}
          onChange={(name) => change({ case: name })}
          choices={[
            { value: "", label: t("trace.seeds.no_case") },
            ...[...new Set([...cases, ...(question.case === "" ? [] : [question.case])])].map((name) => ({
              value: name,
              label: visible(name),
            })),
          ]}
        />
        {question.kind !== "null-controls" && question.kind !== "patterns" ? (
          <TextField
            label={t("trace.seeds.claims")}
            hint={t("trace.seeds.claims_hint")}
            error={faults.claims === undefined ? null : t(`trace.fault.${faults.claims}`)}
            rows={2}
            code
            value={question.claims}
            onInput={(claims) => change({ claims })}
          />
        ) : (
          <></>
        )}
        <Upload label={t("trace.seeds.file")} hint={t("trace.seeds.file_hint")} change={change} />
      </div>
    </div>
  );
}

/** A file that goes to the server as soon as it is chosen. */
export function Upload(props: {
  label: string;
  hint: string;
  error?: string | null;
  change: (changed: Partial<Question>) => void;
}): JSX.Element {
  const [fault, setFault] = useState<string | null>(null);
  const [kept, setKept] = useState<string | null>(null);
  const send = async (file: File | null): Promise<void> => {
    setFault(null);
    setKept(null);
    props.change({ upload: "" });
    if (file === null) return;
    try {
      const done = await upload(file);
      setKept(`${done.name}, ${t("shell.status.bytes", { count: done.bytes })}`);
      props.change({ upload: done.upload });
    } catch (error) {
      setFault(asRefusal(error).message);
    }
  };
  return (
    <FileField
      label={props.label}
      hint={kept ?? props.hint}
      error={fault ?? props.error ?? null}
      accept=".csv,text/csv"
      onFile={(file) => void send(file)}
    />
  );
}

function Seed({ seed }: { seed: SeedTold }): JSX.Element {
  if (seed.error !== null) {
    return (
      <>
        <Hash text={seed.text} /> <span class="field-error">{visible(seed.error)}</span>
      </>
    );
  }
  return (
    <>
      <Hash text={seed.text} /> <span>{tOr(`trace.seed_kind.${seed.kind ?? ""}`, seed.kind ?? "")}</span>{" "}
      <span class="quiet">{tn("trace.seeds.outputs", seed.outputs ?? 0)}</span> <Amount sat={seed.value_sat} />{" "}
      <Basis of={seed.basis ?? "fact"} />
    </>
  );
}
