import { formatCount } from "../../shared/money";
import { visible } from "../../shared/text";
import { Loaded, useGet } from "../load";
import { Button } from "../parts/Button";
import { DataTable, type Column } from "../parts/DataTable";
import { BlockLink, Hash } from "../parts/Hash";
import { Facts, Page, Section } from "../parts/Page";
import { refreshStatus, status } from "../status";
import { useStore } from "../store";
import { t, tOr } from "../texts";

interface Run {
  run_id: string;
  stage: string;
  tip_height: number;
  tables: Record<string, number>;
}

interface StoreStatus {
  network: string;
  tip_height: number;
  tip_hash: string;
  schema_version: number;
  generation: number;
  counts: Record<string, number>;
  chainwork: string;
  store_bytes: number;
  runs: Run[];
}

/** The store: its chain, how much is in it, and what was made of it. */
export default function Status() {
  const asked = useGet<StoreStatus>("/api/chain/status");
  const known = useStore(status);
  const again = (): void => {
    asked.reload();
    void refreshStatus();
  };
  return (
    <Page
      title={t("shell.status.title")}
      lead={t("shell.status.lead")}
      actions={<Button icon="reload" onClick={again}>{t("shell.status.again")}</Button>}
    >
      <Loaded of={asked}>
        {(store) => (
          <>
            <Facts
              of={[
                { name: t("shell.status.network"), value: store.network },
                { name: t("shell.status.tip"), value: <BlockLink block={store.tip_height} /> },
                { name: t("shell.status.hash"), value: <Hash text={store.tip_hash} full copy /> },
                { name: t("shell.status.work"), value: <Hash text={store.chainwork} full copy /> },
                { name: t("shell.status.store"), value: <bdi class="code">{visible(known?.store ?? "")}</bdi> },
                { name: t("shell.status.size"), value: bytesText(store.store_bytes) },
                { name: t("shell.status.currencies"), value: known?.currencies.join(", ") || t("shell.status.none") },
                { name: t("shell.status.cases"), value: formatCount(known?.cases.length ?? 0) },
                { name: t("shell.status.schema"), value: String(store.schema_version) },
                { name: t("shell.status.version"), value: known?.version ?? "" },
              ]}
            />
            <Section title={t("shell.status.counts")}>
              <Facts
                of={Object.entries(store.counts).map(([table, count]) => ({
                  name: tOr(`shell.table_name.${table}`, table),
                  value: formatCount(count),
                }))}
              />
            </Section>
            <Section title={t("shell.status.runs")} note={t("shell.status.runs_note")}>
              <DataTable
                name="runs"
                caption={t("shell.status.runs")}
                columns={runColumns()}
                rows={store.runs}
                rowKey={(run) => run.run_id}
                empty={t("shell.status.no_runs")}
              />
            </Section>
          </>
        )}
      </Loaded>
    </Page>
  );
}

function runColumns(): Column<Run>[] {
  return [
    { id: "stage", title: t("shell.status.stage"), cell: (run) => run.stage, key: (run) => run.stage },
    { id: "run", title: t("shell.status.run"), cell: (run) => <span class="code">{run.run_id}</span>, key: (run) => run.run_id },
    {
      id: "tip",
      title: t("shell.status.up_to"),
      // Tags and rates are of no height.
      cell: (run) => (run.tip_height < 0 ? t("shell.status.any") : <BlockLink block={run.tip_height} />),
      key: (run) => run.tip_height,
      numeric: true,
    },
    {
      id: "tables",
      title: t("shell.status.made"),
      cell: (run) => madeText(run),
      text: (run) => madeText(run),
    },
  ];
}

function madeText(run: Run): string {
  return Object.entries(run.tables)
    .map(([table, rows]) => `${tOr(`shell.table_name.${table}`, table)}: ${formatCount(rows)}`)
    .join(", ");
}

/** "3,457,733 bytes (3.3 MiB)" */
function bytesText(bytes: number): string {
  const exact = t("shell.status.bytes", { count: bytes });
  const units = ["KiB", "MiB", "GiB", "TiB"];
  let size = bytes;
  let unit = "";
  for (const next of units) {
    if (size < 1024) break;
    size /= 1024;
    unit = next;
  }
  return unit === "" ? exact : `${exact} (${size.toFixed(1)} ${unit})`;
}
