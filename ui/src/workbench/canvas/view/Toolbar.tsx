/** The tools above the drawing: one row, the arrow keys go along it. */

import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { Icon } from "../../parts/Icon";
import { status } from "../../status";
import { useStore } from "../../store";
import { t } from "../../texts";
import { set } from "../model/operations";
import { ACTION, perform, type Action } from "./actions";
import { commit, pictureOf, type Desk } from "./desk";
import { renew, wish } from "./expanding";
import { keysOf } from "./keyboard";

const SETS: readonly (readonly string[])[] = [
  ["add"],
  ["undo", "redo"],
  ["expand_in", "expand_out", "expand_both", "expand_choose", "collapse", "switch"],
  ["hide", "show_all", "dust", "by_cluster"],
  ["note", "pin", "colour", "group", "path"],
  ["tidy", "fit", "zoom_in", "zoom_out"],
  ["find", "exhibit", "trace"],
  ["snapshot", "export", "pictures"],
  ["palette", "help"],
];

/** Those that say what they do in words as well. */
const WORDED = new Set(["add", "expand_in", "expand_out", "tidy", "fit", "snapshot", "export", "pictures"]);

export function Toolbar({ desk }: { desk: Desk }): JSX.Element {
  useStore(desk.history);
  useStore(desk.selected);
  useStore(desk.focus);
  const bar = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState("add");
  const onKeyDown = (event: KeyboardEvent): void => {
    if (!(event.target instanceof HTMLButtonElement)) return;
    const buttons = [...(bar.current?.querySelectorAll<HTMLButtonElement>("button") ?? [])];
    const here = buttons.indexOf(event.target);
    const next = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    const button = buttons[(next + buttons.length) % buttons.length];
    setAt(button?.dataset.action ?? "add");
    button?.focus();
  };
  return (
    <div class="canvas-tools">
      <div ref={bar} class="canvas-bar" role="toolbar" aria-label={t("canvas.tools")} onKeyDown={onKeyDown}>
        {SETS.map((ids, index) => (
          <div key={index} class="canvas-set" role="group">
            {ids.map((id) => {
              const action = ACTION.get(id);
              return action && <Tool key={id} action={action} desk={desk} current={id === at} onFocus={() => setAt(id)} />;
            })}
          </div>
        ))}
      </div>
      <Choices desk={desk} />
    </div>
  );
}

function Tool(props: { action: Action; desk: Desk; current: boolean; onFocus: () => void }): JSX.Element {
  const { action, desk, current, onFocus } = props;
  const label = t(`canvas.action.${action.id}`);
  const keys = keysOf(action.id);
  const off = action.enabled?.(desk) === false;
  return (
    <button
      type="button"
      class={WORDED.has(action.id) ? "button button-small" : "button button-small button-icon"}
      data-action={action.id}
      // It stays in the row while it cannot be used, so that keys find it where it was.
      aria-disabled={off}
      aria-pressed={action.pressed?.(desk)}
      aria-label={WORDED.has(action.id) ? undefined : label}
      aria-keyshortcuts={keys.filter((key) => key.includes("+")).map((key) => key.replace("Ctrl", "Control")).join(" ") || undefined}
      title={keys.length === 0 ? label : `${label} (${keys[0]})`}
      tabIndex={current ? 0 : -1}
      onFocus={onFocus}
      onClick={() => void perform(desk, action.id)}
    >
      {action.icon !== undefined && <Icon name={action.icon} />}
      {WORDED.has(action.id) && <span>{t(`canvas.short.${action.id}`)}</span>}
    </button>
  );
}

/** How neighbours come, and how amounts are shown. */
function Choices({ desk }: { desk: Desk }): JSX.Element {
  const { picture } = useStore(desk.history);
  const currencies = useStore(status)?.currencies ?? [];
  const [, again] = useState(0);
  const { settings } = picture;
  const unit = (value: string): void => {
    commit(desk, set(pictureOf(desk), { unit: value }));
    // The worths come with the nodes: they are asked for anew.
    if (value !== "btc") void renew(desk);
  };
  return (
    <div class="canvas-choices">
      <Pick
        label={t("canvas.choice.as")}
        value={wish.as}
        choices={["auto", "tx", "address", "cluster"].map((value) => [value, t(`canvas.as.${value}`)])}
        onChange={(value) => {
          wish.as = value as typeof wish.as;
          again((n) => n + 1);
        }}
      />
      <Pick
        label={t("canvas.choice.order")}
        value={wish.order}
        choices={["value", "time", "tag"].map((value) => [value, t(`canvas.order.${value}`)])}
        onChange={(value) => {
          wish.order = value as typeof wish.order;
          again((n) => n + 1);
        }}
      />
      <Pick
        label={t("canvas.choice.unit")}
        value={settings.unit}
        choices={["btc", ...currencies].map((value) => [value, value.toUpperCase()])}
        onChange={unit}
      />
      <Pick
        label={t("canvas.choice.labels")}
        value={settings.edge_labels}
        choices={["amount_date", "amount", "none"].map((value) => [value, t(`canvas.labels.${value}`)])}
        onChange={(value) =>
          commit(desk, set(pictureOf(desk), { edge_labels: value as typeof settings.edge_labels }))
        }
      />
    </div>
  );
}

function Pick(props: { label: string; value: string; choices: string[][]; onChange: (value: string) => void }): JSX.Element {
  return (
    <label class="canvas-pick">
      <span>{props.label}</span>
      <select class="input" value={props.value} onChange={(event) => props.onChange(event.currentTarget.value)}>
        {props.choices.map(([value, label]) => (
          <option key={value} value={value} selected={value === props.value}>{label}</option>
        ))}
      </select>
    </label>
  );
}
