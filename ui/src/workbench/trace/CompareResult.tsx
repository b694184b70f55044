import type { JSX } from "preact";
import { formatBtc } from "../../shared/money";
import { visible } from "../../shared/text";
import { Amount } from "../parts/Amount";
import { DataTable, type Column } from "../parts/DataTable";
import { ClusterLink, OutpointLink, ServiceLink, TxLink } from "../parts/Hash";
import { Notice } from "../parts/Notice";
import { Section } from "../parts/Page";
import { t, tOr } from "../texts";
import type { CompareAnswer, Compared, Cut, Scope } from "./answer";
import { btcCell, endName, ruleName, scopeName, typeName } from "./names";
import { Ranges } from "./Ranges";
import { Conservation, Poison, Walked } from "./Summary";
import { Partly } from "./Working";

/** All rules side by side per destination, between the bounds that no conserving rule escapes. */
export function CompareResult({ answer }: { answer: CompareAnswer }): JSX.Element {
  const scopes = [...new Set(answer.rules.map((rule) => rule.scope))];
  const missing = Object.values(answer.bounds_missing).some((count) => count > 0);
  const cut = answer.destinations.some((row) => {
    const bound = row.bounds.transaction;
    return bound != null && BigInt(bound.most_sat) > BigInt(bound.most_known_sat);
  });
  const sure = answer.destinations.filter(
    (row) => ["service", "mixer", "target"].includes(row.type) && BigInt(row.bounds.transaction?.least_sat ?? 0) > 0n,
  );
  return (
    <>
      <Section title={t("trace.compare.title")} note={t("trace.compare.note")}>
        <Partly answer={answer} bounds={missing} />
        <Walked answer={answer} />
        <Conservation rules={answer.rules} />
        <Poison poison={answer.poison} />
        {sure.length > 0 ? (
          <ul class="trace-sure">
            {sure.map((row) => (
              <li key={row.destination}>
                {t("trace.compare.sure", { amount: formatBtc(row.bounds.transaction?.least_sat ?? 0), end: endName({ ...row, held: false }) })}{" "}
                {BigInt(row.without_inference_sat ?? 0) > 0n &&
                  t("trace.compare.without_inference", { amount: formatBtc(row.without_inference_sat ?? 0) })}
              </li>
            ))}
          </ul>
        ) : (
          <p>{t("trace.compare.none_sure")}</p>
        )}
        {cut && <Notice kind="info">{t("trace.compare.cut")}</Notice>}
        <Ranges answer={answer} />
        {scopes.map((scope) => (
          <Table key={scope} answer={answer} scope={scope} />
        ))}
      </Section>
      {answer.crossing !== null && <Crossing crossing={answer.crossing} />}
    </>
  );
}

function Table({ answer, scope }: { answer: CompareAnswer; scope: Scope }): JSX.Element {
  const rules = answer.rules.filter((rule) => rule.scope === scope);
  const amount = (id: string, title: string, of: (row: Compared) => number | bigint | null | undefined): Column<Compared> => ({
    id,
    title,
    numeric: true,
    cell: (row) => (of(row) == null ? t("trace.compare.unbounded") : <Amount bare sat={of(row)} />),
    key: (row) => (of(row) == null ? null : BigInt(of(row) ?? 0)),
    text: (row) => btcCell(of(row)),
  });
  return (
    <>
      <h3 class="trace-scope">
        {scopeName(scope)} <span class="quiet">{t(`trace.scope_meaning.${scope}`)}</span>
      </h3>
      <DataTable
        name={`compare-${scope}`}
        caption={t("trace.compare.caption", { scope: scopeName(scope) })}
        columns={[
          { id: "rank", title: t("trace.path.rank"), numeric: true, cell: (row) => row.rank, key: (row) => row.rank },
          {
            id: "destination",
            title: t("trace.table.destination"),
            cell: (row) =>
              row.party !== null ? <ServiceLink party={row.party} label={row.label} /> : <bdi>{nameOf(row)}</bdi>,
            key: nameOf,
          },
          { id: "type", title: t("trace.table.type"), cell: (row) => typeName(row.type), key: (row) => typeName(row.type), choices: true },
          amount("least", t("trace.compare.least"), (row) => row.bounds[scope]?.least_sat),
          ...rules.map((rule) => amount(rule.rule, `${ruleName(rule.rule)}, BTC`, (row) => row.traced_sat[rule.rule] ?? 0)),
          amount("most", t("trace.compare.most"), (row) => row.bounds[scope]?.most_sat),
          ...(answer.fiat === null
            ? []
            : rules.slice(0, 1).map((rule): Column<Compared> => ({
                id: "fiat",
                title: t("trace.table.worth", { currency: answer.fiat?.currency ?? "", rule: ruleName(rule.rule) }),
                numeric: true,
                cell: (row) => row.fiat?.[rule.rule] ?? "–",
                key: (row) => (row.fiat?.[rule.rule] == null ? null : { decimal: row.fiat[rule.rule] ?? "0" }),
              }))),
        ]}
        rows={answer.destinations}
        rowKey={(row) => row.destination}
        initial={{ by: "rank" }}
        detail={answer.destinations.some((row) => row.cuts[scope]) ? (row) => <Cuts row={row} scope={scope} /> : undefined}
      />
    </>
  );
}

