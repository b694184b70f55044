import { useState } from "preact/hooks";
import "../case/case.css";
import { visible } from "../../shared/text";
import { api } from "../case/address";
import { useWork } from "../case/useWork";
import { WorkBox } from "../case/WorkBox";
import type { Challenged, Made, Reason } from "../desk/types";
import { Loaded, useGet } from "../load";
import { Amount } from "../parts/Amount";
import { Button } from "../parts/Button";
import { CasePage } from "../parts/CasePage";
import { DataTable, type Column } from "../parts/DataTable";
import { Empty } from "../parts/Empty";
import { TextField } from "../parts/Field";
import { TxLink } from "../parts/Hash";
import { Section } from "../parts/Page";
import { Link, to, useRoute } from "../router";
import { t, tOr } from "../texts";

/** What would overturn each finding: the fewest tags and links that would have to be wrong. */
export default function Challenge() {
  const name = useRoute().params.case ?? "";
  const made = useGet<{ made: Made[] }>(api(name, "/made/challenge"));
  const [names, setNames] = useState("");
  const work = useWork<{ entry: number }>();
  const findings = names.split(/[\s,]+/).filter(Boolean);
  const wrong = findings.find((finding) => !/^[RIOS][1-9]\d*$/.test(finding));
  return (
    <CasePage name={name} title={t("desk.challenge.title")} lead={t("desk.challenge.lead")}>
      <Section title={t("desk.challenge.ask")}>
        <TextField label={t("desk.challenge.findings")} hint={t("desk.challenge.findings_hint")} value={names} onInput={setNames} code error={wrong === undefined ? null : t("desk.challenge.wrong", { finding: visible(wrong) })} />
        <div class="form-actions">
          <Button primary disabled={work.busy || wrong !== undefined} onClick={async () => { if ((await work.start(api(name, "/challenge"), { findings })) !== null) made.reload(); }}>{t("desk.challenge.do")}</Button>
        </div>
        <WorkBox work={work} label={t("shell.verb.case.challenge")} />
      </Section>
      <Loaded of={made}>
        {({ made: of }) => {
          const last = of.at(-1);
          return last === undefined ? <Empty>{t("desk.challenge.none")}</Empty> : <Last key={last.entry} name={name} entry={last.entry} />;
        }}
      </Loaded>
    </CasePage>
  );
}

function Last({ name, entry }: { name: string; entry: number }) {
  const asked = useGet<{ challenged: Challenged[] }>(api(name, `/made/challenge/${entry}`));
  const columns: Column<Challenged>[] = [
    { id: "finding", title: t("case.col.finding"), cell: (row) => <strong>{row.finding}</strong>, key: (row) => `${row.finding[0]}${row.finding.slice(1).padStart(9, "0")}`, text: (row) => row.finding },
    { id: "label", title: t("case.col.service"), cell: (row) => <bdi>{visible(row.label ?? "")}</bdi>, key: (row) => row.label ?? "", choices: true },
    { id: "direction", title: t("case.col.direction"), cell: (row) => direction(row), key: direction },
    { id: "was", title: t("case.col.was"), cell: (row) => <Amount sat={row.was_sat} />, key: (row) => row.was_sat, numeric: true },
    { id: "effect", title: t("desk.challenge.effect"), cell: (row) => tOr(`desk.effect.${row.effect}`, row.effect), key: (row) => tOr(`desk.effect.${row.effect}`, row.effect), choices: true },
    { id: "least", title: t("desk.challenge.size"), cell: (row) => size(row), key: (row) => row.smallest?.length ?? 0, text: size, numeric: true },
  ];
  return (
    <Section title={t("desk.challenge.answer", { entry })}>
      <Loaded of={asked}>
        {({ challenged }) => (
          <DataTable name={`${name}-challenge`} caption={t("desk.challenge.title")} columns={columns} rows={challenged} rowKey={(row) => `${row.finding} ${row.direction ?? ""}`} detail={(row) => <Reasons of={row.smallest ?? []} />} />
        )}
      </Loaded>
    </Section>
  );
}

function direction(row: Challenged): string {
  if (row.direction === null) return "";
  return t(row.direction === "backward" ? "case.list.inflows" : "case.list.outflows");
}

function size(row: Challenged): string {
  if (row.smallest === null || row.smallest.length === 0) return row.rests_on_facts ? t("desk.challenge.facts") : "–";
  return row.proved ? String(row.smallest.length) : `≤ ${row.smallest.length}`;
}

function Reasons({ of }: { of: readonly Reason[] }) {
  if (of.length === 0) return <p>{t("desk.challenge.no_reasons")}</p>;
  return (
    <ul class="brief">
      {of.map((reason) => (
        <li key={reason.kind + reason.id}>
          {reason.kind === "tag" ? (
            <Link to={to("/tag/:id", { id: reason.id })}><bdi>{visible(reason.label ?? reason.id)}</bdi></Link>
          ) : (
            <>{tOr(`report.rule.${reason.rule ?? ""}`, reason.rule ?? "")} <TxLink txid={reason.id} /></>
          )}{" "}
          <span class="quiet">{t("desk.challenge.doubt", { doubt: String(reason.doubt) })}</span>
        </li>
      ))}
    </ul>
  );
}
