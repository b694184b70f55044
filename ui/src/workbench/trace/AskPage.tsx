import type { ComponentChildren, JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import "./trace.css";
import { writeJson } from "../json";
import { Loaded, useGet } from "../load";
import { Button } from "../parts/Button";
import { CaseButton } from "../parts/CaseButton";
import { CopyButton } from "../parts/CopyButton";
import { Page } from "../parts/Page";
import { useRoute } from "../router";
import { useSettings } from "../settings";
import { t } from "../texts";
import type { Choices } from "./answer";
import { Form } from "./Form";
import { asks, fromQuery, recalled, toQuery, type Kind, type Question } from "./question";
import { useWork } from "./work";
import { Working } from "./Working";

const MOST_WHY = 500;

/** A page that asks a question, works on it and shows the answer. */
export function AskPage<A extends object>(props: {
  path: string;
  title: string;
  lead: string;
  kinds: readonly Kind[];
  children: (answer: A, job: string, question: Question) => ComponentChildren;
}): JSX.Element {
  const { query } = useRoute();
  const { unit } = useSettings();
  const choices = useGet<Choices>("/api/traces/choices");
  const usual = props.kinds[0] ?? "forward";
  const asked = query.toString();
  const fromAddress = useMemo(() => (asks(query) ? fromQuery(query, usual) : null), [asked]);
  const [question, setQuestion] = useState<Question>(() => fromAddress ?? withUnit(recalled(usual), unit));
  const [open, setOpen] = useState(true);
  const work = useWork<A>(props.path);
  const last = useRef(asked);
  useEffect(() => {
    // another address of this page asks another question
    if (asked === last.current) return;
    last.current = asked;
    if (fromAddress !== null && new URLSearchParams(asked).get("job") !== work.id) setQuestion(fromAddress);
  }, [asked]);
  const answered = work.answer;
  const id = work.id;
  useEffect(() => setOpen(answered === null), [answered === null]);
  const busy = work.answer === null && work.error === null && (work.job !== null || work.id !== null);
  const address = `${location.origin}${props.path}?${toQuery(question).toString()}`;
  return (
    <Page
      title={props.title}
      lead={props.lead}
      actions={
        <>
          <CopyButton text={address} what={t("trace.address")} />
          {answered !== null && (
            <CaseButton
              content={() => exhibitOf(props.path, answered)}
              why={t("trace.exhibit", { question: `${props.path}?${toQuery(fromAddress ?? question).toString()}`.slice(0, MOST_WHY) })}
            />
          )}
          {answered !== null && (
            <Button expanded={open} controls="question" onClick={() => setOpen(!open)}>{t("trace.question")}</Button>
          )}
        </>
      }
    >
      <div id="question" hidden={!open}>
        <Loaded of={choices}>
          {(known) => (
            <Form
              question={question}
              choices={known}
              kinds={props.kinds}
              busy={busy}
              change={setQuestion}
              ask={(asking) => work.start(asking, t(`trace.run.${asking.kind}`))}
            />
          )}
        </Loaded>
      </div>
      <Working work={work} />
      {answered !== null && id !== null && (
        <div key={id}>{props.children(answered, id, fromAddress ?? question)}</div>
      )}
    </Page>
  );
}

/** The answer with its question as a file; where its rows lay on the server is left out. */
function exhibitOf(path: string, answer: object): { name: string; text: string } {
  const { kept, ...told } = answer as { kept?: unknown };
  void kept;
  return { name: `${path.slice(1)}.json`, text: `${writeJson(told)}\n` };
}

/** The unit that amounts are shown in is what worths are asked for in. */
function withUnit(question: Question, unit: string): Question {
  return unit === "BTC" || question.fiat !== "" ? question : { ...question, fiat: unit };
}
