/** Text from the chain and from tags, made safe to read. */

// Controls, invisible characters and those that turn the direction of writing: a label must not be
// able to hide a part of itself or to look like another label.
const UNSEEN =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]|\p{Cs}/gu;

/** The text with every character that cannot be seen written as its code point, `\u{202e}`. */
export function visible(text: string): string {
  return text.replace(UNSEEN, (found) => `\\u{${(found.codePointAt(0) ?? 0).toString(16)}}`);
}

/** "2024-01-31T12:00:00Z" as "2024-01-31 12:00:00", UTC as it was. */
export function formatTime(time: string): string {
  return time.replace("T", " ").replace(/Z$/, "");
}
