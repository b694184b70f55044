import type { ComponentChildren, JSX } from "preact";

/** What stands where there is nothing, with what can be done about it. */
export function Empty(props: { children?: ComponentChildren; action?: ComponentChildren }): JSX.Element {
  return (
    <div class="empty">
      <p>{props.children}</p>
      {props.action}
    </div>
  );
}
