/** What rules, ends and bases of control are called, in the chosen language. */

import { formatBtc, type Sat } from "../../shared/money";
import { visible } from "../../shared/text";
import { t, tOr } from "../texts";

/** A rule by its public name, such as "index-fifo". */
export function ruleName(rule: string): string {
  const name = rule.replaceAll("-", "_");
  return name.startsWith("account_") ? tOr(`trace.rule_name.${name}`, rule) : tOr(`report.rule.${name}`, rule);
}

/** What a rule does, in a sentence. */
export function ruleMeaning(rule: string): string {
  return tOr(`trace.rule_meaning.${rule.replaceAll("-", "_")}`, "");
}

export function scopeName(scope: string): string {
  return tOr(`trace.scope.${scope}`, scope);
}

export function typeName(type: string): string {
  if (type === "others") return t("trace.end.others");
  if (type === "target") return t("trace.end.target");
  return tOr(`report.terminal.${type}`, type);
}

/** A destination as it is spoken of: a service by its label, else its kind. */
export function endName(end: { type: string; label: string | null; held?: boolean }): string {
  if (end.label !== null) return visible(end.label);
  const name = typeName(end.type);
  return end.held ? t("trace.end.held", { end: name }) : name;
}

/** Who is held to control what a hop made, and why. */
export function controlName(basis: string): string {
  return tOr(`trace.control.${basis}`, basis);
}

/** Whether such a hop rests on a fact, an inference or an assertion; null where nobody can say. */
export function controlBasis(basis: string): string | null {
  if (basis === "same_script") return "fact";
  if (basis === "tag") return "assertion";
  return basis === "unknown" ? null : "inference";
}

export function patternName(pattern: string): string {
  return tOr(`trace.pattern.${pattern}`, pattern);
}

/** "12.3%"; a dash where there is none. */
export function percent(share: number | null | undefined, digits = 1): string {
  return share == null ? "–" : `${(100 * share).toFixed(digits)} %`;
}

/** An amount as a file has it under a heading in BTC: "1234.00000001". */
export function btcCell(sat: Sat | null | undefined): string | null {
  return sat == null ? null : formatBtc(sat).replaceAll(",", "");
}
