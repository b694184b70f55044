import { useEffect, useState } from "preact/hooks";
import "../case/case.css";
import { announce } from "../announce";
import { post } from "../api";
import { api } from "../case/address";
import { Broken } from "../case/Broken";
import { kindOf, nameOfReference } from "../case/pointing";
import { Reference } from "../case/Reference";
import { usePointers } from "../case/ReferenceField";
import type { ExhibitRow, Glance } from "../case/types";
import { UndoButton } from "../case/UndoButton";
import { useAction } from "../case/useAction";
import { followTicket, upload } from "../files";
import { Loaded, Refused, useGet } from "../load";
import { Button } from "../parts/Button";
import { CasePage } from "../parts/CasePage";
import { DataTable, type Column } from "../parts/DataTable";
import { CheckField, FileField, SelectField, TextField } from "../parts/Field";
import { Hash } from "../parts/Hash";
import { Icon } from "../parts/Icon";
import { Section } from "../parts/Page";
import { Time } from "../parts/Time";
import { useRoute } from "../router";
import { t } from "../texts";
import { formatCount } from "../../shared/money";
import { visible } from "../../shared/text";

export default function Exhibits() {
  const name = useRoute().params.case ?? "";
  const glance = useGet<Glance>(api(name));
  const exhibits = useGet<{ exhibits: ExhibitRow[] }>(api(name, "/exhibits"));
  const reload = (): void => {
    glance.reload();
    exhibits.reload();
  };
  return (
    <CasePage name={name} title={t("case.exhibits.title")} lead={t("case.exhibits.lead")}>
      <Loaded of={glance}>
        {(data) => (
          <>
            <Broken of={data.broken} />
            <Loaded of={exhibits}>
              {({ exhibits: rows }) => <List name={name} rows={rows} closed={data.broken !== null} reload={reload} />}
            </Loaded>
            {data.broken === null && (
              <Section title={t("case.exhibits.new")}><NewExhibit of={data} reload={reload} /></Section>
            )}
          </>
        )}
      </Loaded>
    </CasePage>
  );
}

function List({ name, rows, closed, reload }: { name: string; rows: readonly ExhibitRow[]; closed: boolean; reload: () => void }) {
  const { query } = useRoute();
  const wanted = query.get("e");
  return (
    <DataTable
      name={`${name}-exhibits`}
      caption={t("case.exhibits.title")}
      columns={columns(name, closed, reload)}
      rows={rows}
      rowKey={(row) => row.id}
      rowClass={(row) => (row.id === wanted ? "row-wanted" : undefined)}
      empty={t("case.exhibits.none")}
    />
  );
}

function columns(name: string, closed: boolean, reload: () => void): Column<ExhibitRow>[] {
  return [
    { id: "id", title: t("case.col.exhibit"), cell: (row) => <strong>{row.id}</strong>, key: (row) => Number(row.id.slice(1)), text: (row) => row.id },
    { id: "of", title: t("case.col.of"), cell: (row) => <What of={row} name={name} />, key: (row) => whatOf(row) },
    { id: "text", title: t("case.col.why"), cell: (row) => <bdi class="said">{visible(row.text ?? t("case.withheld"))}</bdi>, key: (row) => row.text ?? "" },
    { id: "time", title: t("case.col.time"), cell: (row) => <Time utc={row.time_utc} />, key: (row) => row.time_utc },
    { id: "copy", title: t("case.col.copy"), cell: (row) => <Copy of={row} />, key: (row) => copyText(row), choices: true },
    { id: "sha", title: "SHA-256", cell: (row) => (row.sha256 === null ? "" : <Hash text={row.sha256} copy />), text: (row) => row.sha256 ?? "" },
    { id: "size", title: t("case.col.bytes"), cell: (row) => (row.size_bytes === null ? "" : formatCount(row.size_bytes)), key: (row) => row.size_bytes ?? 0, numeric: true },
    {
      id: "do",
      title: t("case.col.do"),
      cell: (row) => (
        <span class="row-actions">
          {row.copy === "whole" && (
            <Button small icon="download" label={t("case.exhibits.save", { id: row.id })} onClick={() => followTicket(api(name, `/exhibits/${row.id}/tickets`), row.file ?? row.id)} />
          )}
          {!closed && <UndoButton name={name} entry={row.entry} onDone={reload} />}
        </span>
      ),
    },
  ];
}

