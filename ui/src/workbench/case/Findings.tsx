import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { formatCount, type Sat } from "../../shared/money";
import { visible } from "../../shared/text";
import { get } from "../api";
import { Loaded, useGet } from "../load";
import { Amount } from "../parts/Amount";
import { Basis } from "../parts/Basis";
import { DataTable, type Column } from "../parts/DataTable";
import { SelectField } from "../parts/Field";
import { AddressLink, OutpointLink, TxLink } from "../parts/Hash";
import { Tabs } from "../parts/Tabs";
import { Time } from "../parts/Time";
import { Link, navigate, to, useRoute } from "../router";
import { t, tOr } from "../texts";
import { api } from "./address";
import { Reference } from "./Reference";
import type { Finding, FindingList, FindingPage, FindingRow, ReportSummary } from "./types";

const LISTS: readonly FindingList[] = ["receipts", "inflows", "outflows"];
const LETTERS: Record<string, FindingList> = { R: "receipts", I: "inflows", O: "outflows" };
const STEP = 1000;

/** The findings of the last report: receipts, what came from services and what went to them. */
export function Findings({ name, report }: { name: string; report: ReportSummary }): JSX.Element {
  const { query } = useRoute();
  const wanted = query.get("finding");
  const party = query.get("party");
  const asked = (wanted !== null && LETTERS[wanted[0] ?? ""]) || (query.get("list") as FindingList | null);
  const list = asked && LISTS.includes(asked) ? asked : party !== null ? "inflows" : "receipts";
  const go = (changed: Record<string, string | null>): void => {
    const next = { list, party, finding: null, ...changed };
    navigate(to("/case/:case/report", { case: name }, next), { replace: true });
  };
  return (
    <>
      {wanted !== null && <One name={name} id={wanted} />}
      <Tabs
        label={t("case.findings.title")}
        open={list}
        onOpen={(open) => go({ list: open, party: open === "receipts" ? null : party })}
        tabs={LISTS.map((each) => ({
          id: each,
          title: `${t(`case.list.${each}`)} (${formatCount(report.counts[each])})`,
          content: () => (
            <List key={`${each} ${party ?? ""}`} name={name} report={report} list={each} party={each === "receipts" ? null : party} onParty={(chosen) => go({ party: chosen })} />
          ),
        }))}
      />
    </>
  );
}

function List(props: {
  name: string;
  report: ReportSummary;
  list: FindingList;
  party: string | null;
  onParty: (party: string | null) => void;
}): JSX.Element {
  const { name, report, list, party, onParty } = props;
  const path = api(name, `/report/${list}`);
  const first = useGet<FindingPage>(path, { party, limit: STEP, of: report.entry });
  const [later, setLater] = useState<readonly FindingRow[]>([]);
  useEffect(() => setLater([]), [first.data]);
  const parties = list === "receipts" ? [] : report.by_service[list];
  return (
    <>
      {parties.length > 0 && (
        <SelectField
          label={t("case.col.service")}
          value={party ?? ""}
          onChange={(value) => onParty(value === "" ? null : value)}
          choices={[
            { value: "", label: t("case.findings.all") },
            ...parties.map((each) => ({ value: each.entity, label: `${each.entity} · ${visible(each.label)} (${each.count})` })),
          ]}
        />
      )}
      <Loaded of={first}>
        {(data) => {
          const rows = [...data.rows, ...later];
          return (
            <DataTable
              name={`${name}-${list}`}
              caption={t(`case.list.${list}`)}
              columns={columns(list, data.rules)}
              rows={rows}
              rowKey={(row) => row.id}
              total={data.matching}
              onMore={
                rows.length >= data.matching
                  ? undefined
                  : async () => {
                      const more = await get<FindingPage>(path, { party, limit: STEP, first: rows.length });
                      setLater([...later, ...more.rows]);
                    }
              }
              detail={(row) => <Detail name={name} id={row.id} />}
            />
          );
        }}
      </Loaded>
    </>
  );
}

