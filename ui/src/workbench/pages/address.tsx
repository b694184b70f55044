import "../styles/explore.css";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { formatBtc } from "../../shared/money";
import { get } from "../api";
import { Balance } from "../explore/Balance";
import { CanvasLink, Chips, Footing, ServiceChip, TraceLink, useCurrency } from "../explore/parts";
import { Totals } from "../explore/Totals";
import { Transactions } from "../explore/Transactions";
import { Why } from "../explore/WhyForm";
import type { AddressAnswer, Fiat, Spend, Stamp } from "../explore/types";
import { Loaded, useGet } from "../load";
import { Amount } from "../parts/Amount";
import { CaseButton } from "../parts/CaseButton";
import { DataTable } from "../parts/DataTable";
import { BlockLink, ClusterLink, Hash, OutpointLink, TxLink } from "../parts/Hash";
import { Notice } from "../parts/Notice";
import { Facts, Page, Section } from "../parts/Page";
import { Tabs } from "../parts/Tabs";
import { Time } from "../parts/Time";
import { Link, to, useRoute } from "../router";
import { t, tn } from "../texts";
import type { Sat } from "../../shared/money";

export default function Address(): JSX.Element {
  const { params } = useRoute();
  const address = params["address"] ?? "";
  const path = `/api/address/${encodeURIComponent(address)}`;
  const asked = useGet<AddressAnswer>(path, { currency: useCurrency() });
  return (
    <Page
      title={address}
      heading={<>{t("explore.address.title")} <Hash text={address} full copy /></>}
      actions={
        <>
          <CanvasLink node={`address:${address}`} />
          <TraceLink seed={address} />
          <CaseButton item={{ kind: "address", name: address }} />
        </>
      }
    >
      <Loaded of={asked}>{(found) => <Shown of={found} asked={address} path={path} />}</Loaded>
    </Page>
  );
}

function Shown({ of, asked, path }: { of: AddressAnswer; asked: string; path: string }): JSX.Element {
  const [tab, setTab] = useState("transactions");
  const until = of.last_seen_utc;
  const alone = of.cluster_scripts === 1;
  return (
    <>
      {of.paid_as_key !== null && of.paid_as_key.length > 0 && (
        <Notice>
          {t("explore.address.paid_as_key")}{" "}
          {of.paid_as_key.map((key) => <Link key={key} to={to("/address/:address", { address: key })}><Hash text={key} /></Link>)}
        </Notice>
      )}
      <Totals of={of} />
      <Facts
        of={[
          { name: t("explore.script_type"), value: of.script_type },
          {
            name: t("explore.cluster"),
            value: alone || of.cluster === null ? t("explore.address.alone") : (
              <>
                <ClusterLink cluster={of.cluster} />{" "}
                {of.cluster_scripts !== null && <>({tn("explore.scripts", of.cluster_scripts)})</>}
              </>
            ),
          },
          { name: t("explore.service"), value: of.service === null ? t("explore.none") : <ServiceChip of={of.service} /> },
          { name: t("explore.tags"), value: of.tags.length === 0 ? t("explore.none") : <Chips tags={of.tags} count={of.tag_count} of={asked} /> },
          { name: t("explore.script"), value: <Hash text={of.script_pubkey} copy /> },
        ]}
      />
      <Balance of={of.over_time} name={asked} until={until} />
      <Section title={t("explore.flows")}>
        <Tabs
          label={t("explore.flows")}
          open={tab}
          onOpen={setTab}
          tabs={[
            {
              id: "transactions",
              title: t("explore.transactions"),
              content: () => <Transactions first={of.transactions} total={of.tx_count} path={`${path}/transactions`} name={asked} />,
            },
            { id: "outputs", title: t("explore.outputs"), content: () => <Outputs path={path} name={asked} /> },
          ]}
        />
      </Section>
      <Section title={t("explore.why.title")} note={t("explore.why.lead")}>
        <Why a={asked} b="" />
      </Section>
      <Footing of={of} />
    </>
  );
}

