import type { JSX } from "preact";
import { Button } from "../parts/Button";
import { FieldGroup, SelectField } from "../parts/Field";
import { t } from "../texts";
import type { Choices } from "./answer";
import { ruleMeaning, ruleName, scopeName } from "./names";
import type { Faults, Question } from "./question";

/** Every rule that runs that way, each in a sentence; the first chosen is the one that leads. */
export function RulesField(props: {
  question: Question;
  choices: Choices;
  faults: Faults;
  change: (changed: Partial<Question>) => void;
}): JSX.Element {
  const { question, faults, change } = props;
  const able = props.choices.rules.filter((rule) => canRun(rule, question));
  const names = able.map((rule) => rule.rule);
  const chosen = question.rules.includes("all") ? names : question.rules;
  if (question.kind === "null-controls") {
    const one = chosen[0] ?? "pro-rata";
    return (
      <SelectField
        label={t("trace.rules.one")}
        hint={ruleMeaning(one)}
        value={one}
        onChange={(rule) => change({ rules: [rule] })}
        choices={able.map(({ rule }) => ({ value: rule, label: ruleName(rule) }))}
      />
    );
  }
  const toggle = (rule: string): void => {
    const left = chosen.includes(rule) ? chosen.filter((each) => each !== rule) : [...chosen, rule];
    change({ rules: left.length === names.length ? ["all"] : left });
  };
  const scopes = [...new Set(able.map((rule) => rule.scope))];
  return (
    <FieldGroup legend={t("trace.rules.legend")}>
      <div class="form-actions trace-rules-bar">
        <Button small onClick={() => change({ rules: ["all"] })}>{t("trace.rules.all")}</Button>
        <Button small onClick={() => change({ rules: ["pro-rata"] })}>{t("trace.rules.only")}</Button>
        <p class="quiet">{t("trace.rules.lead")}</p>
      </div>
      {faults.rules !== undefined && <p class="field-error" role="alert">{t(`trace.fault.${faults.rules}`)}</p>}
      {scopes.map((scope) => (
        <div key={scope} role="group" aria-label={scopeName(scope)}>
          <p class="trace-scope">
            <strong>{scopeName(scope)}</strong> <span class="quiet">{t(`trace.scope_meaning.${scope}`)}</span>
          </p>
          <ul class="trace-rules">
            {able
              .filter((rule) => rule.scope === scope)
              .map(({ rule }) => (
                <li key={rule}>
                  <label>
                    <input type="checkbox" checked={chosen.includes(rule)} onChange={() => toggle(rule)} />
                    <span>
                      <strong>{ruleName(rule)}</strong>
                      <span class="field-hint">{ruleMeaning(rule)}</span>
                    </span>
                  </label>
                </li>
              ))}
          </ul>
        </div>
      ))}
    </FieldGroup>
  );
}

function canRun(rule: Choices["rules"][number], question: Question): boolean {
  const { kind } = question;
  if (kind === "ledger") return rule.scope === "account";
  if (kind === "path" || kind === "between") return rule.scope === "transaction";
  if (kind === "null-controls" && rule.scope === "account") return false;
  return question.direction === "forward" || rule.backward;
}
