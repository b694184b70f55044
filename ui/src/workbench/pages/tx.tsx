import "../styles/explore.css";
import type { JSX } from "preact";
import { formatCount } from "../../shared/money";
import { Bowtie } from "../explore/Bowtie";
import { Inputs, Outputs } from "../explore/Ends";
import { CanvasLink, Footing, TraceLink, useCurrency } from "../explore/parts";
import { ProofTab } from "../explore/ProofTab";
import { Change, CoinJoinSaid } from "../explore/Verdicts";
import type { Tx as Answer } from "../explore/types";
import { Loaded, useGet } from "../load";
import { Amount } from "../parts/Amount";
import { CaseButton } from "../parts/CaseButton";
import { BlockLink, Hash } from "../parts/Hash";
import { Notice } from "../parts/Notice";
import { Facts, Page, Section } from "../parts/Page";
import { Tabs } from "../parts/Tabs";
import { Time } from "../parts/Time";
import { navigate, to, useRoute } from "../router";
import { t, tn, tOr } from "../texts";

export default function Tx(): JSX.Element {
  const { params } = useRoute();
  const txid = params["txid"] ?? "";
  const asked = useGet<Answer>(`/api/tx/${encodeURIComponent(txid)}`, { currency: useCurrency() });
  return (
    <Page
      title={txid}
      heading={<>{t("explore.tx.title")} <Hash text={txid} full copy /></>}
      actions={
        <>
          <CanvasLink node={`tx:${txid}`} />
          <TraceLink seed={txid} />
          <CaseButton item={{ kind: "tx", name: txid }} />
        </>
      }
    >
      <Loaded of={asked}>{(tx) => <Shown tx={tx} />}</Loaded>
    </Page>
  );
}

function Shown({ tx }: { tx: Answer }): JSX.Element {
  const { query } = useRoute();
  const vout = query.get("vout");
  const marked = vout !== null && /^\d{1,9}$/.test(vout) ? Number(vout) : null;
  const open = query.get("tab") ?? (marked === null ? "inputs" : "outputs");
  return (
    <>
      {tx.coinjoin !== null && tx.coinjoin.held === "coinjoin" && (
        <Notice kind="warning" title={tOr(`report.measured.${tx.coinjoin.type}`, tx.coinjoin.type)}>
          {t("explore.coinjoin.notice", { count: tx.coinjoin.participants_at_least })}
        </Notice>
      )}
      {tx.also_at_heights.length > 0 && (
        <Notice kind="warning">{t("explore.tx.twin", { heights: tx.also_at_heights.join(", ") })}</Notice>
      )}
      <Facts
        of={[
          { name: t("explore.time"), value: <Time utc={tx.time_utc} /> },
          { name: t("explore.block.title"), value: <><BlockLink block={tx.height} /> · {tn("explore.confirmations", tx.confirmations)}</> },
          { name: t("explore.tx.in_all"), value: <Amount sat={tx.output_sat} fiat={tx.output_fiat} copy /> },
          {
            name: t("explore.tx.fee"),
            value: tx.is_coinbase ? t("explore.tx.mints") : (
              <>
                <Amount sat={tx.fee_sat} fiat={tx.fee_fiat} />
                {tx.fee_rate_sat_vb !== null && <span class="quiet"> · {t("explore.tx.rate", { rate: tx.fee_rate_sat_vb })}</span>}
              </>
            ),
          },
          { name: t("explore.tx.size"), value: t("explore.tx.size_of", { bytes: tx.size_bytes, virtual: tx.virtual_bytes, weight: tx.weight }) },
          { name: t("explore.tx.version"), value: `${tx.version} / ${formatCount(tx.locktime)}` },
        ]}
      />
      <Bowtie tx={tx} />
      <Section title={t("explore.tx.in_detail")}>
        <Tabs
          label={t("explore.tx.in_detail")}
          open={open}
          onOpen={(tab) => navigate(to("/tx/:txid", { txid: tx.txid }, { vout, tab }), { replace: true })}
          tabs={[
            { id: "inputs", title: tn("explore.tx.inputs", tx.input_count), content: () => <Inputs tx={tx} /> },
            { id: "outputs", title: tn("explore.tx.outputs", tx.output_count), content: () => <Outputs tx={tx} marked={marked} /> },
            { id: "change", title: t("explore.change.title"), content: () => <Change tx={tx} /> },
            { id: "coinjoin", title: t("explore.coinjoin.word"), content: () => <CoinJoinSaid of={tx.coinjoin} /> },
            { id: "proof", title: t("explore.proof.title"), content: () => <ProofTab txid={tx.txid} /> },
          ]}
        />
      </Section>
      <Footing of={tx} />
    </>
  );
}
