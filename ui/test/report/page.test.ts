import { beforeEach, expect, test } from "vitest";
import { page } from "../../src/report/page";
import { tierOf } from "../../src/report/near";
import { readReport } from "../../src/report/report";
import { HOSTILE, sample } from "./sample";

beforeEach(() => {
  document.body.replaceChildren(...page(readReport(JSON.stringify(sample()))));
});

function section(title: string): HTMLElement {
  const found = [...document.querySelectorAll("section")].find(
    (s) => s.querySelector("h2")?.textContent === title,
  );
  if (!found) throw new Error(`no section ${title}`);
  return found;
}

function column(title: string, index: number): (string | undefined)[] {
  return [...section(title).querySelectorAll("tbody tr")].map(
    (row) => row.querySelectorAll("td")[index]?.textContent ?? undefined,
  );
}

test("a hostile label is text and nothing else", () => {
  expect(document.querySelector("h1")?.textContent).toBe(HOSTILE);
  expect(document.querySelectorAll("img, script")).toHaveLength(0);
  expect(column("Services that paid in", 0)).toContain(HOSTILE);
});

test("totals are shown to the satoshi", () => {
  const said = [...section("Totals").querySelectorAll("dd")].map((d) => d.textContent);
  expect(said).toEqual(["2", "3.00000000", "0.00000000", "2.50000000", "1.00000001", "120,000.00"]);
});

test("a head sorts up, then down, and says so", () => {
  const head = [...section("Inflows").querySelectorAll("th")][0];
  const button = head?.querySelector("button");
  expect(column("Inflows", 0)).toEqual(["I10", "I9", "I2"]);
  button?.click();
  expect(head?.getAttribute("aria-sort")).toBe("ascending");
  expect(column("Inflows", 0)).toEqual(["I2", "I9", "I10"]);
  button?.click();
  expect(head?.getAttribute("aria-sort")).toBe("descending");
  expect(column("Inflows", 0)).toEqual(["I10", "I9", "I2"]);
});

test("the filter leaves one service's rows and counts them", () => {
  const select = section("Inflows").querySelector("select");
  if (!select) throw new Error("no filter");
  select.value = "e2";
  select.dispatchEvent(new Event("change"));
  expect(column("Inflows", 0)).toEqual(["I10", "I9"]);
  expect(section("Inflows").querySelector(".count")?.textContent).toBe("2 of 3");
});

test("the filter by path leaves what came straight, through one, or through more", () => {
  const select = section("Inflows").querySelectorAll("select")[1];
  if (!select) throw new Error("no filter");
  for (const [tier, ids] of [
    ["straight", ["I2"]],
    ["one", ["I9"]],
    ["more", ["I10"]],
  ] as const) {
    select.value = tier;
    select.dispatchEvent(new Event("change"));
    expect(column("Inflows", 0)).toEqual(ids);
  }
});

test("an outflow's own first step does not count as between", () => {
  const flow = readReport(JSON.stringify(sample())).inflows[1];
  if (!flow) throw new Error("no row");
  expect(flow.hops).toBe(1);
  expect(tierOf(flow, "inflows")).toBe("one");
  expect(tierOf(flow, "outflows")).toBe("straight");
});

test("services say what came straight and what from further", () => {
  const cells = [...section("Services that paid in").querySelectorAll("tbody tr")].map((row) =>
    [...row.querySelectorAll("td")].slice(2, 5).map((cell) => cell.textContent),
  );
  expect(cells).toEqual([
    ["0.00000000", "0.00000009", "0.00000010"],
    ["0.00000002", "0.00000000", "0.00000000"],
  ]);
});

test("a path unfolds under its row, whole and in order, and folds again", () => {
  const button = section("Inflows").querySelector<HTMLElement>("tbody [aria-expanded]");
  button?.click();
  expect(button?.getAttribute("aria-expanded")).toBe("true");
  const steps = [...section("Inflows").querySelectorAll(".more code")].map((c) => c.textContent);
  expect(steps).toEqual(sample().inflows[2]?.path);
  button?.click();
  expect(section("Inflows").querySelectorAll(".more")).toHaveLength(0);
});

test("many rows are shown a hundred at a time, the greatest first, none lost", () => {
  const report = sample();
  const [row] = report.inflows;
  if (!row) throw new Error("no row");
  report.inflows = Array.from({ length: 250 }, (_, n) => ({
    ...row,
    id: `I${n + 1}`,
    traced_sat: { pro_rata: n, index_fifo: 0 },
  }));
  document.body.replaceChildren(...page(readReport(JSON.stringify(report))));
  const seen: (string | undefined)[] = [];
  const next = [...section("Inflows").querySelectorAll("button")].find((b) => b.textContent === "next");
  for (let pages = 0; pages < 3; pages += 1) {
    const ids = column("Inflows", 0);
    expect(ids).toHaveLength(pages < 2 ? 100 : 50);
    seen.push(...ids);
    next?.click();
  }
  expect(seen).toEqual(Array.from({ length: 250 }, (_, n) => `I${250 - n}`));
  expect(next?.disabled).toBe(true);
  expect(section("Inflows").querySelector(".count")?.textContent).toBe("201–250 of 250");
  expect(section("Inflows").textContent).toContain("1 of the rows have 0 under every rule");
});

test("hashes are whole, and each can be copied", () => {
  const outpoint = `${"1".padStart(64, "0")}:1`;
  const cell = [...section("Receipts").querySelectorAll("code")].find(
    (c) => c.textContent === outpoint,
  );
  expect(cell?.parentElement?.querySelector("button")?.getAttribute("aria-label")).toBe(
    `Copy ${outpoint}`,
  );
});

test("a script without an address and a day without a rate say so", () => {
  expect(column("Receipts", 3)[0]).toBe("none");
  expect(column("Receipts", 6)[0]).toBe("no rate");
});

test("the receipts are drawn, one bar a day", () => {
  expect(section("Receipts by day").querySelectorAll("rect")).toHaveLength(2);
});

test("a damaged report is refused by the name of the field", () => {
  const broken = sample();
  broken.totals.received_sat = 0.1;
  expect(() => readReport(JSON.stringify(broken))).toThrow("totals.received_sat");
});

test("doubts are told, none are said to be none, and an old report tells nothing", () => {
  const said = () => section("Doubts in this case").textContent ?? "";
  expect(said()).toContain(`Of 2 transactions of ${HOSTILE}, 1 may be a PayJoin.`);
  const { doubts, ...old } = sample();
  expect(doubts.sentences).toHaveLength(1);
  document.body.replaceChildren(
    ...page(readReport(JSON.stringify({ ...old, doubts: { sentences: [] } }))),
  );
  expect(said()).toContain("None found.");
  document.body.replaceChildren(...page(readReport(JSON.stringify(old))));
  expect(document.body.textContent).not.toContain("Doubts");
  const wrong = { ...old, doubts: { sentences: [1] } };
  expect(() => readReport(JSON.stringify(wrong))).toThrow("doubts.sentences[0]");
});