interface OutputsAnswer extends Stamp {
  receipt_count: number;
  spend_count: number;
  receipts: { txid: string; vout: number; value_sat: Sat; height: number; time_utc: string; spent_by: string | null; spend: Spend; fiat: Fiat }[];
  spends: { txid: string; vin: number; value_sat: Sat; height: number; time_utc: string; prevout: string; fiat: Fiat }[];
}

/** Receipts and spends, output by output. */
function Outputs({ path, name }: { path: string; name: string }): JSX.Element {
  const currency = useCurrency();
  const asked = useGet<OutputsAnswer>(`${path}/outputs`, { currency });
  const [more, setMore] = useState<OutputsAnswer[]>([]);
  return (
    <Loaded of={asked}>
      {(first) => {
        const pages = [first, ...more];
        const receipts = pages.flatMap((page) => page.receipts);
        const spends = pages.flatMap((page) => page.spends);
        const next = async (): Promise<void> => {
          const offset = Math.max(receipts.length, spends.length);
          setMore([...more, await get<OutputsAnswer>(`${path}/outputs`, { offset, currency })]);
        };
        return (
          <>
            <h3>{tn("explore.receipts", first.receipt_count)}</h3>
            <DataTable
              name={`receipts-${name.slice(0, 16)}`}
              caption={t("explore.receipts_caption")}
              rows={receipts}
              rowKey={(row) => `${row.txid}:${row.vout}`}
              total={first.receipt_count}
              onMore={receipts.length < first.receipt_count ? next : undefined}
              pageSize={25}
              columns={[
                { id: "time", title: t("explore.time_utc"), cell: (row) => <Time utc={row.time_utc} bare />, key: (row) => row.time_utc },
                { id: "height", title: t("explore.height"), cell: (row) => <BlockLink block={row.height} />, key: (row) => row.height, numeric: true },
                { id: "outpoint", title: t("explore.outpoint"), cell: (row) => <OutpointLink outpoint={`${row.txid}:${row.vout}`} copy />, key: (row) => `${row.txid}:${row.vout}` },
                { id: "value", title: t("explore.amount"), cell: (row) => <Amount sat={row.value_sat} fiat={row.fiat} />, key: (row) => BigInt(row.value_sat), text: (row) => formatBtc(row.value_sat), numeric: true },
                { id: "spent", title: t("explore.spent_by"), cell: (row) => (row.spent_by === null ? t(row.spend === "not_fetched" ? "explore.tx.spender_unknown" : "explore.tx.unspent") : <TxLink txid={row.spent_by} />), key: (row) => row.spent_by },
              ]}
            />
            <h3>{tn("explore.spends", first.spend_count)}</h3>
            <DataTable
              name={`spends-${name.slice(0, 16)}`}
              caption={t("explore.spends_caption")}
              rows={spends}
              rowKey={(row) => row.prevout}
              total={first.spend_count}
              onMore={spends.length < first.spend_count ? next : undefined}
              pageSize={25}
              columns={[
                { id: "time", title: t("explore.time_utc"), cell: (row) => <Time utc={row.time_utc} bare />, key: (row) => row.time_utc },
                { id: "height", title: t("explore.height"), cell: (row) => <BlockLink block={row.height} />, key: (row) => row.height, numeric: true },
                { id: "txid", title: t("explore.txid"), cell: (row) => <TxLink txid={row.txid} copy />, key: (row) => row.txid },
                { id: "value", title: t("explore.amount"), cell: (row) => <Amount sat={row.value_sat} fiat={row.fiat} />, key: (row) => BigInt(row.value_sat), text: (row) => formatBtc(row.value_sat), numeric: true },
                { id: "prevout", title: t("explore.prevout"), cell: (row) => <OutpointLink outpoint={row.prevout} />, key: (row) => row.prevout },
              ]}
            />
          </>
        );
      }}
    </Loaded>
  );
}
