import "../styles/explore.css";
import type { JSX } from "preact";
import { visible } from "../../shared/text";
import { Footing } from "../explore/parts";
import type { Stamp, TagShown } from "../explore/types";
import { Loaded, useGet } from "../load";
import { Basis } from "../parts/Basis";
import { CaseButton } from "../parts/CaseButton";
import { DataTable } from "../parts/DataTable";
import { AddressLink, Hash } from "../parts/Hash";
import { Facts, Page, Section } from "../parts/Page";
import { Time } from "../parts/Time";
import { Link, to, useRoute } from "../router";
import { t, tn } from "../texts";

export default function Tag(): JSX.Element {
  const { params } = useRoute();
  const id = params["id"] ?? "";
  const asked = useGet<Stamp & { tags: TagShown[] }>(`/api/tags/${encodeURIComponent(id)}`);
  const only = asked.data?.tags.length === 1 ? asked.data.tags[0] : undefined;
  return (
    <Page
      title={only?.label ?? id}
      heading={<>{t("explore.tag_page.title")} <bdi>{visible(only?.label ?? id)}</bdi></>}
      lead={t("explore.tag_page.lead")}
      actions={only && <CaseButton item={{ kind: "tag", name: only.tag_id }} />}
    >
      <Loaded of={asked}>
        {(found) => (
          <>
            {found.tags.length > 1 && <p role="status">{tn("explore.tag_page.count", found.tags.length)}</p>}
            {found.tags.length > 20 ? <Many tags={found.tags} /> : found.tags.map((tag) => <One key={tag.tag_id} of={tag} alone={found.tags.length === 1} />)}
            <Footing of={found} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Many({ tags }: { tags: readonly TagShown[] }): JSX.Element {
  return (
    <DataTable
      name="tags"
      caption={t("explore.tags")}
      rows={tags}
      rowKey={(row) => row.tag_id}
      columns={[
        { id: "label", title: t("explore.tag_page.label"), cell: (row) => <Link to={to("/tag/:id", { id: row.tag_id })}><bdi>{visible(row.label)}</bdi></Link>, key: (row) => visible(row.label) },
        { id: "category", title: t("explore.service_page.category"), cell: (row) => visible(row.category ?? ""), key: (row) => row.category, choices: true },
        { id: "address", title: t("explore.address.title"), cell: (row) => <AddressLink address={row.address} copy />, key: (row) => row.address },
        { id: "source", title: t("explore.tag_page.source"), cell: (row) => <bdi>{visible(row.source)}</bdi>, key: (row) => visible(row.source) },
        { id: "state", title: t("explore.tag_page.state"), cell: (row) => stateText(row.state), key: (row) => stateText(row.state), choices: true },
      ]}
    />
  );
}

function One({ of, alone }: { of: TagShown; alone: boolean }): JSX.Element {
  const text = (value: string | null): JSX.Element | string => (value === null || value === "" ? t("explore.none") : <bdi>{visible(value)}</bdi>);
  return (
    <Section title={alone ? t("explore.tag_page.said") : <bdi>{visible(of.label)}</bdi>}>
      <Facts
        of={[
          { name: t("explore.tag_page.label"), value: text(of.label) },
          { name: t("explore.basis"), value: <Basis of="assertion" /> },
          { name: t("explore.tag_page.state"), value: stateText(of.state) },
          { name: t("explore.address.title"), value: of.in_chain ? <AddressLink address={of.address} copy /> : <><Hash text={of.address} copy /> {t("explore.tag_page.not_in_chain")}</> },
          { name: t("explore.service_page.category"), value: text(of.category) },
          { name: t("explore.service_page.actor"), value: of.actor === null ? t("explore.none") : <Link to={to("/service/:party", { party: of.actor })}><bdi>{visible(of.actor)}</bdi></Link> },
          { name: t("explore.tag_page.source"), value: text(of.source) },
          { name: t("explore.tag_page.creator"), value: text(of.creator) },
          { name: t("explore.tag_page.confidence"), value: text(of.confidence) },
          { name: t("explore.tag_page.definer"), value: of.is_cluster_definer === false ? t("explore.no") : t("explore.yes") },
          { name: t("explore.tag_page.lastmod"), value: text(of.lastmod) },
          { name: t("explore.tag_page.valid"), value: of.valid_from === null && of.valid_until === null ? t("explore.none") : `${of.valid_from ?? "…"} – ${of.valid_until ?? "…"}` },
          { name: t("explore.tag_page.abuse"), value: text(of.abuse) },
          { name: t("explore.tag_page.context"), value: text(of.context) },
          { name: t("explore.tag_page.derived"), value: text(of.derived_from) },
          { name: t("explore.tag_page.id"), value: <Hash text={of.tag_id} copy /> },
          { name: t("explore.tag_page.recorded"), value: of.records.map((record) => <div key={`${record.recorded_utc}${record.file}`}><Time utc={record.recorded_utc} /> <bdi>{visible(record.file)}</bdi></div>) },
        ]}
      />
      {of.changes.length > 0 && (
        <ul>
          {of.changes.map((change, index) => (
            <li key={index}>
              <Time utc={change.recorded_utc} /> {stateText(change.change)} · <bdi>{visible(change.by)}</bdi>: <bdi>{visible(change.reason)}</bdi>{" "}
              {change.replacement !== null && <Link to={to("/tag/:id", { id: change.replacement })}>{t("explore.tag_page.replacement")}</Link>}
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

function stateText(state: string): string {
  switch (state) {
    case "stands":
      return t("explore.tag_page.stands");
    case "retracted":
      return t("explore.tag_page.retracted");
    case "corrected":
      return t("explore.tag_page.corrected");
    case "reinstated":
      return t("explore.tag_page.reinstated");
    default:
      return visible(state);
  }
}
