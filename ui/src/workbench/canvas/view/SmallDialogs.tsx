/** The small questions: dust and kinds, colour, the name of a group, what to find, why an exhibit. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { announce } from "../../announce";
import { post } from "../../api";
import { Button } from "../../parts/Button";
import { Dialog } from "../../parts/Dialog";
import { CheckField, FieldGroup, TextField } from "../../parts/Field";
import { useStore } from "../../store";
import { t, tn } from "../../texts";
import { group, paint, set } from "../model/operations";
import { COLOURS, type Colour } from "../model/picture";
import { go } from "./actions";
import { chosen, commit, during, pictureOf, select, type Asking, type Desk } from "./desk";
import { matches } from "./Outline";
import { nodeText } from "./saying";

const KINDS = ["tx", "address", "cluster", "end"] as const;
const DUST = [0, 546, 10_000, 100_000, 1_000_000] as const;

/** Which edges are too small to draw, and which kinds of nodes are not wanted. */
export function DustDialog({ desk }: { desk: Desk }): JSX.Element {
  const { picture } = useStore(desk.history);
  const view = useStore(desk.view);
  const { dust_sat, hidden_kinds } = picture.settings;
  const [text, setText] = useState(String(dust_sat));
  const wrong = !/^\d{1,16}$/.test(text.trim());
  const put = (value: string): void => {
    setText(value);
    if (/^\d{1,16}$/.test(value.trim())) commit(desk, set(pictureOf(desk), { dust_sat: Number(value) }, "dust"));
  };
  const close = (): void => desk.asking.set(null);
  return (
    <Dialog title={t("canvas.dust.title")} onClose={close} actions={<Button primary onClick={close}>{t("shell.close")}</Button>}>
      <TextField
        label={t("canvas.dust.label")}
        hint={t("canvas.dust.hint")}
        value={text}
        onInput={put}
        error={wrong ? t("canvas.dust.wrong") : null}
        autoFocus
      />
      <div class="form-actions">
        {DUST.map((value) => (
          <Button key={value} small pressed={dust_sat === value} onClick={() => put(String(value))}>
            {value === 0 ? t("canvas.dust.none") : tn("canvas.dust.sat", value)}
          </Button>
        ))}
      </div>
      <FieldGroup legend={t("canvas.dust.kinds")}>
        {KINDS.map((kind) => (
          <CheckField
            key={kind}
            label={t(`canvas.kinds.${kind}`)}
            checked={!hidden_kinds.includes(kind)}
            onChange={(shown) =>
              commit(desk, set(pictureOf(desk), {
                hidden_kinds: shown ? hidden_kinds.filter((each) => each !== kind) : [...hidden_kinds, kind].sort(),
              }))
            }
          />
        ))}
      </FieldGroup>
      <p role="status">{tn("canvas.count.nodes", view.nodes.length)} · {tn("canvas.count.edges", view.edges.length)}</p>
    </Dialog>
  );
}

export function ColourDialog({ desk }: { desk: Desk }): JSX.Element {
  const close = (): void => desk.asking.set(null);
  const put = (colour: Colour | null): void => {
    const { nodes, edges } = desk.view.get();
    // A merged node or edge is coloured by all that it stands for.
    const ids = chosen(desk).flatMap((id) => [
      id,
      ...(nodes.find((node) => node.id === id)?.members ?? []),
      ...(edges.find((edge) => edge.id === id)?.members ?? []),
    ]);
    commit(desk, paint(pictureOf(desk), [...new Set(ids)], colour));
    close();
  };
  return (
    <Dialog title={t("canvas.colour.title")} onClose={close}>
      <div class="canvas-colours">
        {COLOURS.map((colour) => (
          <button key={colour} type="button" class={`button canvas-colour canvas-colour-${colour}`} onClick={() => put(colour)}>
            <span class="canvas-dot" aria-hidden="true" /> {t(`canvas.colour.${colour}`)}
          </button>
        ))}
        <button type="button" class="button" onClick={() => put(null)}>{t("canvas.colour.none")}</button>
      </div>
    </Dialog>
  );
}

export function GroupDialog({ desk, ids }: { desk: Desk; ids: string[] }): JSX.Element {
  const [label, setLabel] = useState("");
  const close = (): void => desk.asking.set(null);
  const put = (written = label): void => {
    const name = written.trim();
    if (name === "") return;
    commit(desk, group(pictureOf(desk), ids, name));
    announce(tn("canvas.said.grouped", ids.length));
    close();
  };
  return (
    <Dialog
      title={t("canvas.group.title")}
      onClose={close}
      actions={
        <>
          <Button onClick={close}>{t("shell.cancel")}</Button>
          <Button primary disabled={label.trim() === ""} onClick={() => put()}>{tn("canvas.group.put", ids.length)}</Button>
        </>
      }
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          // What stands in the box: the last sign typed may not have been drawn yet.
          put(event.currentTarget.querySelector("input")?.value);
        }}
      >
        <TextField label={t("canvas.group.label")} value={label} onInput={setLabel} maxLength={120} autoFocus />
      </form>
    </Dialog>
  );
}

export function FindDialog({ desk }: { desk: Desk }): JSX.Element {
  const view = useStore(desk.view);
  const [words, setWords] = useState("");
  const found = words.trim() === "" ? [] : view.nodes.filter((node) => matches(node, words));
  const close = (): void => desk.asking.set(null);
  const pick = (id: string): void => {
    select(desk, [id]);
    close();
    setTimeout(() => {
      desk.surface.focus();
      go(desk, id);
    });
  };
  return (
    <Dialog
      title={t("canvas.find.title")}
      onClose={close}
      actions={
        <Button
          disabled={found.length === 0}
          onClick={() => {
            select(desk, found.map(({ id }) => id));
            close();
          }}
        >
          {tn("canvas.find.select", found.length)}
        </Button>
      }
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (found[0] !== undefined) pick(found[0].id);
        }}
      >
        <TextField type="search" label={t("canvas.find.label")} value={words} onInput={setWords} autoFocus />
      </form>
      <p role="status" class="quiet">{words.trim() === "" ? "" : tn("canvas.count.nodes", found.length)}</p>
      <ul class="canvas-found">
        {found.slice(0, 50).map((node) => (
          <li key={node.id}>
            <button type="button" class="canvas-name" onClick={() => pick(node.id)}><bdi>{nodeText(node)}</bdi></button>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}

/** Adds what is chosen to the case of the canvas. */
export function ExhibitDialog({ desk, item }: { desk: Desk; item: Extract<Asking, { kind: "exhibit" }>["item"] }): JSX.Element {
  const [why, setWhy] = useState("");
  const close = (): void => desk.asking.set(null);
  const { caseName } = desk.place;
  const put = async (): Promise<void> => {
    const done = await during(desk, () => post(`/api/cases/${encodeURIComponent(caseName ?? "")}/exhibits`, { item, text: why }));
    if (done !== null) announce(t("shell.case.added", { case: caseName ?? "" }));
    close();
  };
  return (
    <Dialog
      title={t("canvas.action.exhibit")}
      onClose={close}
      actions={
        <>
          <Button onClick={close}>{t("shell.cancel")}</Button>
          <Button primary disabled={caseName === null} onClick={put}>{t("shell.case.add")}</Button>
        </>
      }
    >
      {caseName === null && <p>{t("canvas.no_case")}</p>}
      <p><bdi class="hash">{item.name}</bdi></p>
      <TextField label={t("shell.case.why")} rows={3} value={why} onInput={setWhy} autoFocus />
    </Dialog>
  );
}
