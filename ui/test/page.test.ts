import { beforeEach, expect, test } from "vitest";
import { page } from "../src/page";
import { readReport } from "../src/report";
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
  expect(column("Inflows", 0)).toEqual(["I2", "I9", "I10"]);
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
  expect(column("Inflows", 0)).toEqual(["I9", "I10"]);
  expect(section("Inflows").querySelector(".count")?.textContent).toBe("2 of 3");
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
  expect(column("Receipts", 3)[1]).toBe("none");
  expect(column("Receipts", 6)[1]).toBe("no rate");
});

test("the receipts are drawn, one bar a day", () => {
  expect(section("Receipts by day").querySelectorAll("rect")).toHaveLength(2);
});

test("a damaged report is refused by the name of the field", () => {
  const broken = sample();
  broken.totals.received_sat = 0.1;
  expect(() => readReport(JSON.stringify(broken))).toThrow("totals.received_sat");
});
