/** How wide a text is, judged without a screen: the same on every machine. */

import { visible } from "../../../shared/text";

/** Widths of letters in thousandths of the type's size, somewhat generous for any plain face. */
const NARROW = new Set([..."iljtfrI.,:;'|!()[]/ ·"]);
const WIDE = new Set([..."mwMW@%…—→"]);
const CUT = "…";

export const TEXT_SIZE = 11;
export const EDGE_TEXT_SIZE = 10;
export const LINE_HEIGHT = 14;
const NOTE_WIDTH = 180;
const NOTE_LINES = 12;
const NOTE_PADDING = 8;

/** The width of a text of that size, in the units of the size. */
export function widthOf(text: string, size: number): number {
  let width = 0;
  for (const letter of text) width += letterWidth(letter);
  return (width * size) / 1000;
}

/** The text, or as much of its beginning as is no wider, with an ellipsis; its controls shown. */
export function fitted(text: string, width: number, size = TEXT_SIZE): string {
  const shown = visible(text);
  if (widthOf(shown, size) <= width) return shown;
  const room = width - widthOf(CUT, size);
  let taken = "";
  let used = 0;
  for (const letter of shown) {
    used += (letterWidth(letter) * size) / 1000;
    if (used > room) break;
    taken += letter;
  }
  return taken + CUT;
}

/** A long hash or address with its middle left out. */
export function shortened(text: string, head = 8, tail = 6): string {
  const letters = [...visible(text)];
  if (letters.length <= head + tail + 1) return letters.join("");
  return `${letters.slice(0, head).join("")}${CUT}${letters.slice(-tail).join("")}`;
}

/** The lines of a remark, broken at spaces, long words within; the last one says if more follows. */
export function noteLines(text: string): string[] {
  const room = NOTE_WIDTH - 2 * NOTE_PADDING;
  const lines: string[] = [];
  for (const paragraph of text.split(/\r\n|\r|\n/)) {
    let line = "";
    for (const word of visible(paragraph).split(" ")) {
      const longer = line === "" ? word : `${line} ${word}`;
      if (widthOf(longer, TEXT_SIZE) <= room) {
        line = longer;
        continue;
      }
      if (line !== "") lines.push(line);
      line = "";
      for (const letter of word) {
        if (widthOf(line + letter, TEXT_SIZE) > room) {
          lines.push(line);
          line = "";
        }
        line += letter;
      }
      if (lines.length > NOTE_LINES) break;
    }
    lines.push(line);
    if (lines.length > NOTE_LINES) break;
  }
  if (lines.length <= NOTE_LINES) return lines;
  return [...lines.slice(0, NOTE_LINES - 1), fitted(`${lines[NOTE_LINES - 1]} ${CUT}`, room)];
}

/** The size of a remark as drawn. */
export function noteSize(text: string): { width: number; height: number } {
  const lines = noteLines(text);
  const widest = lines.reduce((width, line) => Math.max(width, widthOf(line, TEXT_SIZE)), 0);
  return {
    width: Math.min(NOTE_WIDTH, Math.ceil(widest) + 2 * NOTE_PADDING),
    height: lines.length * LINE_HEIGHT + 2 * NOTE_PADDING,
  };
}

function letterWidth(letter: string): number {
  if (NARROW.has(letter)) return 340;
  if (WIDE.has(letter)) return 950;
  if (letter >= "A" && letter <= "Z") return 700;
  // Beyond the letters of Europe many are as wide as they are high.
  return (letter.codePointAt(0) ?? 0) > 0x024f ? 1000 : 590;
}
