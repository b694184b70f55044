import type { JSX } from "preact";
import { visible } from "../../shared/text";
import { Button } from "../parts/Button";
import { DataTable, type Column } from "../parts/DataTable";
import { Icon } from "../parts/Icon";
import { Notice } from "../parts/Notice";
import { Link, to } from "../router";
import { t, tOr } from "../texts";
import { api } from "./address";
import type { Replayed } from "./types";
import { useWork } from "./useWork";
import { WorkBox } from "./WorkBox";

type Row = Replayed["entries"][number];
const GOOD = ["same", "recorded", "erased"];

/** Derives every result of the case again and says entry by entry whether it is the same. */
export function ReplayPart({ name }: { name: string }): JSX.Element {
  const work = useWork<Replayed>();
  const columns: Column<Row>[] = [
    {
      id: "entry",
      title: t("case.col.entry"),
      cell: (row) => <Link to={to("/case/:case/journal", { case: name }, { entry: String(row.entry) })}>#{row.entry}</Link>,
      key: (row) => row.entry,
      numeric: true,
    },
    { id: "kind", title: t("case.col.kind"), cell: (row) => tOr(`case.kind.${row.kind}`, row.kind), key: (row) => row.kind, choices: true },
    {
      id: "result",
      title: t("case.replay.result"),
      cell: (row) => (
        <span class={agrees(row) ? undefined : "bad"}>
          <Icon name={agrees(row) ? "ok" : "error"} /> {resultName(row)}
        </span>
      ),
      key: (row) => resultName(row),
      choices: true,
    },
    { id: "why", title: t("case.replay.why"), cell: (row) => <bdi>{visible(why(row))}</bdi>, key: (row) => why(row) },
  ];
  return (
    <>
      <div class="form-actions">
        <Button icon="reload" disabled={work.busy} onClick={async () => void (await work.start(api(name, "/replay"), {}))}>
          {t("case.replay.do")}
        </Button>
      </div>
      <WorkBox work={work} label={t("shell.verb.case.replay")} />
      {work.answer !== null && (
        <>
          <Notice kind={work.answer.agrees ? "ok" : "error"} title={work.answer.agrees ? t("case.replay.agrees") : t("case.replay.disagrees")}>
            {t("case.replay.with", { software: work.answer.software })}
          </Notice>
          <DataTable
            name={`${name}-replay`}
            caption={t("case.replay.title")}
            columns={columns}
            rows={work.answer.entries}
            rowKey={(row) => String(row.entry)}
          />
        </>
      )}
    </>
  );
}

function agrees(row: Row): boolean {
  return GOOD.includes(row.result) && row.files.length === 0;
}

function resultName(row: Row): string {
  return tOr(`case.result.${row.result.replaceAll(" ", "_")}`, row.result);
}

function why(row: Row): string {
  return [row.why, ...row.differs, ...row.files.map((each) => `${each.file} ${each.state}`)].filter(Boolean).join("; ");
}
