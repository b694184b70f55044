/** What leaves the canvas or comes back to it: files, snapshots, other pictures. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { announce } from "../../announce";
import { Button } from "../../parts/Button";
import { Dialog } from "../../parts/Dialog";
import { SelectField, TextField } from "../../parts/Field";
import { Time } from "../../parts/Time";
import { useGet, Loaded } from "../../load";
import { Link, navigate, to } from "../../router";
import { choose } from "../../settings";
import { status } from "../../status";
import { useStore } from "../../store";
import { t, tn } from "../../texts";
import { during, pictureOf, type Desk } from "./desk";
import { FILE_KINDS, drawingOn, saveAs } from "./files";
import { keepAs, snapshot, type Keeper, type Listed } from "./keeping";

/** What the server allows as the name of a picture. */
const NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,79}$/u;

export function ExportDialog({ desk }: { desk: Desk }): JSX.Element {
  const close = (): void => desk.asking.set(null);
  return (
    <Dialog title={t("canvas.export.title")} onClose={close}>
      <div class="canvas-files">
        {FILE_KINDS.map((kind) => (
          <Button key={kind} icon="download" onClick={() => during(desk, () => saveAs(desk, kind))}>
            {t(`canvas.export.${kind}`)}
          </Button>
        ))}
      </div>
    </Dialog>
  );
}

export function SnapshotDialog({ desk, keeper }: { desk: Desk; keeper: Keeper | null }): JSX.Element {
  const [text, setText] = useState("");
  const close = (): void => desk.asking.set(null);
  const { caseName, picture } = desk.place;
  const take = async (): Promise<void> => {
    if (caseName === null) return;
    const done = await during(desk, async () => {
      // What is journalled is what is kept: the last change goes first.
      await keeper?.now();
      return snapshot(caseName, picture, drawingOn(desk, "light").svg, text.trim());
    });
    if (done !== null) announce(t("canvas.snapshot.taken", { exhibit: done.says.id }));
    close();
  };
  return (
    <Dialog
      title={t("canvas.snapshot.title")}
      onClose={close}
      actions={
        <>
          <Button onClick={close}>{t("shell.cancel")}</Button>
          <Button primary disabled={caseName === null} onClick={take}>{t("canvas.snapshot.take")}</Button>
        </>
      }
    >
      <p>{caseName === null ? t("canvas.no_case") : t("canvas.snapshot.lead", { case: caseName })}</p>
      <TextField label={t("shell.case.why")} rows={3} value={text} onInput={setText} autoFocus />
    </Dialog>
  );
}

/** The pictures of the case, a new one, and the way from a scratch canvas into a case. */
export function PicturesDialog({ desk }: { desk: Desk }): JSX.Element {
  const cases = useStore(status)?.cases ?? [];
  const { caseName, picture } = desk.place;
  const asked = useGet<{ pictures: Listed[] }>(caseName === null ? null : `/api/cases/${encodeURIComponent(caseName)}/pictures`);
  const [name, setName] = useState("");
  const [into, setInto] = useState(caseName ?? cases[0] ?? "");
  const close = (): void => desk.asking.set(null);
  const wrong = name.trim() !== "" && !NAME.test(name.trim());
  const open = (target: string, named: string): void => {
    close();
    choose({ currentCase: target });
    navigate(to("/case/:case/canvas", { case: target }, { picture: named }));
  };
  const keep = async (): Promise<void> => {
    const named = name.trim();
    const done = await during(desk, async () => {
      await keepAs(into, named, pictureOf(desk));
      return true;
    });
    if (done === true) open(into, named);
  };
  return (
    <Dialog title={t("canvas.pictures.title")} onClose={close}>
      {caseName !== null && (
        <Loaded of={asked}>
          {({ pictures }) =>
            pictures.length === 0 ? <p class="quiet">{t("canvas.pictures.none")}</p> : (
              <ul class="canvas-found">
                {pictures.map((each) => (
                  <li key={each.name}>
                    <button type="button" class="canvas-name" aria-current={each.name === picture} onClick={() => open(caseName, each.name)}>
                      <span>{each.name}</span>
                      <span class="quiet">
                        <Time utc={each.saved_utc ?? null} />
                        {each.nodes != null && <> · {tn("canvas.count.nodes", each.nodes)}</>}
                      </span>
                    </button>
                  </li>
                ))}
              </ul>
            )
          }
        </Loaded>
      )}
      <form
        class="canvas-keep"
        onSubmit={(event) => {
          event.preventDefault();
          if (NAME.test(name.trim()) && into !== "") void keep();
        }}
      >
        <h3>{t("canvas.pictures.copy")}</h3>
        {cases.length === 0 ? <p><Link to="/cases">{t("shell.case.none")}</Link></p> : (
          <>
            <SelectField label={t("shell.case.which")} value={into} onChange={setInto} choices={cases.map((each) => ({ value: each, label: each }))} />
            <TextField label={t("canvas.pictures.name")} value={name} onInput={setName} error={wrong ? t("canvas.pictures.wrong") : null} maxLength={80} />
            <div class="form-actions">
              <Button primary type="submit" disabled={into === "" || !NAME.test(name.trim())}>{t("canvas.pictures.keep")}</Button>
              {caseName !== null && (
                <Button disabled={!NAME.test(name.trim())} onClick={() => open(into, name.trim())}>{t("canvas.pictures.new")}</Button>
              )}
            </div>
          </>
        )}
      </form>
    </Dialog>
  );
}
