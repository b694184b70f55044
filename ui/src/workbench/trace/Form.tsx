import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { visible } from "../../shared/text";
import { Button } from "../parts/Button";
import { CheckField, FieldGroup, SelectField, TextField } from "../parts/Field";
import { t, tOr } from "../texts";
import type { Choices } from "./answer";
import { patternName } from "./names";
import {
  blank,
  faults as faultsOf,
  hasFiat,
  hasLimits,
  hasRules,
  hasTo,
  isSeeded,
  lines,
  recalled,
  type Faults,
  type Kind,
  type Question,
} from "./question";
import { RulesField } from "./RulesField";
import { SeedsField, Upload } from "./SeedsField";

export interface FormProps {
  question: Question;
  choices: Choices;
  /** The kinds of question that this page asks; one: it is not asked for. */
  kinds: readonly Kind[];
  busy: boolean;
  change: (question: Question) => void;
  ask: (question: Question) => void;
}

/** The whole question. What is wrong with it is said at its field once it was asked. */
export function Form(props: FormProps): JSX.Element {
  const { question, choices, kinds, busy } = props;
  const [asked, setAsked] = useState(false);
  const found = faultsOf(question);
  const faults: Faults = asked ? found : {};
  const change = (changed: Partial<Question>): void => props.change({ ...question, ...changed });
  const turn = (kind: Kind): void => {
    const { seeds, case: of, claims, from, until_end } = question;
    const held = { seeds, case: of, claims, from, until_end };
    props.change({ ...recalled(kind), ...held });
  };
  return (
    <form
      class="trace-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setAsked(true);
        if (Object.keys(found).length === 0) props.ask(question);
        else {
          const form = event.currentTarget;
          // the faults are drawn first
          requestAnimationFrame(() => form.querySelector<HTMLElement>("[aria-invalid], .field-error")?.focus());
        }
      }}
    >
      {kinds.length > 1 && (
        <div class="trace-kinds" role="radiogroup" aria-label={t("trace.kind.label")}>
          {kinds.map((kind) => (
            <label key={kind} class={kind === question.kind ? "trace-kind trace-kind-on" : "trace-kind"}>
              <input type="radio" name="kind" value={kind} checked={kind === question.kind} onChange={() => turn(kind)} />
              <span>
                <strong>{t(`trace.kind.${kind}`)}</strong>
                <span class="field-hint">{t(`trace.kind_meaning.${kind}`)}</span>
              </span>
            </label>
          ))}
        </div>
      )}
      {["compare", "null-controls", "patterns"].includes(question.kind) && (
        <SelectField
          label={t("trace.direction.label")}
          value={question.direction}
          onChange={(direction) => change({ direction: direction === "backward" ? "backward" : "forward" })}
          choices={[
            { value: "forward", label: t("trace.direction.forward") },
            { value: "backward", label: t("trace.direction.backward") },
          ]}
        />
      )}
      {isSeeded(question.kind) && <SeedsField question={question} faults={faults} change={change} />}
      {question.kind === "ledger" && (
        <Upload
          label={t("trace.ledger.books")}
          hint={t("trace.ledger.books_hint")}
          error={faults.upload === undefined ? null : t(`trace.fault.${faults.upload}`)}
          change={change}
        />
      )}
      {(question.kind === "path" || question.kind === "between") && (
        <div class="fields">
          <Ends label={t("trace.ends.from")} field="from" question={question} faults={faults} change={change} />
          <Ends label={t("trace.ends.to")} field="until_end" question={question} faults={faults} change={change} />
        </div>
      )}
      {hasTo(question.kind) && (
        <div class="fields">
          <Ends
            label={t("trace.ends.destinations")}
            hint={t("trace.ends.destinations_hint")}
            field="to"
            question={question}
            faults={faults}
            change={change}
          />
          {question.kind === "compare" ? (
            <TextField
              label={t("trace.ends.cross")}
              hint={t("trace.ends.cross_hint")}
              rows={2}
              code
              value={question.cross}
              onInput={(cross) => change({ cross })}
            />
          ) : (
            <></>
          )}
        </div>
      )}
      {question.kind === "patterns" && <Patterns {...{ question, choices, faults, change }} />}
      {question.kind === "null-controls" && (
        <div class="fields">
          <Whole name="draws" {...{ question, faults, change }} />
          <Whole name="number" {...{ question, faults, change }} />
        </div>
      )}
      {hasRules(question.kind) && <RulesField {...{ question, choices, faults, change }} />}
      {hasLimits(question.kind) && <Limits {...{ question, choices, faults, change }} />}
      <div class="form-actions">
        <Button primary type="submit" icon="forward" disabled={busy}>{t(`trace.run.${question.kind}`)}</Button>
        <Button onClick={() => props.change(blank(question.kind))}>{t("trace.run.clear")}</Button>
        {asked && Object.keys(found).length > 0 && (
          <p class="field-error" role="status">{t("trace.fault.some")}</p>
        )}
      </div>
    </form>
  );
}

