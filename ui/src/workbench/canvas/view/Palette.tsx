/** All that can be done, found by its words; and the list of keys. */

import type { JSX } from "preact";
import { useId, useState } from "preact/hooks";
import { Dialog } from "../../parts/Dialog";
import { t } from "../../texts";
import { ACTIONS, perform, type Family } from "./actions";
import type { Desk } from "./desk";
import { keysOf } from "./keyboard";

/** Runs an action once the dialog has gone and given the focus back. */
function after(desk: Desk, id: string): void {
  desk.asking.set(null);
  setTimeout(() => void perform(desk, id));
}

export function Palette({ desk }: { desk: Desk }): JSX.Element {
  const [words, setWords] = useState("");
  const [at, setAt] = useState(0);
  const list = useId();
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const found = ACTIONS.filter((action) => {
    if (action.id === "palette" || action.enabled?.(desk) === false) return false;
    const text = t(`canvas.action.${action.id}`).toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
  const here = Math.min(at, found.length - 1);
  const onKeyDown = (event: KeyboardEvent): void => {
    const next = { ArrowDown: here + 1, ArrowUp: here - 1 }[event.key];
    if (next !== undefined) {
      event.preventDefault();
      setAt((next + found.length) % Math.max(1, found.length));
    } else if (event.key === "Enter") {
      event.preventDefault();
      const action = found[here];
      if (action !== undefined) after(desk, action.id);
    }
  };
  return (
    <Dialog title={t("canvas.palette.title")} onClose={() => desk.asking.set(null)}>
      <input
        class="input"
        role="combobox"
        autofocus
        aria-label={t("canvas.palette.label")}
        aria-expanded="true"
        aria-controls={list}
        aria-activedescendant={found[here] === undefined ? undefined : `${list}-${found[here].id}`}
        autocomplete="off"
        value={words}
        onInput={(event) => {
          setWords(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
      />
      {found.length === 0 && <p class="quiet">{t("canvas.palette.none")}</p>}
      <ul id={list} class="canvas-found" role="listbox" aria-label={t("canvas.palette.title")}>
        {found.map((action, index) => (
          <li
            key={action.id}
            id={`${list}-${action.id}`}
            role="option"
            aria-selected={index === here}
            onClick={() => after(desk, action.id)}
          >
            <span>{t(`canvas.action.${action.id}`)}</span>
            <span>{keysOf(action.id).map((key) => <kbd key={key}>{key}</kbd>)}</span>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}

const FAMILIES: readonly Family[] = ["add", "expand", "see", "mark", "arrange", "walk", "work", "help"];

export function KeyHelp({ desk }: { desk: Desk }): JSX.Element {
  return (
    <Dialog wide title={t("canvas.help.title")} onClose={() => desk.asking.set(null)}>
      <p>{t("canvas.help.lead")}</p>
      {FAMILIES.map((family) => (
        <section key={family}>
          <h3>{t(`canvas.family.${family}`)}</h3>
          <dl class="keys">
            {ACTIONS.filter((action) => action.family === family).map((action) => (
              <div key={action.id}>
                <dt>{keysOf(action.id).map((key) => <kbd key={key}>{key}</kbd>)}</dt>
                <dd>{t(`canvas.action.${action.id}`)}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </Dialog>
  );
}
