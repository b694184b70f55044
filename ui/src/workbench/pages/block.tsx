import "../styles/explore.css";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { formatBtc, formatCount } from "../../shared/money";
import { visible } from "../../shared/text";
import { get } from "../api";
import { Footing, Inert, OtherParty, useCurrency } from "../explore/parts";
import { named } from "../explore/Transactions";
import type { BlockAnswer, BlockTx } from "../explore/types";
import { Loaded, useGet } from "../load";
import { Amount } from "../parts/Amount";
import { Basis } from "../parts/Basis";
import { CaseButton } from "../parts/CaseButton";
import { DataTable } from "../parts/DataTable";
import { Hash, TxLink } from "../parts/Hash";
import { Facts, Page, Section } from "../parts/Page";
import { Time } from "../parts/Time";
import { Link, to, useRoute } from "../router";
import { t, tn } from "../texts";

export default function Block(): JSX.Element {
  const { params } = useRoute();
  const block = params["block"] ?? "";
  const path = `/api/block/${encodeURIComponent(block)}`;
  const asked = useGet<BlockAnswer>(path, { currency: useCurrency() });
  const height = asked.data?.height;
  const title = height === undefined ? block : formatCount(height);
  return (
    <Page
      title={`${t("explore.block.title")} ${title}`}
      actions={
        <>
          {height !== undefined && height > 0 && (
            <Link class="button" to={to("/block/:block", { block: String(height - 1) })}>← {t("explore.block.previous")}</Link>
          )}
          {asked.data?.next_height != null && (
            <Link class="button" to={to("/block/:block", { block: String(asked.data.next_height) })}>{t("explore.block.next")} →</Link>
          )}
          <CaseButton item={{ kind: "block", name: asked.data?.hash ?? block }} />
        </>
      }
    >
      <Loaded of={asked}>{(found) => <Shown of={found} path={path} />}</Loaded>
    </Page>
  );
}

function Shown({ of, path }: { of: BlockAnswer; path: string }): JSX.Element {
  return (
    <>
      <Facts
        of={[
          { name: t("explore.block.hash"), value: <Hash text={of.hash} full copy /> },
          { name: t("explore.time"), value: <><Time utc={of.time_utc} /> · {tn("explore.confirmations", of.confirmations)}</> },
          { name: t("explore.totals.transactions"), value: formatCount(of.tx_count) },
          { name: t("explore.block.subsidy"), value: <Amount sat={of.subsidy_sat} /> },
          { name: t("explore.block.size"), value: t("explore.block.bytes", { bytes: of.size_bytes }) },
          { name: t("explore.block.merkle_root"), value: <Hash text={of.merkle_root} copy /> },
          { name: t("explore.block.bits"), value: `${of.bits} / ${formatCount(of.nonce)} / ${of.version}` },
          { name: t("explore.proof.header"), value: <Hash text={of.header} copy /> },
        ]}
      />
      <Section title={t("explore.block.coinbase")} note={t("explore.block.coinbase_lead")}>
        {of.coinbase === null ? <p>{t("explore.block.no_file")}</p> : (
          <Facts
            of={[
              { name: t("explore.block.texts"), value: of.coinbase.texts.length === 0 ? t("explore.none") : of.coinbase.texts.map((text) => <Inert key={text} text={text} code />) },
              { name: t("explore.block.pools"), value: of.coinbase.pools.length === 0 ? t("explore.none") : <>{of.coinbase.pools.map(visible).join(", ")} <Basis of="assertion" /></> },
              { name: t("explore.script"), value: <Hash text={of.coinbase.script} copy /> },
            ]}
          />
        )}
      </Section>
      <Section title={t("explore.transactions")}><List of={of} path={path} /></Section>
      <Footing of={of} />
    </>
  );
}

function List({ of, path }: { of: BlockAnswer; path: string }): JSX.Element {
  const [rows, setRows] = useState<readonly BlockTx[]>(of.transactions);
  useEffect(() => setRows(of.transactions), [of]);
  const currency = useCurrency();
  const more = async (): Promise<void> => {
    const next = await get<BlockAnswer>(path, { offset: rows.length, limit: 200, currency });
    setRows([...rows, ...next.transactions]);
  };
  return (
    <DataTable
      name={`block-${of.height}`}
      caption={t("explore.transactions")}
      rows={rows}
      rowKey={(row) => row.txid}
      total={of.tx_count}
      onMore={rows.length < of.tx_count ? more : undefined}
      columns={[
        { id: "index", title: t("explore.block.index"), cell: (row) => row.tx_index, key: (row) => row.tx_index, numeric: true },
        { id: "txid", title: t("explore.txid"), cell: (row) => <TxLink txid={row.txid} copy />, key: (row) => row.txid },
        { id: "payer", title: t("explore.block.payer"), cell: (row) => (row.payer === null ? t("explore.tx.coinbase") : <OtherParty of={row.payer} />), key: (row) => (row.payer === null ? "" : named(row.payer)) },
        { id: "inputs", title: t("explore.tx.inputs_caption"), cell: (row) => formatCount(row.input_count), key: (row) => row.input_count, numeric: true },
        { id: "outputs", title: t("explore.tx.outputs_caption"), cell: (row) => formatCount(row.output_count), key: (row) => row.output_count, numeric: true },
        { id: "value", title: t("explore.amount"), cell: (row) => <Amount sat={row.output_sat} fiat={row.fiat} />, key: (row) => BigInt(row.output_sat), text: (row) => formatBtc(row.output_sat), numeric: true },
        { id: "fee", title: t("explore.tx.fee"), cell: (row) => <Amount sat={row.fee_sat} bare />, key: (row) => BigInt(row.fee_sat ?? 0), text: (row) => (row.fee_sat === null ? null : formatBtc(row.fee_sat)), numeric: true },
        { id: "coinjoin", title: t("explore.coinjoin.word"), cell: (row) => (row.coinjoin ? t("explore.yes") : ""), key: (row) => (row.coinjoin ? t("explore.yes") : ""), choices: true },
      ]}
    />
  );
}
