import { afterEach, beforeAll, expect, test } from "vitest";
import { render, type ComponentChild } from "preact";
import { act } from "preact/test-utils";
import { Amount } from "../../src/workbench/parts/Amount";
import { Basis } from "../../src/workbench/parts/Basis";
import { Button } from "../../src/workbench/parts/Button";
import { DataTable, type Column } from "../../src/workbench/parts/DataTable";
import { TextField } from "../../src/workbench/parts/Field";
import { AddressLink, Hash, OutpointLink } from "../../src/workbench/parts/Hash";
import { duration, progressText } from "../../src/workbench/parts/ProgressBar";
import { Tabs } from "../../src/workbench/parts/Tabs";
import { TagChip } from "../../src/workbench/parts/TagChip";
import { localTime, Time } from "../../src/workbench/parts/Time";
import { choose } from "../../src/workbench/settings";
import { speak } from "../../src/workbench/texts";

const TXID = "ab".repeat(32);
const HOSTILE = '<img src=x onerror="document.title=1">\u202egnp.exe';

beforeAll(() => speak("en"));
afterEach(() => {
  choose({ unit: "BTC" });
  render(null, document.body);
});

function draw(what: ComponentChild): void {
  act(() => render(what, document.body));
}

function all(selector: string): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>(selector)];
}

test("an amount shows bitcoin and keeps the exact satoshis for hover", () => {
  draw(<Amount sat={2_100_000_000_000_000} fiat={{ EUR: "12.50", USD: null }} />);
  const shown = document.querySelector(".amount");
  expect(shown?.textContent).toBe("21,000,000.00000000 BTC");
  expect(shown?.getAttribute("title")).toBe(
    "2,100,000,000,000,000 sat = 21,000,000.00000000 BTC = 12.50 EUR = no rate in USD",
  );
});

test("an amount turns to the chosen currency, and says BTC where the day has no rate", () => {
  choose({ unit: "USD" });
  draw([<Amount sat={1} fiat={{ USD: "1234.50" }} bare />, <Amount sat={1} fiat={{ USD: null }} bare />]);
  expect(all(".amount").map((each) => each.textContent)).toEqual(["1,234.50", "0.00000001 BTC"]);
});

test("a hash is shortened to the eye and whole to copying, searching and screen readers", () => {
  draw([<Hash text={TXID} />, <OutpointLink outpoint={`${TXID}:12`} />]);
  expect(all(".hash").map((each) => each.textContent)).toEqual([TXID, `${TXID}:12`]);
  expect(all(".hash-middle")[0]?.textContent).toHaveLength(48);
  expect(document.querySelector("a")?.getAttribute("href")).toBe(`/tx/${TXID}?vout=12`);
});

test("hostile text is text, and its invisible characters are seen", () => {
  draw([<TagChip label={HOSTILE} source={HOSTILE} />, <AddressLink address={HOSTILE} full />]);
  expect(all("img")).toHaveLength(0);
  expect(document.querySelector(".chip-label")?.textContent).toContain("\\u{202e}gnp.exe");
  expect(document.querySelector("a")?.getAttribute("href")).toMatch(/^\/address\/%3Cimg/);
});

test("a time is UTC in the page and local on hover, with its offset", () => {
  draw(<Time utc="2024-01-31T12:00:00Z" />);
  expect(document.querySelector("time")?.textContent).toBe("2024-01-31 12:00:00 UTC");
  expect(localTime("2024-01-31T12:00:00Z")).toMatch(/^2024-0[12]-\d\d \d\d:\d\d:00 [+-]\d\d:\d\d \(.+\)$/);
  expect(localTime("no time")).toBe("no time");
});

test("a basis is told by word and by line, not by colour alone", () => {
  draw(["fact", "inference", "assertion"].map((of) => <Basis key={of} of={of} />));
  expect(all(".basis").map((each) => each.textContent)).toEqual(["fact", "inference", "assertion"]);
  const dashes = all(".basis line").map((line) => line.getAttribute("stroke-dasharray"));
  expect(new Set(dashes).size).toBe(3);
});

test("a button that does something slow cannot be pressed twice", async () => {
  let pressed = 0;
  let finish = (): void => undefined;
  const slow = (): Promise<void> => {
    pressed += 1;
    return new Promise((resolve) => {
      finish = resolve;
    });
  };
  draw(<Button onClick={slow}>Go</Button>);
  const button = all("button")[0] as HTMLButtonElement;
  act(() => button.click());
  act(() => button.click());
  expect([pressed, button.disabled]).toEqual([1, true]);
  await act(async () => finish());
  expect(button.disabled).toBe(false);
});