interface PartProps {
  question: Question;
  choices: Choices;
  faults: Faults;
  change: (changed: Partial<Question>) => void;
}

function Ends(props: {
  label: string;
  hint?: string;
  field: "from" | "until_end" | "to";
  question: Question;
  faults: Faults;
  change: (changed: Partial<Question>) => void;
}): JSX.Element {
  const { field, question, faults, change } = props;
  const fault = faults[field];
  return (
    <TextField
      label={props.label}
      hint={props.hint ?? t("trace.ends.hint")}
      error={fault === undefined ? null : t(`trace.fault.${fault}`)}
      rows={3}
      code
      value={question[field]}
      onInput={(value) => change({ [field]: value })}
    />
  );
}

type NumberName = "max_hops" | "min_value_sat" | "min_height" | "max_height" | "max_txs" | "draws" | "number" | "max_paths" | "within_days";

function Whole(props: {
  name: NumberName;
  question: Question;
  faults: Faults;
  change: (changed: Partial<Question>) => void;
}): JSX.Element {
  const { name, question, faults, change } = props;
  const fault = faults[name];
  return (
    <TextField
      label={t(`trace.limit.${name}`)}
      hint={t(`trace.limit_hint.${name}`)}
      error={fault === undefined ? null : t(`trace.fault.${fault}`)}
      value={question[name]}
      onInput={(value) => change({ [name]: value })}
    />
  );
}

function Limits(props: PartProps): JSX.Element {
  const { question, choices, faults, change } = props;
  const touched = ["max_hops", "min_value_sat", "min_height", "max_height", "since", "until", "policy", "as_of"] as const;
  const open = touched.some((name) => question[name] !== "") || Object.keys(faults).some((name) => name !== "seeds");
  const currencies = [...new Set(choices.rates.map((rate) => rate.currency))];
  const sources = choices.rates.filter((rate) => rate.currency === question.fiat).map((rate) => rate.source);
  const passes = question.kind !== "null-controls" && question.kind !== "patterns";
  return (
    <>
      {hasFiat(question.kind) && currencies.length > 0 && (
        <div class="fields trace-money">
          <SelectField
            label={t("trace.fiat.label")}
            hint={t("trace.fiat.hint")}
            value={question.fiat}
            onChange={(fiat) => change({ fiat, rates_of: "" })}
            choices={[{ value: "", label: t("trace.fiat.none") }, ...currencies.map((each) => ({ value: each, label: each }))]}
          />
          {sources.length > 1 ? (
            <SelectField
              label={t("trace.fiat.source")}
              value={question.rates_of}
              onChange={(source) => change({ rates_of: source })}
              choices={[{ value: "", label: t("trace.fiat.any") }, ...sources.map((each) => ({ value: each, label: visible(each) }))]}
            />
          ) : (
            <></>
          )}
        </div>
      )}
      <details class="trace-limits" open={open}>
        <summary>{t("trace.limit.legend")}</summary>
        <div class="fields">
          {(["max_hops", "min_value_sat", "max_txs"] as const).map((name) => (
            <Whole key={name} name={name} {...{ question, faults, change }} />
          ))}
          {question.kind === "path" ? <Whole name="max_paths" {...{ question, faults, change }} /> : <></>}
          {(["since", "until"] as const).map((name) => (
            <TextField
              key={name}
              label={t(`trace.limit.${name}`)}
              hint={t("trace.limit_hint.date")}
              error={faults[name] === undefined ? null : t(`trace.fault.${faults[name]}`)}
              placeholder="2024-01-31"
              value={question[name]}
              onInput={(value) => change({ [name]: value })}
            />
          ))}
          {(["min_height", "max_height"] as const).map((name) => (
            <Whole key={name} name={name} {...{ question, faults, change }} />
          ))}
          <TextField
            label={t("trace.limit.as_of")}
            hint={t("trace.limit_hint.as_of")}
            error={faults.as_of === undefined ? null : t(`trace.fault.${faults.as_of}`)}
            placeholder="2024-01-31"
            value={question.as_of}
            onInput={(value) => change({ as_of: value })}
          />
          {choices.policies.length > 1 ? (
            <SelectField
              label={t("trace.limit.policy")}
              value={question.policy}
              onChange={(policy) => change({ policy })}
              choices={[{ value: "", label: t("trace.limit.policy_usual") }, ...choices.policies.map((p) => ({ value: p, label: p }))]}
            />
          ) : (
            <></>
          )}
        </div>
      </details>
      {passes && choices.services.length > 0 && <Boundaries {...props} />}
    </>
  );
}

