/** Remarks: written in a dialog, changed beside what they are on. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Button } from "../../parts/Button";
import { Dialog } from "../../parts/Dialog";
import { TextField } from "../../parts/Field";
import { t } from "../../texts";
import { annotate, editNote, eraseNote } from "../model/operations";
import type { Note } from "../model/picture";
import { commit, pictureOf, type Desk } from "./desk";

const LONGEST = 2_000;

export function NoteDialog({ desk, on, id }: { desk: Desk; on: Note["on"]; id?: string }): JSX.Element {
  const there = id === undefined ? undefined : pictureOf(desk).notes[id];
  const [text, setText] = useState(there?.text ?? "");
  const close = (): void => desk.asking.set(null);
  const save = (): void => {
    const said = text.trim();
    if (said === "") return;
    if (there !== undefined) commit(desk, editNote(pictureOf(desk), there.id, { text: said }));
    else if (on === null) commit(desk, annotate(pictureOf(desk), null, said, desk.surface.middle()));
    else commit(desk, annotate(pictureOf(desk), on, said));
    close();
  };
  return (
    <Dialog
      title={t(on === null ? "canvas.note.free" : "canvas.note.title")}
      onClose={close}
      actions={
        <>
          <Button onClick={close}>{t("shell.cancel")}</Button>
          <Button primary disabled={text.trim() === ""} onClick={save}>{t("canvas.note.save")}</Button>
        </>
      }
    >
      <TextField label={t("canvas.note.text")} rows={4} maxLength={LONGEST} value={text} onInput={setText} autoFocus />
    </Dialog>
  );
}

export function NoteEditor({ desk, note }: { desk: Desk; note: Note }): JSX.Element {
  return (
    <div class="canvas-note">
      <TextField
        label={t("canvas.note.text")}
        rows={3}
        maxLength={LONGEST}
        value={note.text}
        onInput={(text) => commit(desk, editNote(pictureOf(desk), note.id, { text }, `write ${note.id}`))}
      />
      <Button small quiet icon="close" onClick={() => commit(desk, eraseNote(pictureOf(desk), note.id))}>{t("canvas.note.erase")}</Button>
    </div>
  );
}
