/** JSON whose whole numbers all survive: those beyond what a number holds exactly become bigint. */

const BIG = /[:[,\s]-?\d{16,}/;
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** The value of a JSON text. Throws SyntaxError for what is not JSON. */
export function readJson(text: string): unknown {
  if (!BIG.test(text)) return JSON.parse(text);
  // No text of the answer can begin with a mark that is made after it arrived.
  const mark = freshMark();
  const marked = text.replace(TOKEN, (token) =>
    /^-?\d{16,}$/.test(token) && !Number.isSafeInteger(Number(token)) ? `"${mark}${token}"` : token,
  );
  return JSON.parse(marked, (_key, value: unknown) =>
    typeof value === "string" && value.startsWith(mark) ? BigInt(value.slice(mark.length)) : value,
  );
}

/** The JSON text of a value, bigints as whole numbers. */
export function writeJson(value: unknown): string {
  const mark = freshMark();
  let big = false;
  const text = JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner !== "bigint") return inner;
    big = true;
    return `${mark}${inner}`;
  });
  return big ? text.replace(new RegExp(`"${mark}(-?\\d+)"`, "g"), "$1") : text;
}

function freshMark(): string {
  return `int-${crypto.randomUUID()}-`;
}
