/** The curves as an SVG file: what is drawn on a canvas has none of its own. */

import { formatBtc } from "../../shared/money";
import type { Curves } from "./sums";

const SIZE = { width: 1120, height: 420, left: 110, right: 20, top: 50, bottom: 40 };

export const DASHES = [[], [8, 4], [2, 3], [8, 3, 2, 3], [14, 4], [4, 2], [2, 6], [10, 2, 2, 2, 2, 2]] as const;

/** The SVG text of curves as steps, each with a colour, a dash and its name. */
export function curvesSvg(
  curves: Curves,
  names: readonly string[],
  colours: readonly string[],
  look: { ground: string; text: string; line: string; title: string },
): string {
  const { width, height, left, right, top, bottom } = SIZE;
  const times = curves.days.map((day) => Date.parse(`${day}T00:00:00Z`));
  const first = times[0] ?? 0;
  const span = Math.max(1, (times.at(-1) ?? 0) - first);
  const most = curves.curves.reduce((max, { sat }) => ((sat.at(-1) ?? 0n) > max ? (sat.at(-1) ?? 0n) : max), 1n);
  const x = (at: number): number => left + ((at - first) / span) * (width - left - right);
  const y = (sat: bigint): number => height - bottom - (Number(sat) / Number(most)) * (height - top - bottom);
  const n = (value: number): string => String(Math.round(value * 10) / 10);
  const parts = [
    `<rect x="0" y="0" width="${width}" height="${height}" fill="${escaped(look.ground)}"/>`,
    `<text x="${left}" y="20" font-weight="600" fill="${escaped(look.text)}">${escaped(look.title)}</text>`,
    `<path d="M${left},${top}V${height - bottom}H${width - right}" fill="none" stroke="${escaped(look.line)}"/>`,
    `<text x="${left - 6}" y="${top + 4}" text-anchor="end" fill="${escaped(look.text)}">${formatBtc(most)}</text>`,
    `<text x="${left - 6}" y="${height - bottom}" text-anchor="end" fill="${escaped(look.text)}">0</text>`,
    `<text x="${left}" y="${height - 14}" fill="${escaped(look.text)}">${escaped(curves.days[0] ?? "")}</text>`,
    `<text x="${width - right}" y="${height - 14}" text-anchor="end" fill="${escaped(look.text)}">${escaped(curves.days.at(-1) ?? "")}</text>`,
  ];
  curves.curves.forEach(({ sat }, index) => {
    let path = `M${n(x(first))},${n(y(0n))}`;
    sat.forEach((value, day) => {
      path += `H${n(x(times[day] ?? first))}V${n(y(value))}`;
    });
    const dash = (DASHES[index % DASHES.length] ?? []).join(" ");
    const colour = escaped(colours[index % colours.length] ?? look.text);
    const key = left + 10 + (index % 4) * 250;
    const row = 36 + Math.floor(index / 4) * 16;
    parts.push(
      `<path d="${path}" fill="none" stroke="${colour}" stroke-width="2" stroke-dasharray="${dash}"/>`,
      `<path d="M${key},${row}h24" stroke="${colour}" stroke-width="2" stroke-dasharray="${dash}"/>`,
      `<text x="${key + 30}" y="${row + 4}" fill="${escaped(look.text)}">${escaped((names[index] ?? "").slice(0, 34))}</text>`,
    );
  });
  return (
    `<?xml version="1.0" encoding="UTF-8"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ` +
    `viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">${parts.join("")}</svg>\n`
  );
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (found) => `&#${found.charCodeAt(0)};`);
}
