import { useState } from "preact/hooks";
import "../case/case.css";
import { Broken } from "../case/Broken";
import { CheckBundle } from "../case/CheckBundle";
import { ImportCase } from "../case/ImportCase";
import { NewCase } from "../case/NewCase";
import type { CaseRow } from "../case/types";
import { Loaded, useGet } from "../load";
import { Button } from "../parts/Button";
import { DataTable, type Column } from "../parts/DataTable";
import { Empty } from "../parts/Empty";
import { Notice } from "../parts/Notice";
import { Page, Section } from "../parts/Page";
import { Time } from "../parts/Time";
import { Link, navigate, to, useRoute } from "../router";
import { t } from "../texts";
import { formatCount } from "../../shared/money";
import { visible } from "../../shared/text";

export default function Cases() {
  const { query } = useRoute();
  const cases = useGet<{ cases: CaseRow[] }>("/api/cases");
  const [opening, setOpening] = useState(query.get("new") !== null);
  const [importing, setImporting] = useState(false);
  const taken = cases.data?.cases.map((row) => row.case) ?? [];
  return (
    <Page
      title={t("case.cases.title")}
      lead={t("case.cases.lead")}
      actions={
        <>
          <Button icon="down" popup="dialog" onClick={() => setImporting(true)}>{t("case.import.title")}</Button>
          <Button primary icon="add" popup="dialog" onClick={() => setOpening(true)}>{t("case.new.title")}</Button>
        </>
      }
    >
      <Loaded of={cases}>{({ cases: rows }) => <List rows={rows} onNew={() => setOpening(true)} />}</Loaded>
      <Section title={t("case.verify.other")} note={t("case.verify.other_lead")}>
        <CheckBundle />
      </Section>
      {opening && (
        <NewCase
          taken={taken}
          onClose={() => {
            setOpening(false);
            if (query.get("new") !== null) navigate("/cases", { replace: true });
          }}
        />
      )}
      {importing && <ImportCase taken={taken} onClose={() => setImporting(false)} />}
    </Page>
  );
}

function List({ rows, onNew }: { rows: readonly CaseRow[]; onNew: () => void }) {
  if (rows.length === 0) {
    return (
      <Empty action={<Button primary onClick={onNew}>{t("shell.home.first_case")}</Button>}>{t("shell.home.no_cases")}</Empty>
    );
  }
  return (
    <>
      {rows.filter((row) => row.broken !== null).map((row) => <Broken key={row.case} of={`${row.case}: ${row.broken}`} />)}
      {rows.filter((row) => row.error !== null).map((row) => (
        <Notice key={row.case} kind="warning" title={visible(row.case)}><bdi>{visible(row.error ?? "")}</bdi></Notice>
      ))}
      <DataTable
        name="cases"
        caption={t("case.cases.title")}
        columns={columns()}
        rows={rows}
        rowKey={(row) => row.case}
        initial={{ by: "last", descending: true }}
      />
    </>
  );
}

function columns(): Column<CaseRow>[] {
  return [
    {
      id: "case",
      title: t("case.col.case"),
      cell: (row) => <Link to={to("/case/:case", { case: row.case })}><bdi>{visible(row.case)}</bdi></Link>,
      key: (row) => row.case,
    },
    { id: "title", title: t("case.col.title"), cell: (row) => <bdi>{visible(row.title ?? "")}</bdi>, key: (row) => row.title ?? "" },
    { id: "subject", title: t("case.col.subject"), cell: (row) => <bdi>{visible(row.subject ?? "")}</bdi>, key: (row) => row.subject ?? "" },
    { id: "entries", title: t("case.col.entries"), cell: (row) => formatCount(row.entries), key: (row) => row.entries, numeric: true },
    { id: "reports", title: t("case.col.reports"), cell: (row) => formatCount(row.reports), key: (row) => row.reports, numeric: true },
    { id: "last", title: t("case.col.last"), cell: (row) => <Time utc={row.last_utc} />, key: (row) => row.last_utc ?? "" },
    {
      id: "state",
      title: t("case.col.state"),
      cell: (row) => stateOf(row),
      key: (row) => stateOf(row),
      choices: true,
    },
  ];
}

function stateOf(row: CaseRow): string {
  if (row.broken !== null || row.error !== null) return t("case.state.broken");
  return row.reports > 0 ? t("case.state.reported") : t("case.state.open");
}
