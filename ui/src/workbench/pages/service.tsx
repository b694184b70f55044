import "../styles/explore.css";
import type { JSX } from "preact";
import { visible } from "../../shared/text";
import { CanvasLink, Footing } from "../explore/parts";
import type { EntityShown, ServiceAnswer } from "../explore/types";
import { Loaded, useGet } from "../load";
import { Basis } from "../parts/Basis";
import { CaseButton } from "../parts/CaseButton";
import { DataTable } from "../parts/DataTable";
import { AddressLink, ClusterLink, TxLink } from "../parts/Hash";
import { Facts, Page, Section } from "../parts/Page";
import { Link, to, useRoute } from "../router";
import { t, tn } from "../texts";

export default function Service(): JSX.Element {
  const { params } = useRoute();
  const party = params["party"] ?? "";
  const asked = useGet<ServiceAnswer>(`/api/service/${encodeURIComponent(party)}`);
  const label = asked.data?.entities[0]?.label ?? party;
  return (
    <Page
      title={label}
      heading={<>{t("explore.service")} <bdi>{visible(label)}</bdi></>}
      lead={t("explore.service_page.lead")}
      actions={
        <>
          <Link class="button" to="/services">{t("explore.service_page.all")}</Link>
          <CaseButton item={{ kind: "service", name: party }} />
        </>
      }
    >
      <Loaded of={asked}>
        {(found) => (
          <>
            {found.actors.map((actor) => (
              <Section key={actor.actor} title={t("explore.service_page.actor")}>
                <Facts
                  of={[
                    { name: t("explore.service_page.name"), value: <bdi>{visible(actor.label)}</bdi> },
                    { name: t("explore.service_page.jurisdictions"), value: list(actor.jurisdictions) },
                    { name: t("explore.service_page.categories"), value: list(actor.categories) },
                    { name: t("explore.service_page.aliases"), value: list(actor.aliases) },
                    { name: t("explore.service_page.uri"), value: actor.uri === null ? t("explore.none") : <bdi>{visible(actor.uri)}</bdi> },
                    { name: t("explore.tag_page.source"), value: actor.source === null ? t("explore.none") : <bdi>{visible(actor.source)}</bdi> },
                    { name: t("explore.tags"), value: <Link to={to("/tag/:id", { id: actor.actor })}>{t("explore.service_page.its_tags")}</Link> },
                  ]}
                />
              </Section>
            ))}
            {found.entities.map((entity) => <Held key={`${entity.scope}${entity.cluster}${entity.address ?? ""}`} of={entity} />)}
            <Footing of={found} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Held({ of }: { of: EntityShown }): JSX.Element {
  const anchor = of.address ?? of.cluster;
  return (
    <Section
      title={of.scope === "cluster" ? <>{t("explore.cluster")} <ClusterLink cluster={of.cluster} copy /></> : <>{t("explore.address.title")} <AddressLink address={anchor} copy /></>}
      actions={<CanvasLink node={of.scope === "cluster" ? `cluster:${of.cluster}` : `address:${anchor}`} />}
    >
      <Facts
        of={[
          { name: t("explore.service_page.category"), value: visible(of.category ?? "") },
          { name: t("explore.cluster_page.size"), value: tn("explore.scripts", of.scripts) },
          { name: t("explore.basis"), value: <><Basis of="assertion" />{of.scope === "cluster" && of.scripts > 1 && <Basis of="inference" />}</> },
          { name: t("explore.service_page.contested"), value: of.contested ? t("explore.yes") : t("explore.no") },
        ]}
      />
      <h3>{tn("explore.service_page.anchors", of.anchors_in_all)}</h3>
      <DataTable
        name={`anchors-${of.party}`}
        caption={t("explore.service_page.anchors_caption")}
        rows={of.anchors}
        rowKey={(row) => row.tag_id}
        total={of.anchors_in_all}
        pageSize={10}
        columns={[
          { id: "address", title: t("explore.address.title"), cell: (row) => <AddressLink address={row.address} copy />, key: (row) => row.address },
          { id: "label", title: t("explore.tag_page.label"), cell: (row) => <Link to={to("/tag/:id", { id: row.tag_id })}><bdi>{visible(row.label)}</bdi></Link>, key: (row) => visible(row.label) },
          { id: "source", title: t("explore.tag_page.source"), cell: (row) => <bdi>{visible(row.source)}</bdi>, key: (row) => visible(row.source) },
          { id: "confidence", title: t("explore.tag_page.confidence"), cell: (row) => visible(row.confidence ?? ""), key: (row) => row.confidence },
          { id: "lastmod", title: t("explore.tag_page.lastmod"), cell: (row) => row.lastmod ?? "", key: (row) => row.lastmod },
        ]}
      />
      {of.links.length > 0 && (
        <>
          <h3>{t("explore.service_page.joined")}</h3>
          <DataTable
            name={`joined-${of.party}`}
            caption={t("explore.service_page.joined")}
            rows={of.links}
            rowKey={(row) => `${row.txid}${row.address_a ?? ""}${row.address_b ?? ""}`}
            pageSize={10}
            columns={[
              { id: "a", title: t("explore.why.first"), cell: (row) => (row.address_a === null ? "" : <AddressLink address={row.address_a} />), key: (row) => row.address_a },
              { id: "txid", title: t("explore.txid"), cell: (row) => <TxLink txid={row.txid} copy />, key: (row) => row.txid },
              { id: "rule", title: t("explore.rule"), cell: (row) => row.rule, key: (row) => row.rule },
              { id: "b", title: t("explore.why.second"), cell: (row) => (row.address_b === null ? "" : <AddressLink address={row.address_b} />), key: (row) => row.address_b },
            ]}
          />
        </>
      )}
    </Section>
  );
}

function list(words: readonly string[] | null): string {
  return words === null || words.length === 0 ? t("explore.none") : words.map(visible).join(", ");
}
