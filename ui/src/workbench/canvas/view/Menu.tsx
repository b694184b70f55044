/** The menu of what is chosen, where the pointer is or by key. */

import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "../../parts/Icon";
import { useStore } from "../../store";
import { t } from "../../texts";
import { ACTIONS, perform } from "./actions";
import { chosen, type Desk } from "./desk";
import { keysOf } from "./keyboard";

const LEFT_OUT = new Set(["walk", "help"]);

export function Menu({ desk }: { desk: Desk }): JSX.Element | null {
  const at = useStore(desk.menu);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const menu = box.current;
    if (menu === null || at === null) return;
    const { width, height } = menu.getBoundingClientRect();
    menu.style.left = `${Math.max(4, Math.min(at.x, innerWidth - width - 4))}px`;
    menu.style.top = `${Math.max(4, Math.min(at.y, innerHeight - height - 4))}px`;
    menu.querySelector<HTMLElement>("[role=menuitem]")?.focus();
    const away = (event: Event): void => {
      if (event.target instanceof Node && !menu.contains(event.target)) desk.menu.set(null);
    };
    addEventListener("pointerdown", away);
    return () => removeEventListener("pointerdown", away);
  }, [at]);
  if (at === null) return null;
  const some = chosen(desk).length > 0;
  const actions = ACTIONS.filter(
    (action) =>
      (!LEFT_OUT.has(action.family) || action.id === "details") &&
      !action.id.startsWith("move_") &&
      (some ? action.about !== "canvas" && action.enabled?.(desk) !== false : action.about === "canvas"),
  );
  const close = (): void => {
    desk.menu.set(null);
    desk.surface.focus();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const items = [...(box.current?.querySelectorAll<HTMLElement>("[role=menuitem]") ?? [])];
    const here = items.indexOf(document.activeElement as HTMLElement);
    const next = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: items.length - 1 }[event.key];
    if (event.key === "Escape" || event.key === "Tab") {
      event.preventDefault();
      event.stopPropagation();
      close();
    } else if (next !== undefined) {
      event.preventDefault();
      items[(next + items.length) % items.length]?.focus();
    } else if (/^[\p{L}]$/u.test(event.key)) {
      // The first letter of a word goes to it, as in any menu.
      const turned = [...items.slice(here + 1), ...items.slice(0, here + 1)];
      turned.find((item) => item.textContent?.trim().toLowerCase().startsWith(event.key.toLowerCase()))?.focus();
    }
  };
  return (
    <div ref={box} class="canvas-menu" role="menu" aria-label={t("canvas.menu")} onKeyDown={onKeyDown}>
      {actions.map((action) => (
        <button
          key={action.id}
          type="button"
          role="menuitem"
          tabIndex={-1}
          onClick={() => {
            close();
            void perform(desk, action.id);
          }}
        >
          <span class="canvas-menu-icon">{action.icon !== undefined && <Icon name={action.icon} />}</span>
          <span>{t(`canvas.action.${action.id}`)}</span>
          <kbd>{keysOf(action.id)[0]}</kbd>
        </button>
      ))}
    </div>
  );
}
