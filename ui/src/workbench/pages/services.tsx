import "../styles/explore.css";
import type { JSX } from "preact";
import { visible } from "../../shared/text";
import { Footing } from "../explore/parts";
import type { Entity, Stamp } from "../explore/types";
import { Loaded, useGet } from "../load";
import { DataTable } from "../parts/DataTable";
import { ClusterLink, ServiceLink } from "../parts/Hash";
import { Page } from "../parts/Page";
import { t } from "../texts";

export default function Services(): JSX.Element {
  const asked = useGet<Stamp & { services: Entity[] }>("/api/services");
  return (
    <Page title={t("explore.services.title")} lead={t("explore.services.lead")}>
      <Loaded of={asked}>
        {(found) => (
          <>
            <DataTable
              name="services"
              caption={t("explore.services.title")}
              rows={found.services}
              rowKey={(row) => `${row.scope}${row.cluster}${row.address ?? ""}`}
              empty={t("explore.services.empty")}
              columns={[
                { id: "label", title: t("explore.service"), cell: (row) => <ServiceLink party={row.party} label={row.label} />, key: (row) => visible(row.label) },
                { id: "category", title: t("explore.service_page.category"), cell: (row) => visible(row.category ?? ""), key: (row) => row.category, choices: true },
                { id: "laws", title: t("explore.service_page.jurisdictions"), cell: (row) => row.jurisdictions.map(visible).join(", "), key: (row) => row.jurisdictions.join(", ") },
                { id: "scope", title: t("explore.services.scope"), cell: scopeText, key: scopeText, choices: true },
                { id: "cluster", title: t("explore.cluster"), cell: (row) => <ClusterLink cluster={row.cluster} copy />, key: (row) => row.cluster },
                { id: "scripts", title: t("explore.services.scripts"), cell: (row) => row.scripts, key: (row) => row.scripts, numeric: true },
                { id: "tags", title: t("explore.tags"), cell: (row) => row.tags, key: (row) => row.tags, numeric: true },
                { id: "contested", title: t("explore.service_page.contested"), cell: (row) => (row.contested ? t("explore.yes") : t("explore.no")), key: (row) => (row.contested ? t("explore.yes") : t("explore.no")), choices: true },
              ]}
            />
            <Footing of={found} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function scopeText(row: Entity): string {
  return row.scope === "cluster" ? t("explore.cluster") : t("explore.address.title");
}
