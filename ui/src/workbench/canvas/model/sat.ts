/** Sums of satoshis, exact: the receipts of a great service pass what a number holds. */

import type { Sat } from "../../../shared/money";

export type { Sat };

/** The sum, as a number where a number holds it. */
export function sum(amounts: Iterable<Sat>): Sat {
  let total = 0n;
  for (const amount of amounts) total += BigInt(amount);
  return narrow(total);
}

/** What is left of an amount, never less than nothing. */
export function less(whole: Sat, part: Sat): Sat {
  const left = BigInt(whole) - BigInt(part);
  return narrow(left < 0n ? 0n : left);
}

/** The order of two amounts, largest first. */
export function largestFirst(a: Sat, b: Sat): number {
  return a > b ? -1 : a < b ? 1 : 0;
}

/** The sum of decimal texts, or null where one is missing or is no number. */
export function sumDecimals(texts: readonly (string | null | undefined)[]): string | null {
  let places = 0;
  for (const text of texts) {
    if (text == null || !/^-?\d+(\.\d+)?$/.test(text)) return null;
    places = Math.max(places, text.split(".")[1]?.length ?? 0);
  }
  let total = 0n;
  for (const text of texts as readonly string[]) {
    const [whole = "", part = ""] = text.split(".");
    total += BigInt(whole + part.padEnd(places, "0"));
  }
  if (places === 0) return String(total);
  const digits = String(total < 0n ? -total : total).padStart(places + 1, "0");
  return `${total < 0n ? "-" : ""}${digits.slice(0, -places)}.${digits.slice(-places)}`;
}

function narrow(amount: bigint): Sat {
  const small = Number(amount);
  return Number.isSafeInteger(small) ? small : amount;
}
