import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { formatCount } from "../../shared/money";
import { visible } from "../../shared/text";
import { download, followTicket } from "../files";
import { Button } from "../parts/Button";
import { CheckField, TextField } from "../parts/Field";
import { Hash } from "../parts/Hash";
import { Notice } from "../parts/Notice";
import { Tabs } from "../parts/Tabs";
import { t } from "../texts";
import { api } from "./address";
import { useWork } from "./useWork";
import { WorkBox } from "./WorkBox";

/** What goes out of the case: a bundle with less in it, what opens its fields, the case itself. */
export function HandOn({ name, onDone }: { name: string; onDone: () => void }): JSX.Element {
  const [open, setOpen] = useState("redact");
  return (
    <Tabs
      label={t("case.hand.title")}
      open={open}
      onOpen={setOpen}
      tabs={[
        { id: "redact", title: t("case.redact.title"), content: () => <Redact name={name} onDone={onDone} /> },
        { id: "reveal", title: t("case.reveal.title"), content: () => <Reveal name={name} onDone={onDone} /> },
        { id: "export", title: t("case.export.title"), content: () => <Export name={name} onDone={onDone} /> },
      ]}
    />
  );
}

const KINDS = ["note", "hypothesis", "evidence", "decision", "exhibit", "label"] as const;

function Redact({ name, onDone }: { name: string; onDone: () => void }): JSX.Element {
  const [recipient, setRecipient] = useState("");
  const [kinds, setKinds] = useState<readonly string[]>([]);
  const [more, setMore] = useState("");
  const [keep, setKeep] = useState("");
  const work = useWork<{ digest: string; withheld: Record<string, number>; files: Record<string, string>; entry: number }>();
  const without = [...kinds, ...listed(more)];
  const kept = listed(keep);
  const redact = async (): Promise<void> => {
    const answer = await work.start(api(name, "/redactions"), { recipient, without, keep: kept });
    if (answer !== null) onDone();
  };
  return (
    <>
      <p class="quiet">{t("case.redact.lead")}</p>
      <WorkBox work={work} label={t("shell.verb.case.redact")} />
      <TextField label={t("case.redact.for")} value={recipient} onInput={setRecipient} maxLength={400} />
      <fieldset class="field-group">
        <legend>{t("case.redact.without")}</legend>
        <div class="fields">
          {KINDS.map((kind) => (
            <CheckField
              key={kind}
              label={t(`case.redact.${kind}`)}
              checked={kinds.includes(kind)}
              onChange={(on) => setKinds(on ? [...kinds, kind] : kinds.filter((each) => each !== kind))}
            />
          ))}
        </div>
      </fieldset>
      <div class="fields">
        <TextField label={t("case.redact.more")} hint={t("case.redact.more_hint")} code value={more} onInput={setMore} />
        <TextField label={t("case.redact.keep")} hint={t("case.redact.keep_hint")} code value={keep} onInput={setKeep} />
      </div>
      <div class="form-actions">
        <Button disabled={work.busy || recipient.trim() === "" || without.length + kept.length === 0} onClick={redact}>{t("case.redact.do")}</Button>
      </div>
      {work.answer !== null && (
        <Notice kind="ok" title={t("case.redact.done", { entry: work.answer.entry })}>
          <p>{t("case.col.digest")} <Hash text={work.answer.digest} copy /></p>
          <p>{Object.entries(work.answer.withheld).filter(([, count]) => count > 0).map(([kind, count]) => `${formatCount(count)} ${kind}`).join(", ")}</p>
          <MadeFiles name={name} files={work.answer.files} />
        </Notice>
      )}
    </>
  );
}

function Reveal({ name, onDone }: { name: string; onDone: () => void }): JSX.Element {
  const [paths, setPaths] = useState("");
  const work = useWork<{ redaction: number; fields: number; paths: string[]; files: Record<string, string> }>();
  const ask = async (which: string[]): Promise<void> => {
    const answer = await work.start(api(name, "/reveals"), { paths: which });
    if (answer !== null && which.length > 0) onDone();
  };
  return (
    <>
      <p class="quiet">{t("case.reveal.lead")}</p>
      <WorkBox work={work} label={t("shell.verb.case.reveal")} />
      <TextField label={t("case.reveal.paths")} hint={t("case.reveal.paths_hint")} rows={3} code value={paths} onInput={setPaths} />
      <div class="form-actions">
        <Button disabled={work.busy} onClick={() => ask([])}>{t("case.reveal.list")}</Button>
        <Button disabled={work.busy || listed(paths).length === 0} onClick={() => ask(listed(paths))}>{t("case.reveal.do")}</Button>
      </div>
      {work.answer !== null && (
        <>
          <p role="status">{t("case.reveal.fields", { count: work.answer.fields, entry: work.answer.redaction })}</p>
          <MadeFiles name={name} files={work.answer.files} />
          <ul class="brief">{work.answer.paths.slice(0, 200).map((path) => <li key={path}><code>{visible(path)}</code></li>)}</ul>
        </>
      )}
    </>
  );
}

function Export({ name, onDone }: { name: string; onDone: () => void }): JSX.Element {
  const [whom, setWhom] = useState("");
  const [personal, setPersonal] = useState(false);
  const work = useWork<{ made: string; file: string; sha256: string; files: number; openings: number; missing: string[]; left_out: string[] }>();
  const made = work.answer;
  const write = async (): Promise<void> => {
    const answer = await work.start(api(name, "/exports"), { to: whom, with_personal_data: personal });
    if (answer === null) return;
    onDone();
    await followTicket(`/api/made/${answer.made}/tickets`, answer.file);
  };
  return (
    <>
      <p class="quiet">{t("case.export.lead")}</p>
      <WorkBox work={work} label={t("shell.verb.case.export")} />
      <TextField label={t("case.export.to")} value={whom} onInput={setWhom} maxLength={400} />
      <CheckField label={t("case.export.personal")} hint={t("case.export.personal_hint")} checked={personal} onChange={setPersonal} />
      <div class="form-actions">
        <Button disabled={work.busy} onClick={write}>{t("case.export.do")}</Button>
      </div>
      {made !== null && (
        <Notice kind="ok" title={t("case.export.done", { files: made.files, openings: made.openings })}>
          <p>SHA-256 <Hash text={made.sha256} copy /></p>
          {made.missing.length > 0 && <p>{t("case.export.missing", { files: made.missing.map(visible).join(", ") })}</p>}
          {made.left_out.length > 0 && <p>{t("case.export.left_out", { files: made.left_out.map(visible).join(", ") })}</p>}
          <Button icon="download" onClick={() => followTicket(`/api/made/${made.made}/tickets`, made.file)}>{made.file}</Button>
        </Notice>
      )}
    </>
  );
}

function MadeFiles({ name, files }: { name: string; files: Record<string, string> }): JSX.Element {
  return (
    <p class="row-actions">
      {Object.values(files).map((file) => (
        <Button key={file} icon="download" onClick={() => download(name, file)}>{file.replace(/^.*\//, "")}</Button>
      ))}
    </p>
  );
}

function listed(text: string): string[] {
  return text.split(/[\s,]+/).filter((each) => each !== "");
}
