import type { JSX } from "preact";
import { formatBtc, formatCount, formatFiat, type Sat } from "../../shared/money";
import { useSettings } from "../settings";
import { t } from "../texts";
import { CopyButton } from "./CopyButton";

export interface AmountProps {
  sat: Sat | null | undefined;
  /** Worth by currency as decimal text, at the rate of the day; null where there is no rate. */
  fiat?: Record<string, string | null> | null | undefined;
  /** Without the unit, for columns whose heading names it. */
  bare?: boolean;
  /** With a button that copies the satoshis. */
  copy?: boolean;
}

/** An amount in BTC or the chosen currency; the exact satoshis on hover. */
export function Amount({ sat, fiat, bare, copy }: AmountProps): JSX.Element {
  const { unit } = useSettings();
  if (sat === null || sat === undefined) return <span class="amount quiet">{t("shell.unknown")}</span>;
  const worth = unit === "BTC" ? undefined : fiat?.[unit];
  const shown = worth == null ? formatBtc(sat) : formatFiat(worth);
  const named = worth == null ? "BTC" : unit;
  return (
    <span class="amount" title={exactly(sat, fiat)}>
      {shown}
      {(!bare || named !== unit) && <span class="unit"> {named}</span>}
      {copy && <CopyButton text={String(sat)} what={t("shell.sat")} />}
    </span>
  );
}

/** "12,345,678 sat = 0.12345678 BTC = 5,000.00 EUR" */
export function exactly(sat: Sat, fiat?: Record<string, string | null> | null): string {
  const worths = Object.entries(fiat ?? {}).map(([currency, amount]) =>
    amount === null ? t("shell.no_rate", { currency }) : `${formatFiat(amount)} ${currency}`,
  );
  return [`${formatCount(sat)} sat`, `${formatBtc(sat)} BTC`, ...worths].join(" = ");
}
