import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { announce } from "../announce";
import { post } from "../api";
import { api } from "../case/address";
import { useAction } from "../case/useAction";
import { Refused } from "../load";
import { Button } from "../parts/Button";
import { CheckField, SelectField, TextField } from "../parts/Field";
import { t, tn } from "../texts";

const ROLES = ["suspect", "victim", "witness", "unknown"];
const TRANSFERS = ["member_state", "adequacy", "safeguards", "derogation"];

/** What is decided of the ticked persons, each by a decision of its own on record. */
export function DecideForm({ name, persons, onDone }: { name: string; persons: readonly string[]; onDone: () => void }): JSX.Element {
  const [refer, setRefer] = useState(true);
  const [inferred, setInferred] = useState(false);
  const [of, setOf] = useState<Record<string, string>>({ role: "unknown", transfer: "member_state" });
  const { refusal, act } = useAction();
  const set = (field: string) => (value: string): void => setOf({ ...of, [field]: value });
  const texts = ["by", "legal_basis", "recipient", "alternatives", "exculpatory"];
  const lacking = texts.filter((field) => (refer || field === "by") && (of[field] ?? "").trim() === "");
  const decide = (): Promise<boolean> =>
    act(async () => {
      for (const person of persons) {
        await post(api(name, "/referrals/decide"), { ...of, person, refer, include_inferred: inferred });
      }
      announce(t("desk.referrals.decided"));
      onDone();
    });
  return (
    <>
      {refusal !== null && <Refused error={refusal} />}
      <CheckField label={t("desk.referrals.refer")} checked={refer} onChange={setRefer} />
      <div class="fields">
        {texts.map((field) => (
          <TextField key={field} label={field === "by" ? t("desk.by") : t(`desk.referrals.${field}`)} value={of[field] ?? ""} onInput={set(field)} maxLength={4000} />
        ))}
        <TextField label={t("desk.referrals.country_other")} value={of["country"] ?? ""} onInput={set("country")} maxLength={2} />
        <SelectField label={t("desk.referrals.role")} value={of["role"] ?? ""} onChange={set("role")} choices={ROLES.map((r) => ({ value: r, label: t(`desk.role.${r}`) }))} />
        <SelectField label={t("desk.referrals.transfer")} value={of["transfer"] ?? ""} onChange={set("transfer")} choices={TRANSFERS.map((r) => ({ value: r, label: t(`desk.transfer.${r}`) }))} />
      </div>
      <CheckField label={t("desk.referrals.inferred")} checked={inferred} onChange={setInferred} />
      <div class="form-actions"><Button disabled={persons.length === 0 || lacking.length > 0} onClick={decide}>{tn("desk.referrals.decide_count", persons.length)}</Button></div>
    </>
  );
}
