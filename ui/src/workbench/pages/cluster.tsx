import "../styles/explore.css";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { formatBtc, formatCount } from "../../shared/money";
import { visible } from "../../shared/text";
import { get } from "../api";
import { Balance } from "../explore/Balance";
import { CanvasLink, Chips, Footing, OtherParty, ServiceChip, useCurrency } from "../explore/parts";
import { Totals } from "../explore/Totals";
import { named, Transactions } from "../explore/Transactions";
import { Why } from "../explore/WhyForm";
import type { ClusterAnswer, Counterparty, Member, Totals as Sums } from "../explore/types";
import { Loaded, useGet } from "../load";
import { Amount } from "../parts/Amount";
import { Basis } from "../parts/Basis";
import { CaseButton } from "../parts/CaseButton";
import { DataTable } from "../parts/DataTable";
import { AddressLink, Hash, TxLink } from "../parts/Hash";
import { Notice } from "../parts/Notice";
import { Facts, Page, Section } from "../parts/Page";
import { Tabs } from "../parts/Tabs";
import { Link, to, useRoute } from "../router";
import { t, tn } from "../texts";

export default function Cluster(): JSX.Element {
  const { params } = useRoute();
  const address = params["address"] ?? "";
  const path = `/api/cluster/${encodeURIComponent(address)}`;
  const asked = useGet<ClusterAnswer>(path, { currency: useCurrency() });
  const name = asked.data?.cluster ?? address;
  return (
    <Page
      title={name}
      heading={<>{t("explore.cluster_page.title")} <Hash text={name} full copy /></>}
      lead={t("explore.cluster_page.lead")}
      actions={
        <>
          <CanvasLink node={`cluster:${name}`} />
          <CaseButton item={{ kind: "cluster", name }} />
        </>
      }
    >
      <Loaded of={asked}>{(found) => <Shown of={found} path={path} />}</Loaded>
    </Page>
  );
}

function Shown({ of, path }: { of: ClusterAnswer; path: string }): JSX.Element {
  const [tab, setTab] = useState("transactions");
  const sums = of.summed && of.over_time !== undefined ? (of as ClusterAnswer & Sums) : null;
  const rules = Object.entries(of.links_by_rule ?? {});
  return (
    <>
      {of.asked !== of.cluster && (
        <Notice>
          {t("explore.cluster_page.asked")} <AddressLink address={of.asked} />.{" "}
          <Link to={to("/why", {}, { a: of.asked, b: of.cluster })}>{t("explore.why.ask")}</Link>
        </Notice>
      )}
      {of.conflicts.length > 0 && (
        <Notice kind="warning" title={t("explore.cluster_page.conflict")}>
          {of.conflicts.map((conflict, index) => (
            <p key={index} class="chips">
              <ServiceChip of={conflict.winner} /> {t("explore.cluster_page.against")}{" "}
              {conflict.others.map((other) => <ServiceChip key={other.tag_id} of={other} />)}
            </p>
          ))}
        </Notice>
      )}
      {sums !== null ? <Totals of={sums} net /> : (
        <Notice kind="warning">{t("explore.cluster_page.not_summed", { most: of.most_scripts })}</Notice>
      )}
      <Facts
        of={[
          { name: t("explore.cluster_page.size"), value: tn("explore.scripts", of.scripts) },
          { name: t("explore.basis"), value: <Basis of={of.basis} /> },
          {
            name: t("explore.cluster_page.held_by"),
            value: of.links_by_rule === null ? t("explore.unknown") : rules.length === 0 ? t("explore.none")
              : rules.map(([rule, count]) => `${rule}: ${tn("explore.links", count)}`).join("; "),
          },
          { name: t("explore.service"), value: of.service === null ? t("explore.none") : <ServiceChip of={of.service} /> },
          {
            name: t("explore.cluster_page.services"),
            value: of.services.length === 0 ? t("explore.none") : (
              <span class="chips">
                {of.services.map((service) => (
                  <span key={service.tag_id}><ServiceChip of={service} /> {tn("explore.scripts", service.scripts)}</span>
                ))}
              </span>
            ),
          },
          { name: t("explore.tags"), value: of.tags.length === 0 ? t("explore.none") : <Chips tags={of.tags.slice(0, 12)} count={of.tags.length} of={of.service?.actor ?? null} /> },
          ...(of.coinjoins === undefined ? [] : [{
            name: t("explore.cluster_page.coinjoins"),
            value: of.coinjoins.count === 0 ? t("explore.none") : (
              <span class="chips">
                {formatCount(of.coinjoins.count)}:
                {of.coinjoins.first.slice(0, 5).map((tx) => <span key={tx.txid}>{tx.type} <TxLink txid={tx.txid} /></span>)}
              </span>
            ),
          }]),
        ]}
      />
      {sums !== null && <Balance of={sums.over_time} name={of.cluster} until={sums.last_seen_utc} />}
      <Section title={t("explore.cluster_page.within")}>
        <Tabs
          label={t("explore.cluster_page.within")}
          open={tab}
          onOpen={setTab}
          tabs={[
            ...(sums === null ? [] : [{
              id: "transactions",
              title: t("explore.transactions"),
              content: () => <Transactions first={sums.transactions} total={sums.tx_count} path={`${path}/transactions`} name={of.cluster} />,
            }]),
            { id: "members", title: t("explore.members"), content: () => <Members of={of} path={path} /> },
            { id: "counterparties", title: t("explore.counterparties"), content: () => <Counterparties of={of} /> },
          ]}
        />
      </Section>
      <Section title={t("explore.why.title")} note={t("explore.why.lead")}>
        <Why a={of.cluster} b={of.asked === of.cluster ? (of.members[1]?.name ?? "") : of.asked} />
      </Section>
      <Footing of={of} />
    </>
  );
}