function whatOf(row: ExhibitRow): string {
  return row.of === null ? (row.file ?? t("case.withheld")) : nameOfReference(row.of);
}

function What({ of, name }: { of: ExhibitRow; name: string }) {
  return of.of === null ? <bdi>{visible(whatOf(of))}</bdi> : <Reference text={whatOf(of)} name={name} />;
}

function copyText(row: ExhibitRow): string {
  if (row.type === "reference") return t("case.copy.reference");
  return row.copy === null ? t("case.copy.none") : t(`case.copy.${row.copy}`);
}

function Copy({ of }: { of: ExhibitRow }) {
  const bad = of.copy === "changed" || of.copy === "missing";
  return <span class={bad ? "bad" : undefined}>{bad && <Icon name="error" />} {copyText(of)}</span>;
}

function NewExhibit({ of, reload }: { of: Glance; reload: () => void }) {
  const { query } = useRoute();
  const pointers = usePointers(of.case, of);
  const [kind, setKind] = useState<"reference" | "file">("reference");
  const [reference, setReference] = useState("");
  const [file, setFile] = useState<File | null>(null);
  const [hashOnly, setHashOnly] = useState(false);
  const [text, setText] = useState("");
  const [share, setShare] = useState<number | null>(null);
  const [round, setRound] = useState(0);
  const { refusal, act } = useAction();
  const about = query.get("about");
  useEffect(() => {
    if (about !== null) setReference(about);
  }, [about]);
  const strange = reference.trim() !== "" && kindOf(reference.trim()) === null;
  const given = kind === "reference" ? reference.trim() !== "" && !strange : file !== null;
  const add = (): Promise<boolean> =>
    act(async () => {
      if (kind === "reference") {
        await post(api(of.case, "/exhibits"), { reference: reference.trim(), text });
      } else if (file !== null) {
        const sent = await upload(file, setShare);
        setShare(null);
        await post(api(of.case, "/exhibits"), { upload: sent.upload, hash_only: hashOnly, text });
      }
      announce(t("case.exhibits.added"));
      setReference("");
      setFile(null);
      setRound(round + 1);
      setText("");
      reload();
    });
  return (
    <form class="adding" onSubmit={(event) => event.preventDefault()}>
      {refusal !== null && <Refused error={refusal} />}
      {share !== null && <progress max={1} value={share} aria-label={t("case.sending")} />}
      <div class="fields">
        <SelectField
          label={t("case.exhibits.kind")}
          value={kind}
          onChange={(value) => setKind(value === "file" ? "file" : "reference")}
          choices={[
            { value: "reference", label: t("case.exhibits.of_reference") },
            { value: "file", label: t("case.exhibits.of_file") },
          ]}
        />
        {kind === "reference" ? (
          <>
            <TextField
              label={t("case.exhibits.reference")}
              hint={t("case.about.hint")}
              code
              value={reference}
              onInput={setReference}
              error={strange ? t("case.about.strange", { text: visible(reference.trim()) }) : null}
            />
            {pointers.length > 0 && (
              <SelectField
                label={t("case.about.pick")}
                value=""
                onChange={(picked) => picked !== "" && setReference(picked)}
                choices={[{ value: "", label: t("case.about.choose") }, ...pointers.map((p) => ({ value: p.value, label: visible(p.label) }))]}
              />
            )}
          </>
        ) : (
          <FileField key={round} label={t("case.exhibits.file")} onFile={setFile} />
        )}
      </div>
      {kind === "file" && (
        <CheckField label={t("case.exhibits.hash_only")} hint={t("case.exhibits.hash_only_hint")} checked={hashOnly} onChange={setHashOnly} />
      )}
      <TextField label={t("case.exhibits.why")} rows={2} value={text} onInput={setText} required />
      <div class="form-actions">
        <Button primary disabled={!given || text.trim() === ""} onClick={add}>{t("case.exhibits.add")}</Button>
      </div>
    </form>
  );
}
