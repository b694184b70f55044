import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { canonicalOf } from "../../../src/workbench/canvas/model/canonical";
import { fitted, noteLines, widthOf } from "../../../src/workbench/canvas/model/fit";
import type { FlowEdge } from "../../../src/workbench/canvas/model/flow";
import { edgeLabel, nodeLines } from "../../../src/workbench/canvas/model/labels";
import {
  INK,
  THEMES,
  dashesOf,
  edgeInk,
  edgeWidth,
  endsOf,
  labelAt,
  nodeInk,
  noteInk,
} from "../../../src/workbench/canvas/model/look";
import { apply } from "../../../src/workbench/canvas/model/operation";
import { add, annotate, editGroup, group, set } from "../../../src/workbench/canvas/model/operations";
import { COLOURS, DEFAULT_SETTINGS, type Picture } from "../../../src/workbench/canvas/model/picture";
import { NotAPicture, readPicture } from "../../../src/workbench/canvas/model/read";
import { drawingOf, svgOf } from "../../../src/workbench/canvas/model/svg";
import { COLUMN, NODE_HEIGHT, NODE_WIDTH } from "../../../src/workbench/canvas/model/space";
import { edgesTable, nodesTable } from "../../../src/workbench/canvas/model/table";
import { visibleOf } from "../../../src/workbench/canvas/model/visible";
import { wordsOf } from "../../../src/workbench/canvas/model/words";
import { speak } from "../../../src/workbench/texts";
import { anything, chance, edge, part, party, pictureOf, timeOf, tx } from "./made";

await speak("en");
const words = wordsOf();
const caption = {
  title: "Pay site",
  date_utc: "2024-02-01T12:00:00Z",
  tip: { height: 840_000, hash: "00".repeat(32) },
};

function worked(seed: number): Picture {
  const random = chance(seed);
  let picture = pictureOf([tx("s", 5000)]);
  for (let step = 0; step < 50; step++) picture = apply(picture, anything(picture, random));
  return picture;
}

/** The document, or a throw: a browser refuses the whole drawing for one wrong character. */
function parsed(svg: string): Document {
  const document = new DOMParser().parseFromString(svg, "image/svg+xml");
  expect(document.querySelector("parsererror")).toBeNull();
  return document;
}