test("a field says what is wrong with it where a screen reader looks for it", () => {
  draw(<TextField label="Address" value="x" onInput={() => undefined} hint="of any network" error="too short" />);
  const input = document.querySelector("input");
  const told = (input?.getAttribute("aria-describedby") ?? "").split(" ");
  expect(told.map((id) => document.getElementById(id)?.textContent)).toEqual(["of any network", "too short"]);
  expect(input?.getAttribute("aria-invalid")).toBe("true");
  expect(document.querySelector("label")?.htmlFor).toBe(input?.id);
});

test("tabs open by arrow keys", () => {
  let open = "a";
  const tabs = ["a", "b"].map((id) => ({ id, title: id, content: () => `content ${id}` }));
  const show = (): void => draw(<Tabs label="x" tabs={tabs} open={open} onOpen={(id) => { open = id; show(); }} />);
  show();
  act(() => void all('[role="tab"]')[0]?.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowLeft", bubbles: true })));
  expect(open).toBe("b");
  expect(document.querySelector('[role="tabpanel"]')?.textContent).toBe("content b");
});

interface Row { id: string; name: string; sat: number }
const ROWS: Row[] = Array.from({ length: 120 }, (_, n) => ({ id: `r${n}`, name: n % 2 ? "odd" : "even", sat: n * 10 }));
const COLUMNS: Column<Row>[] = [
  { id: "name", title: "Name", cell: (r) => r.name, key: (r) => r.name, choices: true },
  { id: "sat", title: "Value", cell: (r) => String(r.sat), key: (r) => r.sat, numeric: true },
];

function cells(index: number): (string | null | undefined)[] {
  return all("tbody tr").map((row) => row.querySelectorAll("td")[index]?.textContent);
}

test("a table comes a page at a time, sorts by its headings and says how", () => {
  draw(<DataTable name="t" caption="T" columns={COLUMNS} rows={ROWS} rowKey={(r) => r.id} />);
  expect(cells(1).slice(0, 2)).toEqual(["0", "10"]);
  expect(cells(1)).toHaveLength(50);
  act(() => all(".table-sort")[1]?.click());
  expect(cells(1)[0]).toBe("1190");
  expect(all("th")[1]?.getAttribute("aria-sort")).toBe("descending");
  act(() => all(".table-sort")[1]?.click());
  expect(cells(1)[0]).toBe("0");
  act(() => all('[aria-label="Next page"]')[0]?.click());
  expect(cells(1)[0]).toBe("500");
});

test("a table filters by words and by a column's values, and counts what is left", () => {
  draw(<DataTable name="t" caption="T" columns={COLUMNS} rows={ROWS} rowKey={(r) => r.id} />);
  const words = document.querySelector<HTMLInputElement>(".table-words");
  act(() => {
    if (words) words.value = "odd 11";
    words?.dispatchEvent(new Event("input", { bubbles: true }));
  });
  expect(document.querySelector(".table-count")?.textContent).toBe("6 of 120 rows");
  expect(new Set(cells(0))).toEqual(new Set(["odd"]));
  const select = document.querySelector("select");
  act(() => {
    if (select) select.value = "even";
    select?.dispatchEvent(new Event("change", { bubbles: true }));
  });
  expect(cells(0)).toEqual(["No row matches the filter."]);
});

test("rows can be ticked, all of those that are left at once", () => {
  let ticked: ReadonlySet<string> = new Set();
  const show = (): void =>
    draw(
      <DataTable
        name="t"
        caption="T"
        columns={COLUMNS}
        rows={ROWS}
        rowKey={(r) => r.id}
        selected={ticked}
        onSelect={(next) => {
          ticked = next;
          show();
        }}
      />,
    );
  show();
  act(() => all("tbody input")[3]?.click());
  expect([...ticked]).toEqual(["r3"]);
  act(() => all("thead input")[0]?.click());
  expect(ticked.size).toBe(120);
});

test("progress is told in the units that count", () => {
  expect([duration(4), duration(200), duration(7500)]).toEqual(["4 s", "3 min 20 s", "2 h 5 min"]);
  expect(progressText({ what: "bytes", done: 1200, of: 5000, rate: 300.4, left_s: 13 })).toBe(
    "bytes 1,200 of 5,000, 300 a second, 13 s left",
  );
  expect(progressText({ what: "bytes", done: 1200, of: 0, rate: null, left_s: null })).toBe("bytes 1,200");
});
