import "../styles/explore.css";
import type { JSX } from "preact";
import { formatBtc } from "../../shared/money";
import { visible } from "../../shared/text";
import { CanvasLink, Footing, MeasuredError, ServiceChip, share } from "../explore/parts";
import { Why as WhyForm } from "../explore/WhyForm";
import type { CutTx, WhyAnswer, WhyLink } from "../explore/types";
import { Loaded, useGet } from "../load";
import { Basis } from "../parts/Basis";
import { CaseButton } from "../parts/CaseButton";
import { DataTable } from "../parts/DataTable";
import { AddressLink, BlockLink, TxLink } from "../parts/Hash";
import { Notice } from "../parts/Notice";
import { Facts, Page, Section } from "../parts/Page";
import { Time } from "../parts/Time";
import { useRoute } from "../router";
import { t, tn } from "../texts";

export default function Why(): JSX.Element {
  const { query } = useRoute();
  const [a, b] = [query.get("a") ?? "", query.get("b") ?? ""];
  const asked = useGet<WhyAnswer>(a === "" || b === "" ? null : "/api/why", { a, b });
  return (
    <Page
      title={t("explore.why.title")}
      lead={t("explore.why.lead")}
      actions={asked.data && <><CanvasLink node={`address:${a}`} /><CaseButton item={{ kind: "other", name: `${a} ${b}` }} /></>}
    >
      <WhyForm key={`${a} ${b}`} a={a} b={b} />
      <Loaded of={asked}>{(found) => <Shown of={found} />}</Loaded>
    </Page>
  );
}

function Shown({ of }: { of: WhyAnswer }): JSX.Element {
  return (
    <>
      {of.joined ? (
        <Notice kind="ok" title={t("explore.why.joined")}>
          {of.links.length === 0 ? t("explore.why.same") : tn("explore.why.by_links", of.links.length)} <Basis of="inference" />
        </Notice>
      ) : (
        <Notice kind="info" title={t("explore.why.not_joined")}>{t("explore.why.not_joined_text")}</Notice>
      )}
      {of.links.length > 0 && <Chain of={of} />}
      {of.joint_truth !== null && <Truth of={of.joint_truth} />}
      {of.weakest_cut !== null && <Cut of={of} cut={of.weakest_cut} />}
      {of.nearest !== null && <Nearest of={of} nearest={of.nearest} />}
      {of.superclusters !== null && of.superclusters.length > 0 && (
        <Notice kind="warning" title={t("explore.why.super")}>
          {of.superclusters.map((one) => (
            <p key={one.address}>
              <AddressLink address={one.address} /> {tn("explore.scripts", one.scripts)} {one.services.map(visible).join(", ")}
            </p>
          ))}
        </Notice>
      )}
      <Footing of={of} />
    </>
  );
}

/** A, a transaction, an address, a transaction … B. */
function Chain({ of }: { of: WhyAnswer }): JSX.Element {
  return (
    <Section title={t("explore.why.chain")}>
      <ol class="chain">
        <li class="chain-party">
          <AddressLink address={of.a} copy /> {of.service_a !== null && <ServiceChip of={of.service_a} />}
        </li>
        {of.links.map((link, index) => {
          const last = index === of.links.length - 1;
          const next = last ? of.b : far(of, index);
          return [
            <li key={`t${index}`} class="chain-tx"><Step of={link} place={of.places[link.txid]} weakest={of.joint_truth?.weakest_link === link.txid} /></li>,
            <li key={`p${index}`} class="chain-party">
              <AddressLink address={next} copy /> {last && of.service_b !== null && <ServiceChip of={of.service_b} />}
            </li>,
          ];
        })}
      </ol>
    </Section>
  );
}

/** The address that a link leads to, from the one that the link before led to. */
function far(of: WhyAnswer, index: number): string {
  let at = of.a;
  for (const link of of.links.slice(0, index + 1)) at = link.script_a === at ? link.script_b : link.script_a;
  return at;
}

function Step({ of, place, weakest }: { of: WhyLink; place: { height: number; time_utc: string } | undefined; weakest: boolean }): JSX.Element {
  return (
    <div class="step">
      <div>
        <TxLink txid={of.txid} copy /> <Basis of="inference" rule={of.rule} />{" "}
        {weakest && <span class="chip">{t("explore.why.weakest")}</span>}
      </div>
      {place !== undefined && <div class="quiet"><Time utc={place.time_utc} /> · {t("explore.block.title")} <BlockLink block={place.height} /></div>}
      <div>{t("explore.why.right")} <MeasuredError of={of.measured} /></div>
      {of.shape !== null && <div class="quiet">{t("explore.why.looks")} {of.shape.type}: {of.shape.reasons.map(visible).join("; ")}</div>}
      {of.may_be_payjoin && <div class="quiet">{t("explore.why.payjoin")}</div>}
    </div>
  );
}

