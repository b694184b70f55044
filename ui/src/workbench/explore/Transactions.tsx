import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { get } from "../api";
import { Amount } from "../parts/Amount";
import { DataTable, type Column } from "../parts/DataTable";
import { BlockLink, TxLink } from "../parts/Hash";
import { Time } from "../parts/Time";
import { formatBtc } from "../../shared/money";
import { t } from "../texts";
import { OtherParty, useCurrency } from "./parts";
import type { Other, PartyTx } from "./types";

/** What came and went, transaction by transaction; more are fetched from `path`. */
export function Transactions(props: { first: readonly PartyTx[]; total: number; path: string; name: string }): JSX.Element {
  const [rows, setRows] = useState<readonly PartyTx[]>(props.first);
  useEffect(() => setRows(props.first), [props.first]);
  const currency = useCurrency();
  const more = async (): Promise<void> => {
    const next = await get<{ transactions: PartyTx[] }>(props.path, { offset: rows.length, currency });
    setRows([...rows, ...next.transactions]);
  };
  return (
    <DataTable
      name={`transactions-${props.name.slice(0, 16)}`}
      caption={t("explore.transactions")}
      columns={columns()}
      rows={rows}
      rowKey={(row) => row.txid}
      total={props.total}
      onMore={rows.length < props.total ? more : undefined}
      pageSize={25}
    />
  );
}

function columns(): Column<PartyTx>[] {
  return [
    { id: "time", title: t("explore.time_utc"), cell: (row) => <Time utc={row.time_utc} bare />, key: (row) => row.time_utc },
    { id: "height", title: t("explore.height"), cell: (row) => <BlockLink block={row.height} />, key: (row) => row.height, numeric: true },
    { id: "txid", title: t("explore.txid"), cell: (row) => <TxLink txid={row.txid} copy />, key: (row) => row.txid },
    {
      id: "way", title: t("explore.way"), key: (row) => way(row), choices: true,
      cell: (row) => <span class={BigInt(row.change_sat) < 0n ? "way-out" : "way-in"}>{way(row)}</span>,
    },
    {
      id: "change", title: t("explore.amount"), numeric: true, key: (row) => BigInt(row.change_sat),
      text: (row) => formatBtc(row.change_sat),
      cell: (row) => <Amount sat={row.change_sat} fiat={row.fiat} />,
    },
    { id: "balance", title: t("explore.balance.left"), numeric: true, key: (row) => BigInt(row.balance_sat), text: (row) => formatBtc(row.balance_sat), cell: (row) => <Amount sat={row.balance_sat} bare /> },
    { id: "with", title: t("explore.with"), cell: (row) => <With of={row} />, key: (row) => row.with.map(named).join(", ") },
  ];
}

function way(row: PartyTx): string {
  if (row.mined) return t("explore.mined");
  return BigInt(row.change_sat) < 0n ? t("explore.paid_out") : t("explore.received");
}

function With({ of }: { of: PartyTx }): JSX.Element {
  const more = of.with_count - of.with.length;
  return (
    <span class="party">
      {of.coinjoin && <span class="chip">{t("explore.coinjoin.word")}</span>}
      {of.with.map((other) => <OtherParty key={other.cluster} of={other} />)}
      {of.with_count === 0 && !of.mined && <span class="quiet">{t("explore.within_cluster")}</span>}
      {more > 0 && <span class="quiet">{t("explore.and_more", { count: more })}</span>}
    </span>
  );
}

export function named(other: Other): string {
  return other.service === null ? other.cluster : `${other.service.label} (${other.cluster})`;
}
