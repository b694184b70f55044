import { useEffect, useRef, useState } from "preact/hooks";
import "../case/case.css";
import { api } from "../case/address";
import { Broken } from "../case/Broken";
import { EntryDetail } from "../case/EntryDetail";
import { KeyPart } from "../case/KeyPart";
import { ReplayPart } from "../case/ReplayPart";
import type { JournalPage, JournalRow } from "../case/types";
import { UndoButton } from "../case/UndoButton";
import { Loaded, useGet } from "../load";
import { Button } from "../parts/Button";
import { CasePage } from "../parts/CasePage";
import { Empty } from "../parts/Empty";
import { SelectField, TextField } from "../parts/Field";
import { Hash } from "../parts/Hash";
import { Icon } from "../parts/Icon";
import { Notice } from "../parts/Notice";
import { Section } from "../parts/Page";
import { Time } from "../parts/Time";
import { Link, to, useRoute } from "../router";
import { t, tn, tOr } from "../texts";
import { formatCount } from "../../shared/money";
import { visible } from "../../shared/text";
import { visibleLines } from "../case/lines";

const STEP = 100;
const LASTING = ["opened", "key", "export", "erasure", "watched", "mempool", "reorganisation"];

export default function Journal() {
  const { params, query } = useRoute();
  const name = params.case ?? "";
  const [kind, setKind] = useState("");
  const [words, setWords] = useState(query.get("entry") === null ? "" : `#${query.get("entry")}`);
  const [asked, setAsked] = useState(words);
  const [first, setFirst] = useState(0);
  useEffect(() => {
    const timer = setTimeout(() => {
      setAsked(words);
      setFirst(0);
    }, 200);
    return () => clearTimeout(timer);
  }, [words]);
  useEffect(() => {
    const entry = query.get("entry");
    if (entry !== null) setWords(`#${entry}`);
  }, [query.get("entry")]);
  const page = useGet<JournalPage>(api(name, "/journal"), { kind: kind || null, q: asked, first, limit: STEP });
  // What is said of the whole journal stays while other entries come.
  const kept = useRef<JournalPage | undefined>(undefined);
  if (page.data !== undefined) kept.current = page.data;
  const known = kept.current;
  return (
    <CasePage name={name} title={t("shell.case_nav.journal")} lead={t("case.journal.lead")}>
      <Broken of={known?.broken ?? null} />
      {known && known.broken === null && !known.holds && (
        <Notice kind="error" title={t("case.journal.unsigned_title")}>{t("case.journal.unsigned_text")}</Notice>
      )}
      {known?.holds && <Notice kind="ok">{tn("case.journal.holds", known.total)}</Notice>}
      <Section title={t("case.journal.entries")}>
        <form class="fields" role="search" aria-label={t("case.journal.find")} onSubmit={(event) => event.preventDefault()}>
          <TextField label={t("case.journal.words")} type="search" value={words} onInput={setWords} />
          <SelectField
            label={t("case.col.kind")}
            value={kind}
            onChange={(value) => {
              setKind(value);
              setFirst(0);
            }}
            choices={[
              { value: "", label: t("case.journal.all_kinds") },
              ...Object.entries(known?.kinds ?? {}).map(([each, count]) => ({ value: each, label: `${kindName(each)} (${count})` })),
            ]}
          />
        </form>
        <Loaded of={page}>
          {(data) => <Entries of={data} name={name} first={first} onFirst={setFirst} reload={page.reload} />}
        </Loaded>
      </Section>
      <Section title={t("case.replay.title")} note={t("case.replay.note")}><ReplayPart name={name} /></Section>
      <Section title={t("case.key.title")} note={t("case.key.note")}><KeyPart name={name} closed={known?.broken != null} onChange={page.reload} /></Section>
    </CasePage>
  );
}

export function kindName(kind: string): string {
  return tOr(`case.kind.${kind}`, kind);
}