function Truth({ of }: { of: NonNullable<WhyAnswer["joint_truth"]> }): JSX.Element {
  const told = (value: number | null): string => (value === null ? t("explore.unknown") : share(value, false));
  return (
    <Section title={t("explore.why.truth")} note={t("explore.why.truth_lead")}>
      <Facts
        of={[
          { name: t("explore.why.at_least"), value: told(of.at_least) },
          { name: t("explore.why.at_least_low"), value: told(of.at_least_low) },
          { name: t("explore.why.weakest"), value: of.weakest_link === null ? t("explore.none") : <TxLink txid={of.weakest_link} copy /> },
        ]}
      />
    </Section>
  );
}

function Cut({ of, cut }: { of: WhyAnswer; cut: NonNullable<WhyAnswer["weakest_cut"]> }): JSX.Element {
  return (
    <Section title={t("explore.why.cut")} note={t("explore.why.cut_lead")}>
      {cut.size === null ? <p>{t("explore.why.cut_more", { count: cut.more_than ?? 0 })}</p> : (
        <>
          <p>
            {tn("explore.why.cut_size", cut.size)} {cut.only === true && t("explore.why.cut_only")}{" "}
            {t("explore.why.cut_sides", { a: tn("explore.scripts", cut.scripts_a ?? 0), b: tn("explore.scripts", cut.scripts_b ?? 0) })}
          </p>
          <DataTable
            name="weakest-cut"
            caption={t("explore.why.cut")}
            plain
            rows={cut.transactions}
            rowKey={(row: CutTx) => row.txid}
            columns={[
              { id: "txid", title: t("explore.txid"), cell: (row) => <TxLink txid={row.txid} copy />, key: (row) => row.txid },
              { id: "time", title: t("explore.time_utc"), cell: (row) => <Time utc={of.places[row.txid]?.time_utc} bare />, key: (row) => of.places[row.txid]?.time_utc ?? null },
              { id: "a", title: t("explore.why.on_side_a"), cell: (row) => row.scripts_a, key: (row) => row.scripts_a, numeric: true },
              { id: "b", title: t("explore.why.on_side_b"), cell: (row) => row.scripts_b, key: (row) => row.scripts_b, numeric: true },
              { id: "shape", title: t("explore.why.looks"), cell: (row) => (row.shape === null ? "" : row.shape.type), key: (row) => row.shape?.type ?? null },
            ]}
          />
        </>
      )}
    </Section>
  );
}

function Nearest({ of, nearest }: { of: WhyAnswer; nearest: NonNullable<WhyAnswer["nearest"]> }): JSX.Element {
  const { payments } = nearest;
  const paid = (title: string, one: typeof payments.a_to_b): { name: string; value: JSX.Element } => ({
    name: title,
    value: (
      <span class="chips">
        {tn("explore.why.payments", one.count)} · {formatBtc(one.value_sat)} BTC
        {one.first.map((txid) => <TxLink key={txid} txid={txid} />)}
      </span>
    ),
  });
  return (
    <>
      <Section title={t("explore.why.nearest")} note={t("explore.why.nearest_lead")}>
        {nearest.left_out === null ? <p>{t("explore.why.nearest_none")}</p> : (
          <ol class="chain">
            {nearest.left_out.map((row) => (
              <li key={row.txid} class="chain-tx chain-left-out">
                <AddressLink address={row.script_a} /> – <TxLink txid={row.txid} copy /> – <AddressLink address={row.script_b} />{" "}
                <span class="chip">{visible(row.reason)}</span> {row.evidence.map(visible).join("; ")}
              </li>
            ))}
          </ol>
        )}
        {!nearest.left_out_complete && <p class="quiet">{t("explore.why.not_complete")}</p>}
      </Section>
      <Section title={t("explore.why.between")} note={t("explore.why.between_lead")}>
        <Facts
          of={[
            paid(t("explore.why.a_to_b"), payments.a_to_b),
            paid(t("explore.why.b_to_a"), payments.b_to_a),
            {
              name: t("explore.why.shared"),
              value: (
                <span class="chips">
                  {payments.shared_counterparties.count}
                  {payments.shared_counterparties.first.map((name) => <AddressLink key={name} address={name} />)}
                </span>
              ),
            },
          ]}
        />
        {!payments.complete && <p class="quiet">{t("explore.why.not_complete")}</p>}
        <p class="quiet"><AddressLink address={of.a} /> · <AddressLink address={of.b} /></p>
      </Section>
    </>
  );
}
