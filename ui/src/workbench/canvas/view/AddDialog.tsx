/** Adds what is pasted or searched for. */

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { visible } from "../../../shared/text";
import { Button } from "../../parts/Button";
import { Dialog } from "../../parts/Dialog";
import { TextField } from "../../parts/Field";
import { Notice } from "../../parts/Notice";
import { t, tn } from "../../texts";
import type { Desk } from "./desk";
import { addNodes } from "./expanding";
import { findNodes, namesIn } from "./server";

const PAUSE_MS = 250;

export function AddDialog({ desk }: { desk: Desk }): JSX.Element {
  const [text, setText] = useState("");
  const [found, setFound] = useState<{ id: string; label: string; kind: string }[]>([]);
  const [missing, setMissing] = useState<string[]>([]);
  const close = (): void => desk.asking.set(null);
  useEffect(() => {
    setFound([]);
    const query = text.trim();
    // A list of names is added as it is; one word may be the beginning of anything.
    if (query.length < 2 || query.length > 200 || query.includes("\n")) return;
    let wanted = true;
    const timer = setTimeout(() => {
      findNodes(query).then(
        (hits) => wanted && setFound(hits.slice(0, 12)),
        () => undefined,
      );
    }, PAUSE_MS);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [text]);
  const put = async (ids: string[]): Promise<void> => {
    setMissing([]);
    const left = await addNodes(desk, ids);
    if (left === null) return;
    if (left.length === 0) close();
    else setMissing(left);
  };
  return (
    <Dialog
      title={t("canvas.add.title")}
      onClose={close}
      actions={
        <>
          <Button onClick={close}>{t("shell.cancel")}</Button>
          <Button primary disabled={text.trim() === ""} onClick={() => put(namesIn(text))}>{t("canvas.add.put")}</Button>
        </>
      }
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void put(namesIn(text));
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || !text.includes("\n")) && !event.shiftKey && event.target instanceof HTMLTextAreaElement) {
            event.preventDefault();
            // What stands in the box: the last sign typed may not have been drawn yet.
            void put(namesIn(event.target.value));
          }
        }}
      >
        <TextField code autoFocus label={t("canvas.add.label")} hint={t("canvas.add.hint")} rows={3} value={text} onInput={setText} />
      </form>
      {missing.length > 0 && (
        <Notice kind="warning" title={tn("canvas.add.missing", missing.length)}>
          {missing.slice(0, 5).map((id) => visible(id.replace(/^\w+:/, ""))).join(", ")}
        </Notice>
      )}
      {found.length > 0 && (
        <>
          <h3>{t("canvas.add.found")}</h3>
          <ul class="canvas-found">
            {found.map((hit) => (
              <li key={hit.id}>
                <button type="button" class="canvas-name" onClick={() => void put([hit.id])}>
                  <span>{t(`picture.kind.${hit.id.split(":")[0] ?? ""}`)} <bdi>{visible(hit.label)}</bdi></span>
                </button>
              </li>
            ))}
          </ul>
        </>
      )}
    </Dialog>
  );
}