function Members({ of, path }: { of: ClusterAnswer; path: string }): JSX.Element {
  const [rows, setRows] = useState<readonly Member[]>(of.members);
  useEffect(() => setRows(of.members), [of]);
  const more = async (): Promise<void> => {
    const next = await get<{ members: Member[] }>(`${path}/members`, { offset: rows.length });
    setRows([...rows, ...next.members]);
  };
  return (
    <DataTable
      name={`members-${of.cluster.slice(0, 16)}`}
      caption={t("explore.members")}
      rows={rows}
      rowKey={(row) => row.name}
      total={of.scripts}
      onMore={rows.length < of.scripts ? more : undefined}
      pageSize={25}
      columns={[
        { id: "name", title: t("explore.address.title"), cell: (row) => <AddressLink address={row.name} copy />, key: (row) => row.name },
        { id: "type", title: t("explore.script_type"), cell: (row) => row.script_type, key: (row) => row.script_type, choices: true },
        { id: "received", title: t("explore.totals.received"), cell: (row) => <Amount sat={row.received_sat} bare />, key: (row) => BigInt(row.received_sat ?? 0), text: (row) => (row.received_sat === null ? null : formatBtc(row.received_sat)), numeric: true },
        { id: "receipts", title: t("explore.receipts_caption"), cell: (row) => row.receipt_count ?? "", key: (row) => row.receipt_count, numeric: true },
        { id: "tags", title: t("explore.tags"), cell: (row) => <Chips tags={row.tags} count={row.tag_count} of={row.name} />, key: (row) => row.tags.map((tag) => visible(tag.label)).join("; ") },
        { id: "why", title: t("explore.why.short"), cell: (row) => (row.name === of.cluster ? "" : <Link to={to("/why", {}, { a: of.cluster, b: row.name })}>{t("explore.why.short")}</Link>) },
      ]}
    />
  );
}

function Counterparties({ of }: { of: ClusterAnswer }): JSX.Element {
  const found = of.counterparties;
  if (found === undefined) return <p>{t("explore.unknown")}</p>;
  return (
    <>
      <p class="quiet">
        {found.complete ? t("explore.counter.all", { txs: found.txs }) : t("explore.counter.latest", { txs: found.txs })}{" "}
        {t("explore.counter.shared", { txs: found.shared.txs, btc: formatBtc(found.shared.value_sat) })}
        {found.mined.txs > 0 && <> {t("explore.counter.mined", { txs: found.mined.txs, btc: formatBtc(found.mined.value_sat) })}</>}
      </p>
      <div class="columns">
        <Section title={t("explore.counter.in", { count: found.in_count })}><Dealt name="payers" rows={found.in} of={of.cluster} /></Section>
        <Section title={t("explore.counter.out", { count: found.out_count })}><Dealt name="payees" rows={found.out} of={of.cluster} /></Section>
      </div>
    </>
  );
}

function Dealt({ name, rows, of }: { name: string; rows: readonly Counterparty[]; of: string }): JSX.Element {
  return (
    <DataTable
      name={`${name}-${of.slice(0, 16)}`}
      caption={name === "payers" ? t("explore.counter.payers") : t("explore.counter.payees")}
      rows={rows}
      rowKey={(row) => row.cluster}
      columns={[
        { id: "party", title: t("explore.tx.party"), cell: (row) => <OtherParty of={row} />, key: named },
        { id: "value", title: t("explore.amount"), cell: (row) => <Amount sat={row.value_sat} />, key: (row) => BigInt(row.value_sat), text: (row) => formatBtc(row.value_sat), numeric: true },
        { id: "txs", title: t("explore.totals.transactions"), cell: (row) => formatCount(row.txs), key: (row) => row.txs, numeric: true },
      ]}
    />
  );
}
