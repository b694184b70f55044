import type { ComponentChildren, JSX } from "preact";
import { t } from "../texts";
import { Button } from "./Button";
import { Icon, type IconName } from "./Icon";

export type NoticeKind = "info" | "ok" | "warning" | "error";

const ICONS: Record<NoticeKind, IconName> = { info: "info", ok: "ok", warning: "warning", error: "error" };

export interface NoticeProps {
  kind?: NoticeKind;
  title?: ComponentChildren;
  /** Shows a button that tries again. */
  again?: (() => void) | undefined;
  /** Shows a button that puts the notice away. */
  onClose?: (() => void) | undefined;
  children?: ComponentChildren;
}

/** Something the user should know. Errors and warnings are spoken by screen readers at once. */
export function Notice({ kind = "info", title, again, onClose, children }: NoticeProps): JSX.Element {
  const urgent = kind === "error" || kind === "warning";
  return (
    <div class={`notice notice-${kind}`} role={urgent ? "alert" : "status"}>
      <Icon name={ICONS[kind]} />
      <div class="notice-body">
        {title !== undefined && <strong>{title}</strong>}
        <div>{children}</div>
      </div>
      {again !== undefined && <Button onClick={again}>{t("shell.again")}</Button>}
      {onClose !== undefined && (
        <Button quiet icon="close" label={t("shell.close")} onClick={onClose} />
      )}
    </div>
  );
}
