import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";
import { Icon, type IconName } from "./Icon";

export interface ButtonProps {
  onClick?: (event: MouseEvent) => void | Promise<unknown>;
  icon?: IconName;
  /** Says what a button of an icon alone does; shown on hover as well. */
  label?: string;
  /** The one thing that the form or page is for. */
  primary?: boolean;
  danger?: boolean;
  /** Without a border until it is pointed at. */
  quiet?: boolean;
  small?: boolean;
  disabled?: boolean;
  /** For a button that switches something: whether it is on. */
  pressed?: boolean;
  expanded?: boolean;
  controls?: string;
  popup?: "menu" | "dialog";
  type?: "button" | "submit";
  class?: string;
  children?: ComponentChildren;
}

/** A button. Where `onClick` gives a promise, it cannot be pressed again until that is settled. */
export function Button(props: ButtonProps): JSX.Element {
  const [busy, setBusy] = useState(false);
  const { icon, label, primary, danger, quiet, small, disabled, children } = props;
  const kinds = [
    "button",
    primary && "button-primary",
    danger && "button-danger",
    quiet && "button-quiet",
    small && "button-small",
    children === undefined && "button-icon",
    props.class,
  ];
  const click = (event: MouseEvent): void => {
    const doing = props.onClick?.(event);
    if (!(doing instanceof Promise)) return;
    setBusy(true);
    doing.then(
      () => setBusy(false),
      () => setBusy(false),
    );
  };
  return (
    <button
      type={props.type ?? "button"}
      class={kinds.filter(Boolean).join(" ")}
      aria-label={label}
      title={label}
      aria-pressed={props.pressed}
      aria-expanded={props.expanded}
      aria-controls={props.controls}
      aria-haspopup={props.popup}
      aria-busy={busy || undefined}
      disabled={disabled || busy}
      onClick={click}
    >
      {icon !== undefined && <Icon name={icon} />}
      {children}
    </button>
  );
}
