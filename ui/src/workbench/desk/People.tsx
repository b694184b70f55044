import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { formatCount } from "../../shared/money";
import { visible } from "../../shared/text";
import { announce } from "../announce";
import { post } from "../api";
import { api } from "../case/address";
import { useAction } from "../case/useAction";
import { Loaded, Refused, useGet } from "../load";
import { Amount } from "../parts/Amount";
import { Button } from "../parts/Button";
import { DataTable, type Column } from "../parts/DataTable";
import { TextField } from "../parts/Field";
import { Section } from "../parts/Page";
import { t, tOr } from "../texts";
import type { Person, Persons } from "./types";

/** Whom the returns name, and who of them may be one person. */
export function People({ name }: { name: string }): JSX.Element {
  const [names, setNames] = useState(false);
  const asked = useGet<Persons>(api(name, "/persons"), { names });
  return (
    <Section
      title={t("desk.people.title")}
      note={t("desk.personal")}
      actions={<Button pressed={names} onClick={() => setNames(!names)}>{t("desk.people.names")}</Button>}
    >
      <Loaded of={asked}>
        {(of) => (
          <>
            {of.suggestions.length > 0 && <Suggestions name={name} of={of} reload={asked.reload} />}
            <DataTable name={`${name}-persons`} caption={t("desk.people.title")} columns={columns(names)} rows={of.persons} rowKey={(row) => row.person} empty={t("desk.people.nobody")} />
          </>
        )}
      </Loaded>
    </Section>
  );
}

function columns(names: boolean): Column<Person>[] {
  const said = (row: Person): string => Object.values(row.said ?? {}).join(" · ");
  return [
    { id: "person", title: t("desk.person"), cell: (row) => <strong>{row.person}</strong>, key: (row) => Number(row.person.slice(1)), text: (row) => row.person },
    { id: "refs", title: t("desk.people.refs"), cell: (row) => row.refs.join(" "), key: (row) => row.refs.length, text: (row) => row.refs.join(" ") },
    { id: "countries", title: t("desk.people.countries"), cell: (row) => row.countries.join(" "), key: (row) => row.countries.join(" "), choices: true },
    { id: "accounts", title: t("desk.returns.accounts"), cell: (row) => <bdi>{row.accounts.map((a) => `${a.account} ${visible(a.label)}`).join(", ")}</bdi>, key: (row) => row.accounts.length, text: (row) => row.accounts.map((a) => `${a.account} ${a.label}`).join(", ") },
    { id: "payments", title: t("case.col.payments"), cell: (row) => formatCount(row.accounts.reduce((n, a) => n + a.payments.length, 0)), key: (row) => row.accounts.reduce((n, a) => n + a.payments.length, 0), numeric: true },
    { id: "paid", title: `${t("case.col.value")} (BTC)`, cell: (row) => <Amount sat={row.paid_sat} bare />, key: (row) => row.paid_sat, numeric: true },
    ...(names ? [{ id: "said", title: t("desk.people.said"), cell: (row: Person) => <bdi>{visible(said(row))}</bdi>, key: said }] : []),
  ];
}

function Suggestions({ name, of, reload }: { name: string; of: Persons; reload: () => void }) {
  const [by, setBy] = useState("");
  const [reason, setReason] = useState("");
  const { refusal, act } = useAction();
  const decide = (refs: readonly string[], same: boolean): Promise<boolean> =>
    act(async () => {
      await post(api(name, "/persons"), { refs, same, by: by.trim(), reason: reason.trim() });
      announce(t("desk.people.decided"));
      reload();
    });
  const blocked = by.trim() === "" || reason.trim() === "";
  return (
    <>
      <p>{t("desk.people.suggested")}</p>
      <div class="fields">
        <TextField label={t("desk.by")} value={by} onInput={setBy} required maxLength={400} />
        <TextField label={t("desk.reason")} value={reason} onInput={setReason} required maxLength={2000} />
      </div>
      {refusal !== null && <Refused error={refusal} />}
      <ul class="brief">
        {of.suggestions.map(({ persons, by: on }) => (
          <li key={persons.join()}>
            <strong>{persons.join(" = ")}</strong> ({on.map((word) => tOr(`desk.field.${word}`, word)).join(", ")}){" "}
            <Button small disabled={blocked} label={t("desk.people.same_of", { persons: persons.join(", ") })} onClick={() => decide(persons, true)}>{t("desk.people.same")}</Button>{" "}
            <Button small disabled={blocked} label={t("desk.people.different_of", { persons: persons.join(", ") })} onClick={() => decide(persons, false)}>{t("desk.people.different")}</Button>
          </li>
        ))}
      </ul>
    </>
  );
}
