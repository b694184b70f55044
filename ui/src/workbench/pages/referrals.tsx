import { useState } from "preact/hooks";
import "../case/case.css";
import { formatCount } from "../../shared/money";
import { visible } from "../../shared/text";
import { announce } from "../announce";
import { asRefusal, post } from "../api";
import { api } from "../case/address";
import { useAction } from "../case/useAction";
import { useWork } from "../case/useWork";
import { WorkBox } from "../case/WorkBox";
import { DecideForm } from "../desk/DecideForm";
import type { Referral } from "../desk/types";
import { followTicket } from "../files";
import { Refused, useGet } from "../load";
import { Amount } from "../parts/Amount";
import { Basis } from "../parts/Basis";
import { Button } from "../parts/Button";
import { CasePage } from "../parts/CasePage";
import { DataTable, type Column } from "../parts/DataTable";
import { Empty } from "../parts/Empty";
import { TextField } from "../parts/Field";
import { Notice } from "../parts/Notice";
import { Section } from "../parts/Page";
import { useRoute } from "../router";
import { t, tn, tOr } from "../texts";

/** Whom other countries are told of: prepared, approved by two, decided, sent. */
export default function Referrals() {
  const name = useRoute().params.case ?? "";
  const asked = useGet<{ prepared: number; referrals: Referral[] }>(api(name, "/referrals"));
  const work = useWork<{ entry: number }>();
  const prepare = async (): Promise<void> => {
    if ((await work.start(api(name, "/referrals/prepare"), {})) !== null) asked.reload();
  };
  return (
    <CasePage
      name={name}
      title={t("desk.referrals.title")}
      lead={t("desk.referrals.lead")}
      actions={<Button disabled={work.busy} onClick={prepare}>{t("desk.referrals.prepare")}</Button>}
    >
      <WorkBox work={work} label={t("shell.verb.referrals.prepare")} />
      {asked.data !== null && asked.data !== undefined ? (
        <List name={name} rows={asked.data.referrals} reload={asked.reload} />
      ) : (
        asked.error !== null && asked.error !== undefined && <Empty>{asRefusal(asked.error).message}</Empty>
      )}
    </CasePage>
  );
}

function List({ name, rows, reload }: { name: string; rows: readonly Referral[]; reload: () => void }) {
  const [ticked, setTicked] = useState<ReadonlySet<string>>(new Set());
  const [by, setBy] = useState("");
  const { refusal, act } = useAction();
  const work = useWork<{ packages: { package: string; persons: number }[]; file: string; made: string }>();
  const approve = (): Promise<boolean> =>
    act(async () => {
      await post(api(name, "/referrals/approve"), { persons: [...ticked], by: by.trim() });
      announce(t("desk.referrals.approved"));
      reload();
    });
  const columns: Column<Referral>[] = [
    { id: "person", title: t("desk.person"), cell: (row) => <strong>{row.person}</strong>, key: (row) => Number(row.person.slice(1)), text: (row) => row.person },
    { id: "country", title: t("desk.referrals.country"), cell: (row) => row.country || "–", key: (row) => row.country, choices: true },
    { id: "services", title: t("case.col.service"), cell: (row) => <bdi>{visible(row.services.join(", "))}</bdi>, key: (row) => row.services.join(", ") },
    { id: "grades", title: t("desk.returns.grade"), cell: (row) => row.grades.join(" "), key: (row) => row.grades.join(" ") },
    { id: "payments", title: t("case.col.payments"), cell: (row) => formatCount(row.payments), key: (row) => row.payments, numeric: true },
    { id: "value", title: `${t("case.col.value")} (BTC)`, cell: (row) => <Amount sat={row.value_sat} bare />, key: (row) => row.value_sat, numeric: true },
    { id: "basis", title: t("case.col.basis"), cell: (row) => (row.basis === "direct" ? t("desk.referrals.direct") : <Basis of={row.basis} />), key: (row) => row.basis, choices: true },
    { id: "approvals", title: t("desk.referrals.approvals"), cell: (row) => formatCount(row.approvals), key: (row) => row.approvals, numeric: true },
    { id: "lacks", title: t("desk.referrals.lacks"), cell: (row) => (row.lacks.length === 0 ? t("desk.referrals.ready") : row.lacks.map((l) => tOr(`desk.lack.${l}`, l)).join(", ")), key: (row) => row.lacks.length, text: (row) => row.lacks.join(" ") },
  ];
  return (
    <>
      <DataTable name={`${name}-referrals`} caption={t("desk.referrals.title")} columns={columns} rows={rows} rowKey={(row) => row.person} selected={ticked} onSelect={setTicked} empty={t("desk.referrals.nobody")} />
      <Section title={t("desk.referrals.approve")} note={t("desk.referrals.approve_note")}>
        {refusal !== null && <Refused error={refusal} />}
        <TextField label={t("desk.by")} value={by} onInput={setBy} maxLength={400} />
        <div class="form-actions"><Button disabled={ticked.size === 0 || by.trim() === ""} onClick={approve}>{tn("desk.referrals.approve_count", ticked.size)}</Button></div>
      </Section>
      <Section title={t("desk.referrals.decide")}><DecideForm name={name} persons={[...ticked]} onDone={reload} /></Section>
      <Section title={t("desk.referrals.write")} note={t("desk.referrals.write_note")}>
        <div class="form-actions"><Button primary disabled={work.busy} onClick={() => work.start(api(name, "/referrals/write"), {})}>{t("desk.referrals.write_do")}</Button></div>
        <WorkBox work={work} label={t("shell.verb.referrals.write")} />
        {work.answer !== null && (
          <Notice kind="ok" title={t("desk.referrals.written", { count: work.answer.packages.length })}>
            <Button icon="download" onClick={() => followTicket(`/api/made/${work.answer?.made ?? ""}/tickets`, work.answer?.file ?? "")}>{work.answer.file}</Button>
          </Notice>
        )}
      </Section>
    </>
  );
}
