/** Inputs and outputs as tables, fetched a page at a time. */

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { formatBtc } from "../../shared/money";
import { get } from "../api";
import { Amount } from "../parts/Amount";
import { DataTable } from "../parts/DataTable";
import { AddressLink, OutpointLink, TxLink } from "../parts/Hash";
import { t } from "../texts";
import { Inert, useCurrency, Whose } from "./parts";
import type { Party, Tx, TxInput, TxOutput } from "./types";

export function Inputs({ tx }: { tx: Tx }): JSX.Element {
  const [rows, setRows] = useState<readonly TxInput[]>(tx.inputs);
  useEffect(() => setRows(tx.inputs), [tx]);
  const currency = useCurrency();
  const more = async (): Promise<void> => {
    const next = await get<Tx>(`/api/tx/${tx.txid}`, { inputs_from: rows.length, outputs_from: tx.output_count, currency });
    setRows([...rows, ...next.inputs]);
  };
  return (
    <DataTable
      name={`inputs-${tx.txid.slice(0, 16)}`}
      caption={t("explore.tx.inputs_caption")}
      rows={rows}
      rowKey={(row) => String(row.vin)}
      total={tx.input_count}
      onMore={rows.length < tx.input_count ? more : undefined}
      pageSize={25}
      columns={[
        { id: "vin", title: t("explore.vin"), cell: (row) => row.vin, key: (row) => row.vin, numeric: true },
        { id: "value", title: t("explore.amount"), cell: (row) => <Amount sat={row.value_sat} fiat={row.fiat} />, key: (row) => BigInt(row.value_sat ?? 0), text: (row) => (row.value_sat === null ? null : formatBtc(row.value_sat)), numeric: true },
        { id: "name", title: t("explore.address.title"), cell: (row) => (row.name === null ? stateText(row) : <AddressLink address={row.name} copy />), key: (row) => row.name ?? stateText(row) },
        { id: "type", title: t("explore.script_type"), cell: (row) => row.script_type ?? "", key: (row) => row.script_type, choices: true },
        { id: "whose", title: t("explore.whose"), cell: (row) => <Whose of={row} />, key: whoseText },
        { id: "prevout", title: t("explore.prevout"), cell: (row) => (row.prevout === null ? "" : <OutpointLink outpoint={row.prevout} copy />), key: (row) => row.prevout },
      ]}
    />
  );
}

export function Outputs({ tx, marked }: { tx: Tx; marked: number | null }): JSX.Element {
  const [rows, setRows] = useState<readonly TxOutput[]>(tx.outputs);
  useEffect(() => setRows(tx.outputs), [tx]);
  const currency = useCurrency();
  const more = async (): Promise<void> => {
    const next = await get<Tx>(`/api/tx/${tx.txid}`, { inputs_from: tx.input_count, outputs_from: rows.length, currency });
    setRows([...rows, ...next.outputs]);
  };
  return (
    <DataTable
      name={`outputs-${tx.txid.slice(0, 16)}`}
      caption={t("explore.tx.outputs_caption")}
      rows={rows}
      rowKey={(row) => String(row.vout)}
      rowClass={(row) => (row.vout === marked ? "marked" : undefined)}
      total={tx.output_count}
      onMore={rows.length < tx.output_count ? more : undefined}
      pageSize={25}
      columns={[
        { id: "vout", title: t("explore.vout"), cell: (row) => row.vout, key: (row) => row.vout, numeric: true },
        { id: "value", title: t("explore.amount"), cell: (row) => <Amount sat={row.value_sat} fiat={row.fiat} />, key: (row) => BigInt(row.value_sat), text: (row) => formatBtc(row.value_sat), numeric: true },
        { id: "name", title: t("explore.address.title"), cell: (row) => <Paid of={row} />, key: (row) => row.name },
        { id: "type", title: t("explore.script_type"), cell: (row) => row.script_type, key: (row) => row.script_type, choices: true },
        { id: "whose", title: t("explore.whose"), cell: (row) => <Whose of={row} />, key: whoseText },
        { id: "spent", title: t("explore.spent_by"), cell: (row) => (row.spent_by === null ? (row.payload === null ? t(row.spend === "not_fetched" ? "explore.tx.spender_unknown" : "explore.tx.unspent") : t("explore.tx.unspendable")) : <TxLink txid={row.spent_by.split(":")[0] ?? ""} copy />), key: (row) => row.spent_by },
      ]}
    />
  );
}

function Paid({ of }: { of: TxOutput }): JSX.Element {
  if (of.payload !== null) {
    return (
      <span class="payload">
        <span>{t("explore.tx.payload", { bytes: of.payload.bytes })}</span>
        {of.payload.text !== null && <Inert text={of.payload.text} />}
        <Inert text={of.payload.hex} code />
      </span>
    );
  }
  return of.name === null ? <></> : <AddressLink address={of.name} copy />;
}

function stateText(input: TxInput): string {
  return input.state === "coinbase" ? t("explore.tx.coinbase") : t("explore.tx.not_fetched");
}

function whoseText(of: Party): string {
  return [of.service?.label, ...of.tags.map((tag) => tag.label)].filter((each, at, all) => each !== undefined && all.indexOf(each) === at).join("; ");
}
