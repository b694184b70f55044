import type { JSX } from "preact";
import { visible } from "../../shared/text";
import { Amount } from "../parts/Amount";
import { Basis } from "../parts/Basis";
import type { Column } from "../parts/DataTable";
import { AddressLink, BlockLink, ClusterLink, OutpointLink, TxLink } from "../parts/Hash";
import { Time } from "../parts/Time";
import { t } from "../texts";
import type { Control, Hop, RuleSums, Terminal, TraceAnswer } from "./answer";
import { KeptTable } from "./KeptTable";
import { btcCell, controlBasis, controlName, endName, percent, ruleName, typeName } from "./names";

interface Numbered {
  n?: number;
}

/** A column for each rule. */
function ruleColumns<R extends { traced_sat: Record<string, number | bigint> }>(rules: readonly RuleSums[]): Column<R>[] {
  return rules.map((rule) => ({
    id: rule.rule,
    title: `${ruleName(rule.rule)}, BTC`,
    numeric: true,
    cell: (row) => <Amount bare sat={row.traced_sat[rule.rule] ?? 0} />,
    key: (row) => BigInt(row.traced_sat[rule.rule] ?? 0),
    text: (row) => btcCell(row.traced_sat[rule.rule] ?? 0),
  }));
}

function when<R extends { height: number; time_utc: string }>(): Column<R>[] {
  return [
    { id: "time", title: t("trace.table.time"), cell: (row) => <Time utc={row.time_utc} bare />, key: (row) => row.time_utc },
    { id: "height", title: t("trace.table.block"), numeric: true, cell: (row) => <BlockLink block={row.height} />, key: (row) => row.height },
  ];
}

/** Every output where value came to rest, or where it began. */
export function Terminals({ answer, job }: { answer: TraceAnswer; job: string }): JSX.Element {
  const accounts = answer.accounts !== null;
  const columns: Column<Terminal & Numbered>[] = [
    { id: "type", title: t("trace.table.type"), cell: (row) => typeName(row.type), key: (row) => typeName(row.type), choices: true },
    { id: "end", title: t("trace.table.destination"), cell: (row) => <bdi>{row.label === null ? "" : endName({ ...row, held: false })}</bdi>, key: (row) => row.label },
    {
      id: "output",
      title: t("trace.table.output"),
      cell: (row) => (row.vout === null ? <TxLink txid={row.txid} /> : <OutpointLink outpoint={`${row.txid}:${row.vout}`} />),
      text: (row) => (row.vout === null ? row.txid : `${row.txid}:${row.vout}`),
    },
    { id: "address", title: t("trace.table.address"), cell: (row) => (row.address === null ? "" : <AddressLink address={row.address} />), text: (row) => row.address },
    ...when<Terminal & Numbered>(),
    ...ruleColumns<Terminal & Numbered>(answer.rules),
    { id: "whole", title: t("trace.table.whole"), numeric: true, cell: (row) => <Amount bare sat={row.output_sat} />, key: (row) => BigInt(row.output_sat), text: (row) => btcCell(row.output_sat) },
    ...(accounts
      ? [{ id: "account", title: t("trace.table.account"), cell: (row: Terminal) => (row.account === null ? "" : <ClusterLink cluster={row.account} />), text: (row: Terminal) => row.account }]
      : []),
    { id: "mark", title: t("trace.table.mark"), cell: (row) => visible(row.mark.join("; ")), text: (row) => row.mark.join("; ") },
  ];
  return (
    <KeptTable<Terminal & Numbered>
      job={job}
      table="terminals"
      caption={t("trace.rows.terminals")}
      columns={columns}
      rowKey={(row) => String(row.n)}
      sorts={["-value", "", "-time", "-output", "type"]}
    />
  );
}

/** Every movement, with who is held to control what it made, and on what basis. */
export function Hops({ answer, job }: { answer: TraceAnswer; job: string }): JSX.Element {
  const rules = answer.rules.filter((rule) => rule.scope === "transaction");
  const columns: Column<Hop & Numbered>[] = [
    ...when<Hop & Numbered>(),
    { id: "from", title: t("trace.table.from"), cell: (row) => <OutpointLink outpoint={row.from} />, text: (row) => row.from },
    { id: "from_address", title: t("trace.table.from_address"), cell: (row) => (row.from_address === null ? "" : <AddressLink address={row.from_address} />), text: (row) => row.from_address },
    { id: "tx", title: t("trace.table.tx"), cell: (row) => <TxLink txid={row.txid} />, text: (row) => row.txid },
    { id: "to", title: t("trace.table.to"), cell: (row) => (row.to === null ? typeName("fee") : <OutpointLink outpoint={row.to} />), text: (row) => row.to },
    { id: "to_address", title: t("trace.table.to_address"), cell: (row) => (row.to_address === null ? "" : <AddressLink address={row.to_address} />), text: (row) => row.to_address },
    ...ruleColumns<Hop & Numbered>(rules),
    { id: "control", title: t("trace.table.control"), cell: (row) => <ControlOf control={row.control} />, text: (row) => row.control?.basis ?? null, choices: true },
    { id: "mark", title: t("trace.table.mark"), cell: (row) => visible(row.mark.join("; ")), text: (row) => row.mark.join("; ") },
  ];
  return (
    <KeptTable<Hop & Numbered>
      job={job}
      table="hops"
      caption={t("trace.rows.hops")}
      columns={columns}
      rowKey={(row) => String(row.n)}
      sorts={["", "-value", "-time", "-output"]}
    />
  );
}