function nameOf(row: Compared): string {
  return row.type === "target" ? visible(row.destination.replace(/^to:/, "")) : endName({ ...row, held: false });
}

/** The outputs that prove a least and a most: no more can pass through them. */
function Cuts({ row, scope }: { row: Compared; scope: Scope }): JSX.Element {
  const cuts = row.cuts[scope];
  if (cuts === undefined) return <p class="quiet">{t("trace.compare.no_cut")}</p>;
  return (
    <div class="columns">
      <CutOf title={t("trace.compare.proof_least")} cut={cuts.least} />
      <CutOf title={t("trace.compare.proof_most")} cut={cuts.most} />
    </div>
  );
}

function CutOf({ title, cut }: { title: string; cut: Cut }): JSX.Element {
  return (
    <div>
      <h4>
        {title} <Amount sat={cut.sat} />
      </h4>
      <ul>
        {cut.parts.map((part, index) => (
          <li key={index}>
            {tOr(`trace.cut.${part.kind}`, part.kind)}{" "}
            {part.at !== null && (part.at.includes(":") ? <OutpointLink outpoint={part.at} /> : <TxLink txid={part.at} />)}
            {part.account !== null && <ClusterLink cluster={part.account} />} <Amount sat={part.value_sat} />
          </li>
        ))}
      </ul>
      {cut.count > cut.parts.length && <p class="quiet">{t("trace.seeds.more", { count: cut.count - cut.parts.length })}</p>}
    </div>
  );
}

function Crossing({ crossing }: { crossing: NonNullable<CompareAnswer["crossing"]> }): JSX.Element {
  type Row = (typeof crossing.destinations)[number];
  const amount = (id: string, title: string, of: (row: Row) => number | bigint): Column<Row> => ({
    id,
    title,
    numeric: true,
    cell: (row) => <Amount bare sat={of(row)} />,
    key: (row) => BigInt(of(row)),
    text: (row) => btcCell(of(row)),
  });
  return (
    <Section title={t("trace.cross.title")} note={t("trace.cross.note")}>
      {crossing.partial && <Notice kind="warning">{t("trace.partial.you")}</Notice>}
      <ul>
        {crossing.coinjoins.map((one) => (
          <li key={one.txid}>
            <TxLink txid={one.txid} /> {one.type !== null && <span class="chip">{visible(one.type)}</span>}{" "}
            {one.reached ? t("trace.cross.entering", { count: one.entering }) : t("trace.cross.not_reached")}
          </li>
        ))}
      </ul>
      <DataTable
        name="crossing"
        caption={t("trace.cross.title")}
        columns={[
          { id: "destination", title: t("trace.table.destination"), cell: (row) => <bdi>{endName({ ...row, held: false })}</bdi>, key: (row) => endName({ ...row, held: false }) },
          amount("narrow_least", t("trace.cross.narrow_least"), (row) => row.narrowed.least_sat),
          amount("narrow_most", t("trace.cross.narrow_most"), (row) => row.narrowed.most_sat),
          amount("wide_least", t("trace.cross.wide_least"), (row) => row.wide.least_sat),
          amount("wide_most", t("trace.cross.wide_most"), (row) => row.wide.most_sat),
        ]}
        rows={crossing.destinations}
        rowKey={(row) => row.destination}
      />
    </Section>
  );
}