function columns(list: FindingList, rules: readonly string[]): Column<FindingRow>[] {
  const first = rules[0] ?? "";
  const common: Column<FindingRow>[] = [
    { id: "id", title: t("case.col.finding"), cell: (row) => <strong>{row.id}</strong>, key: (row) => Number(row.id.slice(1)), text: (row) => row.id },
    { id: "time", title: t("case.col.time"), cell: (row) => <Time utc={row.time_utc} />, key: (row) => row.time_utc },
    { id: "height", title: t("case.col.block"), cell: (row) => formatCount(row.height), key: (row) => row.height, numeric: true },
    { id: "outpoint", title: t("case.col.output"), cell: (row) => <OutpointLink outpoint={row.outpoint} />, key: (row) => row.outpoint },
    { id: "address", title: t("case.col.address"), cell: (row) => (row.address === null ? "–" : <AddressLink address={row.address} />), key: (row) => row.address ?? "" },
    {
      id: "value",
      title: t("case.col.value"),
      cell: (row) => <Amount sat={row.value_sat} {...(list === "receipts" && { fiat: row.fiat })} />,
      key: (row) => row.value_sat,
      numeric: true,
    },
  ];
  if (list === "receipts") return common;
  return [
    ...common.slice(0, 1),
    { id: "service", title: t("case.col.service"), cell: (row) => <bdi>{visible(row.label ?? "")}</bdi>, key: (row) => row.label ?? "", choices: true },
    ...common.slice(1),
    ...rules.map((rule): Column<FindingRow> => ({
      id: rule,
      title: tOr(`report.rule.${rule}`, rule),
      cell: (row) => <Amount sat={row.traced_sat?.[rule] as Sat} {...(rule === first && { fiat: row.fiat })} />,
      key: (row) => row.traced_sat?.[rule] ?? 0,
      numeric: true,
    })),
    {
      id: "bounds",
      title: t("case.col.bounds"),
      hint: t("case.col.bounds_hint"),
      cell: (row) => <><Amount sat={row.least_sat} /> – <Amount sat={row.most_sat} /></>,
      text: (row) => `${row.least_sat ?? ""}–${row.most_sat ?? ""}`,
      key: (row) => row.most_sat ?? 0,
      numeric: true,
    },
    { id: "hops", title: t("case.col.hops"), cell: (row) => formatCount(row.hops ?? 0), key: (row) => row.hops ?? 0, numeric: true },
    { id: "truth", title: t("case.col.truth"), hint: t("case.col.truth_hint"), cell: (row) => row.truth_low ?? "–", key: (row) => row.truth_low ?? "", numeric: true },
    { id: "basis", title: t("case.col.basis"), cell: (row) => <Basis of={row.basis} />, key: (row) => row.basis, choices: true },
  ];
}

function One({ name, id }: { name: string; id: string }): JSX.Element {
  return (
    <article class="one-finding" aria-label={id}>
      <h3>{id}</h3>
      <Detail name={name} id={id} whole />
    </article>
  );
}

/** A finding with its path, what it rests on, and what can be made of it. */
function Detail({ name, id, whole }: { name: string; id: string; whole?: boolean }): JSX.Element {
  const asked = useGet<Finding>(api(name, `/findings/${encodeURIComponent(id)}`));
  return (
    <Loaded of={asked}>
      {(of) => (
        <div class="finding-detail">
          {whole && (
            <p>
              <Time utc={of.time_utc} /> · <Amount sat={of.value_sat} /> {of.label !== null && <bdi>{visible(of.label)}</bdi>} <Basis of={of.basis ?? "fact"} />
            </p>
          )}
          {of.path !== undefined && (
            <>
              <p class="quiet">{t("case.findings.path")}</p>
              <ol class="path">{of.path.map((outpoint) => <li key={outpoint}><OutpointLink outpoint={outpoint} /></li>)}</ol>
            </>
          )}
          {of.path === undefined && <OutpointLink outpoint={of.outpoint} copy />}
          {(of.receipts?.length ?? 0) > 0 && (
            <p class="references">
              {t("case.findings.receipts")} {of.receipts?.slice(0, 30).map((each) => <Reference key={each} text={each} name={name} />)}
              {(of.receipts?.length ?? 0) > 30 && ` +${formatCount((of.receipts?.length ?? 0) - 30)}`}
            </p>
          )}
          {of.assurance !== null && <Assurance of={of.assurance} />}
          <p class="row-actions">
            <Link class="button button-small" to={to("/case/:case/notes", { case: name }, { about: id })}>{t("case.findings.say")}</Link>
            <Link class="button button-small" to={to("/case/:case/exhibits", { case: name }, { about: id })}>{t("case.findings.exhibit")}</Link>
            <Link class="button button-small" to={to("/case/:case/canvas", { case: name }, { add: `tx:${of.outpoint.split(":")[0] ?? ""}` })}>{t("case.findings.canvas")}</Link>
          </p>
        </div>
      )}
    </Loaded>
  );
}

function Assurance({ of }: { of: NonNullable<Finding["assurance"]> }): JSX.Element {
  return (
    <>
      <p class="quiet">{t("case.findings.rests", { facts: of.facts })}</p>
      <ul class="brief">
        {of.inferences.map((each) => (
          <li key={each.kind + each.rule}>
            <Basis of="inference" rule={tOr(`report.rule.${each.rule}`, each.rule)} /> {formatCount(each.count)} ·{" "}
            {each.precision === null
              ? t("case.findings.unmeasured")
              : t("case.findings.precision", { precision: each.precision, low: each.precision_low ?? "–", data: visible(each.data ?? "") })}
          </li>
        ))}
        {of.alternatives.map((each) => (
          <li key={each.kind}>
            {tOr(`report.alternative.${each.kind}`, each.kind)} ({formatCount(each.count)}){" "}
            <span class="references">{each.txids.slice(0, 5).map((txid) => <TxLink key={txid} txid={txid} />)}</span>
          </li>
        ))}
      </ul>
    </>
  );
}