/** Who is held to control an output: by whom, and whether a fact, inference or assertion says so. */
export function ControlOf({ control }: { control: Control | null }): JSX.Element {
  if (control === null) return <></>;
  const basis = controlBasis(control.basis);
  return (
    <span class="trace-control">
      {controlName(control.basis)}
      {control.label !== null && <bdi> {visible(control.label)}</bdi>}
      {control.probability !== null && (
        <span class="quiet"> {t("trace.control_change", { share: percent(control.probability, 2) })}</span>
      )}{" "}
      {basis !== null && <Basis of={basis} />}
    </span>
  );
}

interface Holding extends Numbered {
  account: string;
  label: string | null;
  type: string;
  closed_by: string | null;
  balance_sat: number | bigint;
  traced_sat: Record<string, number | bigint>;
}

/** What accounts hold when their books are closed. */
export function Holdings({ answer, job }: { answer: TraceAnswer; job: string }): JSX.Element {
  const rules = answer.rules.filter((rule) => rule.scope === "account");
  return (
    <KeptTable<Holding>
      job={job}
      table="holdings"
      caption={t("trace.rows.holdings")}
      columns={[
        { id: "account", title: t("trace.table.account"), cell: (row) => <ClusterLink cluster={row.account} />, text: (row) => row.account },
        { id: "label", title: t("trace.table.destination"), cell: (row) => <bdi>{visible(row.label ?? "")}</bdi>, key: (row) => row.label },
        { id: "type", title: t("trace.table.type"), cell: (row) => typeName(row.type), key: (row) => row.type, choices: true },
        ...ruleColumns<Holding>(rules),
        { id: "balance", title: t("trace.table.balance"), numeric: true, cell: (row) => <Amount bare sat={row.balance_sat} />, key: (row) => BigInt(row.balance_sat), text: (row) => btcCell(row.balance_sat) },
        { id: "closed", title: t("trace.table.closed_by"), cell: (row) => (row.closed_by === null ? t("trace.table.tip") : <TxLink txid={row.closed_by} />), text: (row) => row.closed_by },
      ]}
      rowKey={(row) => String(row.n)}
      sorts={["-value", ""]}
    />
  );
}

interface SeedRow extends Numbered {
  outpoint: string;
  value_sat: number | bigint;
  traced_sat: number | bigint;
  claimant: string | null;
  address: string | null;
  height: number;
  time_utc: string;
}

/** The outputs that the trace starts from. */
export function SeedRows({ answer, job }: { answer: TraceAnswer; job: string }): JSX.Element {
  return (
    <KeptTable<SeedRow>
      job={job}
      table="seeds"
      caption={t("trace.rows.seeds")}
      columns={[
        { id: "outpoint", title: t("trace.table.output"), cell: (row) => <OutpointLink outpoint={row.outpoint} />, text: (row) => row.outpoint },
        { id: "address", title: t("trace.table.address"), cell: (row) => (row.address === null ? "" : <AddressLink address={row.address} />), text: (row) => row.address },
        ...when<SeedRow>(),
        { id: "whole", title: t("trace.table.whole"), numeric: true, cell: (row) => <Amount bare sat={row.value_sat} />, key: (row) => BigInt(row.value_sat), text: (row) => btcCell(row.value_sat) },
        { id: "traced", title: t("trace.table.traced"), numeric: true, cell: (row) => <Amount bare sat={row.traced_sat} />, key: (row) => BigInt(row.traced_sat), text: (row) => btcCell(row.traced_sat) },
        ...(answer.claimants.length > 0
          ? [{ id: "claimant", title: t("trace.table.claimant"), cell: (row: SeedRow) => <bdi>{visible(row.claimant ?? "")}</bdi>, key: (row: SeedRow) => row.claimant }]
          : []),
      ]}
      rowKey={(row) => String(row.n)}
      sorts={["", "-value", "-time"]}
    />
  );
}