/** Where the walk does not stop, though a tag names a service there. */
function Boundaries({ question, choices, change }: PartProps): JSX.Element {
  const through = lines(question.through);
  const labels = [...new Set(choices.services.map((service) => service.label))].filter((label) => !through.includes(label));
  const on = question.through_categories;
  return (
    <details class="trace-limits" open={through.length + on.length > 0}>
      <summary>{t("trace.through.legend")}</summary>
      <p class="quiet">{t("trace.through.lead")}</p>
      <FieldGroup legend={t("trace.through.categories")}>
        <div class="trace-ticks">
          {choices.categories.map((category) => (
            <CheckField
              key={category}
              label={visible(category)}
              checked={on.includes(category)}
              onChange={(checked) =>
                change({ through_categories: checked ? [...on, category] : on.filter((each) => each !== category) })
              }
            />
          ))}
        </div>
      </FieldGroup>
      <SelectField
        label={t("trace.through.service")}
        value=""
        onChange={(label) => label !== "" && change({ through: [...through, label].join("\n") })}
        choices={[{ value: "", label: t("trace.through.choose") }, ...labels.map((label) => ({ value: label, label: visible(label) }))]}
      />
      {through.length > 0 && (
        <ul class="chips trace-chips" aria-label={t("trace.through.services")}>
          {through.map((label) => (
            <li key={label} class="chip">
              <bdi>{visible(label)}</bdi>
              <Button
                quiet
                small
                icon="close"
                label={t("trace.through.remove", { service: visible(label) })}
                onClick={() => change({ through: through.filter((each) => each !== label).join("\n") })}
              />
            </li>
          ))}
        </ul>
      )}
    </details>
  );
}

function Patterns({ question, choices, faults, change }: PartProps): JSX.Element {
  const on = question.patterns;
  return (
    <FieldGroup legend={t("trace.patterns.legend")}>
      <p class="quiet">{t("trace.patterns.lead")}</p>
      <div class="trace-ticks">
        {choices.patterns.map((pattern) => (
          <CheckField
            key={pattern}
            label={patternName(pattern)}
            hint={tOr(`trace.pattern_meaning.${pattern}`, "")}
            checked={on.includes(pattern)}
            onChange={(checked) => change({ patterns: checked ? [...on, pattern] : on.filter((each) => each !== pattern) })}
          />
        ))}
      </div>
      <div class="fields">
        <TextField
          label={t("trace.patterns.threshold")}
          hint={t("trace.patterns.threshold_hint")}
          error={faults.threshold === undefined ? null : t(`trace.fault.${faults.threshold}`)}
          placeholder="10000EUR"
          value={question.threshold}
          onInput={(threshold) => change({ threshold })}
        />
        <Whole name="within_days" {...{ question, faults, change }} />
      </div>
    </FieldGroup>
  );
}