/** True for text in which every tag is closed by its own and nothing else is markup. */
function wellFormed(xml: string): boolean {
  const body = xml.replace(/^<\?xml [^?]*\?>\n/, "");
  const open: string[] = [];
  let at = 0;
  for (const { 0: tag, index, 1: closing, 2: name = "", 3: alone } of body.matchAll(
    /<(\/?)([a-z]+)(?: [a-zA-Z0-9-]+="[^"<]*")*(\/?)>/g,
  )) {
    const between = body.slice(at, index);
    if (/[<>]|&(?!(?:amp|lt|gt|quot|#13);)/.test(between)) return false;
    at = index + tag.length;
    if (closing === "/") {
      if (open.pop() !== name) return false;
    } else if (alone === "") open.push(name);
  }
  // And nothing that XML cannot hold at all.
  return open.length === 0 && body.slice(at).trim() === "" && !/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(xml);
}

const HOSTILE = [
  "<script>alert(1)</script>",
  "]]>",
  "<![CDATA[x",
  "a\u202eb\u2066c",
  "nul\u0000 bell\u0007 \ufffe \ud800 alone",
  `" onload="alert(1)`,
  "&amp; &#x0; &nope;",
  "</text></svg><svg onload='x'>",
  "-->",
];

test("equal pictures are drawn in the same bytes, also after storing and reading", () => {
  for (let seed = 1; seed <= 8; seed++) {
    const picture = worked(seed);
    const svg = svgOf(picture, words, "light", caption);
    expect(svgOf(worked(seed), words, "light", caption)).toBe(svg);
    expect(svgOf(readPicture(JSON.parse(canonicalOf(picture))), words, "light", caption)).toBe(svg);
    expect(wellFormed(svg)).toBe(true);
    expect(svgOf(picture, words, "dark", caption)).not.toBe(svg);
  }
});

test("hostile text is drawn as text and nothing of it is markup", () => {
  for (const text of HOSTILE) {
    let picture = pictureOf(
      [
        tx("a", 1, { label: text, coinjoin: text }),
        party("b", {
          service: { party: "b", label: text, category: text },
          tags: [{ label: text, category: null, source: text }],
          tag_count: 1,
        }),
        { ...party("c"), id: `address:${text}`, label: text },
      ],
      [edge("tx:a", "address:b", 5), edge("tx:a", `address:${text}`, 5)],
    );
    picture = apply(picture, annotate(picture, { node: "tx:a" }, text));
    picture = apply(picture, group(picture, ["address:b"], text));
    for (const closed of [false, true]) {
      picture = apply(picture, editGroup(picture, "group:1", { closed }));
      const svg = svgOf(picture, words, "light", { ...caption, title: text, lines: [text] });
      expect(wellFormed(svg), text).toBe(true);
      expect(svg).not.toMatch(/<script|onload=["']alert|\u202e|\u2066/);
      const names = new Set([...parsed(svg).querySelectorAll("*")].map((one) => one.localName));
      for (const name of names) {
        expect(["svg", "g", "rect", "line", "polygon", "text", "title", "desc"]).toContain(name);
      }
    }
  }
});

test("the drawing says its title, date, tip, legend and what it leaves out", () => {
  let picture = pictureOf([tx("a", 1), party("b")], [edge("tx:a", "address:b", 123_456_789, { time_utc: timeOf(1) })]);
  picture = apply(picture, add(picture, part([party("c")], [edge("tx:a", "address:c", 5, { basis: "inference" })])));
  picture = apply(picture, set(picture, { dust_sat: 100 }));
  const svg = svgOf(picture, words, "light", caption);
  for (const said of [
    "Pay site",
    "2024-02-01T12:00:00Z",
    "840000",
    "00".repeat(32),
    "1.23456789 BTC",
    "2024-01-01",
    "Legend",
    "Not drawn: 1 nodes and 1 edges",
  ]) {
    expect(svg).toContain(said);
  }
});

test("all that is drawn lies within the drawing", () => {
  const picture = worked(3);
  const { svg, width, height } = drawingOf(picture, words, "light", caption);
  const shift = /translate\((-?[\d.]+) (-?[\d.]+)\)/.exec(svg);
  for (const { x, y } of visibleOf(picture).nodes) {
    expect(x + Number(shift?.[1])).toBeGreaterThan(0);
    expect(x + Number(shift?.[1])).toBeLessThan(width);
    expect(y + Number(shift?.[2])).toBeGreaterThan(0);
    expect(y + Number(shift?.[2])).toBeLessThan(height);
  }
});

test("a picture with nothing on it can be drawn", () => {
  expect(wellFormed(svgOf(pictureOf([]), words, "dark", { ...caption, tip: null }))).toBe(true);
});

test("the kinds of statement have different lines", () => {
  const lines = (["fact", "inference", "assertion"] as const).map((basis) => dashesOf(basis, 2).join());
  expect(new Set(lines).size).toBe(3);
});

function luminance(colour: string): number {
  const parts = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * (parts[0] ?? 0) + 0.7152 * (parts[1] ?? 0) + 0.0722 * (parts[2] ?? 0);
}

/** WCAG 2.2, success criteria 1.4.3 and 1.4.11. */
function contrast(a: string, b: string): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

test.each(THEMES)("text and lines stand out from their ground: %s", (theme) => {
  const { ground, text, quiet, line, lit, accent } = INK[theme];
  for (const ink of [text, quiet]) expect(contrast(ink, ground)).toBeGreaterThanOrEqual(4.5);
  for (const ink of [line, lit, accent]) expect(contrast(ink, ground)).toBeGreaterThanOrEqual(3);
  const kinds = ["tx", "address", "cluster", "end", "group"] as const;
  const inks = [
    ...kinds.map((kind) => nodeInk({ kind, colour: null }, theme)),
    ...COLOURS.map((colour) => noteInk(colour, theme)),
  ];
  for (const ink of inks) {
    expect(contrast(ink.text, ink.fill)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(ink.line, ground)).toBeGreaterThanOrEqual(3);
    expect(contrast(ink.line, ink.fill)).toBeGreaterThanOrEqual(3);
  }
  for (const basis of ["fact", "inference", "assertion"] as const) {
    expect(contrast(edgeInk({ basis, colour: null }, theme), ground)).toBeGreaterThanOrEqual(3);
  }
});

test("wider with the amount, and never too thin to see nor too thick", () => {
  const widths = [0, 1, 100_000, 300_000, 100_000_000, 10n ** 18n].map((value_sat) => edgeWidth({ value_sat }));
  expect(widths).toEqual([...widths].sort((a, b) => a - b));
  expect(widths[0]).toBe(1);
  expect(widths.at(-1)).toBe(7);
});

test("an edge to the left does not lie on the one that comes back", () => {
  const there = endsOf({ x: 0, y: 0 }, { x: 500, y: 0 }, 56);
  const back = endsOf({ x: 500, y: 0 }, { x: 0, y: 0 }, 56);
  expect(there).toEqual({ from: { x: 98, y: 0 }, to: { x: 402, y: 0 } });
  expect(back.from.y).not.toBe(there.from.y);
  expect(back.from.x).toBe(402);
});

test("the amount of an edge never stands on a node of a column between", () => {
  for (const end of ["from", "to"] as const) {
    for (const to of [COLUMN, 2 * COLUMN, 5 * COLUMN, -3 * COLUMN]) {
      const { x } = labelAt(endsOf({ x: 0, y: 0 }, { x: to, y: 92 }, NODE_HEIGHT), end);
      const fromColumn = Math.abs(x / COLUMN - Math.round(x / COLUMN)) * COLUMN;
      expect(fromColumn).toBeGreaterThan(NODE_WIDTH / 2);
    }
  }
});

test("labels say what it is, how much and when, and what is special", () => {
  const [node] = visibleOf(pictureOf([tx("a".repeat(64), 1, { coinjoin: "wabi", incomplete: true })])).nodes;
  if (node === undefined) throw new Error("nothing is drawn");
  expect(nodeLines(node, DEFAULT_SETTINGS, words)).toEqual([
    "Tx aaaaaaaa…aaaaaa",
    "0.01000000 BTC · 2024-01-01",
    "incomplete · CoinJoin: wabi",
  ]);
});

test("an edge tells its amount in the unit chosen, and that there is no rate", () => {
  const picture = pictureOf([tx("a", 1), party("b")], [
    edge("tx:a", "address:b", 5, { fiat: { eur: "1234.50", usd: null }, time_utc: timeOf(1) }),
  ]);
  const drawn = visibleOf(picture).edges[0];
  if (drawn === undefined) throw new Error("nothing is drawn");
  const label = (unit: string) => edgeLabel(drawn, { ...DEFAULT_SETTINGS, unit, edge_labels: "amount" }, words);
  expect(label("btc")).toBe("0.00000005 BTC");
  expect(label("eur")).toBe("1,234.50 EUR");
  expect(label("usd")).toBe("no rate in USD");
  expect(edgeLabel(drawn, DEFAULT_SETTINGS, words)).toBe("0.00000005 BTC\n2024-01-01");
});

test("texts are cut to the room there is", () => {
  for (const text of ["w".repeat(90), "記号".repeat(40), "i".repeat(300)]) {
    const cut = fitted(text, 100);
    expect(widthOf(cut, 11)).toBeLessThanOrEqual(100);
    expect(cut.endsWith("…")).toBe(true);
  }
  expect(fitted("short", 100)).toBe("short");
  const lines = noteLines(`${"word ".repeat(200)}${"x".repeat(500)}`);
  expect(lines.length).toBe(12);
  for (const line of lines) expect(widthOf(line, 11)).toBeLessThanOrEqual(164);
  expect(lines.at(-1)?.endsWith("…")).toBe(true);
});

test("tables hold what is drawn, with nothing cut and satoshis whole", () => {
  let picture = pictureOf([tx("a", 1), party("b")], [edge("tx:a", "address:b", 123_456_789, { fiat: { eur: "9.90" } })]);
  picture = apply(picture, annotate(picture, { edge: "pays:tx:a>address:b" }, "half"));
  const edges = edgesTable(picture, words);
  expect(edges.columns.slice(0, 4)).toEqual(["From", "To", "Kind", "Satoshis"]);
  expect(edges.columns.at(-1)).toBe("Worth EUR");
  expect(edges.rows).toHaveLength(1);
  expect(edges.rows[0]).toContain(123_456_789);
  expect(edges.rows[0]).toContain("half");
  expect(edges.rows[0]).toHaveLength(edges.columns.length);
  for (const row of nodesTable(picture, words).rows) {
    expect(row).toHaveLength(nodesTable(picture, words).columns.length);
  }
});

test("what the server says beyond what this version knows is stored again as it was", () => {
  const told = { ...party("b"), sent_sat: 5 };
  const picture = pictureOf([tx("a", 1), told], [{ ...edge("tx:a", "address:b", 5), joint_count: 0 } as FlowEdge]);
  const text = canonicalOf(picture);
  expect(text).toContain("joint_count");
  expect(text).toContain("sent_sat");
  expect(canonicalOf(readPicture(JSON.parse(text)))).toBe(text);
});

test("a file that is no picture is refused with what is wrong in it", () => {
  const good = JSON.parse(canonicalOf(worked(2))) as Record<string, unknown>;
  expect(() => readPicture(good)).not.toThrow();
  const first = Object.keys(good.nodes as object)[0] as string;
  const changed = (change: (node: Record<string, unknown>) => void) => {
    const copy = JSON.parse(JSON.stringify(good)) as { nodes: Record<string, Record<string, unknown>> };
    change(copy.nodes[first] as Record<string, unknown>);
    return copy;
  };
  for (const bad of [
    null,
    [],
    "picture",
    {},
    { ...good, version: 2 },
    { ...good, nodes: [] },
    { ...good, settings: null },
    { ...good, nodes: {} , edges: { e: { ...Object.values(good.edges as object)[0], id: "e", from: "tx:nowhere" } } },
    changed((node) => { node.x = 0.5; }),
    changed((node) => { node.y = 1e12; }),
    changed((node) => { node.value_sat = -1; }),
    changed((node) => { node.colour = "url(#x)"; }),
    changed((node) => { node.label = 7; }),
    changed((node) => { node.id = "tx:other"; }),
    changed((node) => { node.group = "group:77"; }),
    changed((node) => { node.time_utc = "yesterday"; }),
    JSON.parse('{"format":"peelchain-picture","version":1,"nodes":{"__proto__":{}},"edges":{},"notes":{},"groups":{},"settings":{}}') as unknown,
  ]) {
    expect(() => readPicture(bad)).toThrow(NotAPicture);
  }
});

test("the words of the drawing are there in both languages", async () => {
  for (const language of ["en", "es"] as const) {
    await speak(language);
    const all = JSON.stringify(wordsOf());
    expect(all).not.toMatch(/"(picture|report)\./);
  }
  await speak("en");
});

test("the worker that tidies needs no leave to run text as a program", () => {
  const source = readFileSync("node_modules/elkjs/lib/elk-worker.min.js", "utf8");
  expect(source).not.toMatch(/\beval\(|new Function\(/);
});
