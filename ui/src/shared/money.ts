/** Amounts: whole satoshis, and fiat as decimal text. Never a float. */

/** Satoshis; a number where JavaScript holds it exactly, else a bigint. */
export type Sat = number | bigint;

const SAT_PER_BTC = 100_000_000n;

/** Satoshis of a JSON number; throws where the number is not a whole one that JSON kept exactly. */
export function satoshis(value: unknown, where: string): bigint {
  if (typeof value !== "number" || !Number.isSafeInteger(value)) {
    throw new Error(`${where} is not a whole number of satoshis`);
  }
  return BigInt(value);
}

/** Bitcoin with all eight digits and thousands set apart: 123456789012n gives "1,234.56789012". */
export function formatBtc(amount: Sat): string {
  const sat = BigInt(amount);
  const sign = sat < 0n ? "-" : "";
  const size = sat < 0n ? -sat : sat;
  const fraction = String(size % SAT_PER_BTC).padStart(8, "0");
  return `${sign}${thousands(String(size / SAT_PER_BTC))}.${fraction}`;
}

/** A whole number with its thousands set apart: 1234567 gives "1,234,567". */
export function formatCount(count: Sat): string {
  const text = String(count);
  return text.startsWith("-") ? `-${thousands(text.slice(1))}` : thousands(text);
}

/** A decimal text with its thousands set apart; other text comes back as it is. */
export function formatFiat(amount: string): string {
  const parts = /^(-?)(\d+)(\.\d+)?$/.exec(amount);
  if (parts === null) return amount;
  return `${parts[1]}${thousands(parts[2] ?? "")}${parts[3] ?? ""}`;
}

/** The order of two decimal texts by value, exactly: negative, zero or positive. */
export function compareDecimal(a: string, b: string): number {
  const digits = Math.max(fractionDigits(a), fractionDigits(b));
  const left = scaled(a, digits);
  const right = scaled(b, digits);
  return left < right ? -1 : left > right ? 1 : 0;
}

function thousands(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, ",");
}

function fractionDigits(text: string): number {
  const point = text.indexOf(".");
  return point < 0 ? 0 : text.length - point - 1;
}

function scaled(text: string, digits: number): bigint {
  return BigInt(text.replace(".", "") + "0".repeat(digits - fractionDigits(text)));
}