function Entries(props: { of: JournalPage; name: string; first: number; onFirst: (first: number) => void; reload: () => void }) {
  const { of, name, first, onFirst, reload } = props;
  if (of.entries.length === 0) return <Empty>{t("case.journal.none")}</Empty>;
  const until = first + of.entries.length;
  return (
    <>
      <p class="quiet" role="status">{t("case.journal.shown", { from: first + 1, until, matching: of.matching, total: of.total })}</p>
      <ol class="entries" reversed>
        {of.entries.map((row) => (
          <Entry key={row.entry} of={row} name={name} closed={of.broken !== null} reload={reload} />
        ))}
      </ol>
      {of.matching > STEP && (
        <nav class="table-pages" aria-label={t("case.journal.pages")}>
          <Button small icon="back" label={t("case.journal.newer")} disabled={first === 0} onClick={() => onFirst(Math.max(0, first - STEP))} />
          <span>{formatCount(first + 1)}–{formatCount(until)}</span>
          <Button small icon="forward" label={t("case.journal.older")} disabled={until >= of.matching} onClick={() => onFirst(first + STEP)} />
        </nav>
      )}
    </>
  );
}

function Entry({ of, name, closed, reload }: { of: JournalRow; name: string; closed: boolean; reload: () => void }) {
  const [open, setOpen] = useState(false);
  const undoable = of.state !== "undone" && !LASTING.includes(of.kind) && !closed;
  return (
    <li class={`entry entry-${of.state}`} value={of.entry}>
      <div class="statement-head">
        <strong>#{of.entry}</strong> <span>{kindName(of.kind)}{of.id !== null && ` ${of.id}`}</span> <Time utc={of.time_utc} />
        <State of={of} name={name} />
        <Signed of={of.signed} />
        <span class="statement-actions">
          <Button small icon={open ? "up" : "down"} expanded={open} label={t("case.journal.more", { entry: of.entry })} onClick={() => setOpen(!open)} />
          {undoable && <UndoButton name={name} entry={of.entry} onDone={reload} resting={of.used_by} />}
        </span>
      </div>
      {of.what !== "" && <p class="entry-what"><bdi>{visible(of.what)}</bdi></p>}
      {Object.entries(of.texts).map(([key, text]) => (
        <p key={key} class="said"><span class="quiet">{tOr(`case.sealed.${key}`, key)}:</span> <bdi>{visibleLines(text)}</bdi></p>
      ))}
      {of.withheld.length > 0 && <p class="quiet">{t("case.journal.withheld", { names: of.withheld.join(", ") })}</p>}
      <p class="quiet entry-chain">
        <Numbers label={t("case.journal.rests_on")} of={of.rests_on} name={name} />
        <Numbers label={t("case.journal.used_by")} of={of.used_by} name={name} />
        <span class="chain"><Hash text={of.prev} /> <Icon name="forward" /> <Hash text={of.hash} copy /></span>
      </p>
      {open && <EntryDetail name={name} entry={of.entry} />}
    </li>
  );
}

function State({ of, name }: { of: JournalRow; name: string }) {
  if (of.state === "stands") return null;
  return (
    <span class="state">
      <Icon name={of.state === "undone" ? "undo" : "hide"} /> {t(`case.entry_state.${of.state}`)}
      {of.undone_by !== null && <> <EntryLink entry={of.undone_by} name={name} /></>}
    </span>
  );
}

function Signed({ of }: { of: string }) {
  if (of === "unsigned") return null;
  const good = of === "signed";
  return <span class={good ? "state" : "state bad"}><Icon name={good ? "ok" : "error"} /> {tOr(`case.signed.${of.replaceAll(" ", "_")}`, of)}</span>;
}

function Numbers({ label, of, name }: { label: string; of: readonly number[]; name: string }) {
  if (of.length === 0) return null;
  return (
    <span>
      {label} {of.slice(0, 12).map((entry) => <EntryLink key={entry} entry={entry} name={name} />)}
      {of.length > 12 && ` ${tn("case.journal.others", of.length - 12)}`}
    </span>
  );
}

function EntryLink({ entry, name }: { entry: number; name: string }) {
  return <Link class="entry-link" to={to("/case/:case/journal", { case: name }, { entry: String(entry) })}>#{entry}</Link>;
}
