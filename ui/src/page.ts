/** The report as a page. */

import { drawing, element, type Child } from "./element";
import { formatBtc, formatFiat } from "./money";
import type { Movement, Receipt, Report, Service } from "./report";
import { tableSection, type Column } from "./table";
import { formatTime, visible } from "./text";
import { barHeight, timeline } from "./timeline";

const CHART = { width: 900, height: 160, foot: 20 };

/** The whole page as elements. */
export function page(report: Report): HTMLElement[] {
  const flows = flowColumns(report);
  return [
    head(report),
    totals(report),
    chart(report.receipts),
    tableSection("Services that paid in", report.servicesIn, serviceColumns(report)),
    tableSection("Services that were paid", report.servicesOut, serviceColumns(report)),
    tableSection("Inflows", report.inflows, flows, serviceFilter(report.servicesIn)),
    tableSection("Outflows", report.outflows, flows, serviceFilter(report.servicesOut)),
    tableSection("Receipts", report.receipts, receiptColumns(report)),
    ...withoutRate(report),
  ];
}

function head(report: Report): HTMLElement {
  return element(
    "header",
    {},
    element("h1", {}, safe(report.title)),
    element(
      "p",
      {},
      `${visible(report.network)}, to block ${report.tipHeight} `,
      copyable(report.tipHash),
      `. Dated ${formatTime(visible(report.date))} UTC.`,
    ),
    element(
      "p",
      { class: "note" },
      "This page is a view of report.json. Amounts are in BTC unless a currency is named; times are " +
        "those of the block headers, UTC. What can be proved, and what is inference or assertion, " +
        "is told apart in the evidence bundle.",
    ),
  );
}

function totals(report: Report): HTMLElement {
  const entries: [string, string][] = [
    ["Receipts", String(report.receiptCount)],
    ["Received", formatBtc(report.received)],
    ["Moved within", formatBtc(report.internal)],
    ["Traced to services that paid in", formatBtc(report.inflow)],
    ["Traced to services that were paid", formatBtc(report.outflow)],
    ...Object.entries(report.fiat).map(([currency, amount]): [string, string] => [
      `Received, ${visible(currency)}`,
      formatFiat(amount),
    ]),
  ];
  return element(
    "section",
    {},
    element("h2", {}, "Totals"),
    element(
      "dl",
      {},
      ...entries.map(([term, value]) =>
        element("div", {}, element("dt", {}, term), element("dd", {}, value)),
      ),
    ),
  );
}

function chart(receipts: Receipt[]): HTMLElement {
  const { unit, bars } = timeline(receipts);
  const section = element("section", {}, element("h2", {}, `Receipts by ${unit}`));
  if (bars.length === 0) {
    section.append(element("p", {}, "None."));
    return section;
  }
  const most = bars.reduce((a, b) => (b.value > a ? b.value : a), 0n);
  const step = CHART.width / bars.length;
  const floor = CHART.height - CHART.foot;
  const first = bars[0]?.from ?? "";
  const last = bars[bars.length - 1]?.from ?? "";
  const svg = drawing("svg", {
    viewBox: `0 0 ${CHART.width} ${CHART.height}`,
    role: "img",
    "aria-label": `Value received by ${unit} from ${first} to ${last}, at most ${formatBtc(most)} BTC`,
  });
  bars.forEach((bar, index) => {
    const height = barHeight(bar.value, most, floor - 4);
    const said = `${bar.from}: ${formatBtc(bar.value)} BTC in ${bar.count}`;
    svg.append(
      drawing(
        "rect",
        {
          x: (index * step).toFixed(2),
          y: floor - height,
          width: Math.max(1, step * 0.8).toFixed(2),
          height,
        },
        drawing("title", {}, said),
      ),
    );
  });
  svg.append(
    drawing("line", { x1: 0, y1: floor, x2: CHART.width, y2: floor }),
    drawing("text", { x: 0, y: CHART.height - 4 }, first),
    drawing("text", { x: CHART.width, y: CHART.height - 4, "text-anchor": "end" }, last),
  );
  section.append(svg);
  return section;
}

function serviceColumns(report: Report): Column<Service>[] {
  return [
    { title: "Service", cell: (s) => safe(s.label), key: (s) => s.label },
    { title: "Count", cell: (s) => String(s.count), key: (s) => s.count, numeric: true },
    ...tracedColumns<Service>(report),
    ...fiatColumns<Service>(report),
  ];
}

function flowColumns(report: Report): Column<Movement>[] {
  return [
    { title: "Id", cell: (f) => safe(f.id), key: idKey },
    { title: "Service", cell: (f) => safe(f.label), key: (f) => f.label },
    ...placeColumns<Movement>(),
    ...tracedColumns<Movement>(report),
    ...fiatColumns<Movement>(report),
    { title: "Hops", cell: (f) => String(f.hops), key: (f) => f.hops, numeric: true },
    { title: "Basis", cell: (f) => safe(f.basis), key: (f) => f.basis },
  ];
}

function receiptColumns(report: Report): Column<Receipt>[] {
  return [
    { title: "Id", cell: (r) => safe(r.id), key: idKey },
    ...placeColumns<Receipt>(),
    ...fiatColumns<Receipt>(report),
  ];
}

function placeColumns<T extends Receipt>(): Column<T>[] {
  return [
    { title: "Time, UTC", cell: (r) => formatTime(visible(r.time)), key: (r) => r.time },
    { title: "Height", cell: (r) => String(r.height), key: (r) => r.height, numeric: true },
    { title: "Address", cell: (r) => copyable(r.address), key: (r) => r.address },
    { title: "Outpoint", cell: (r) => copyable(r.outpoint), key: (r) => r.outpoint },
    { title: "Value", cell: (r) => formatBtc(r.value), key: (r) => r.value, numeric: true },
  ];
}

function tracedColumns<T extends { traced: Record<string, bigint> }>(report: Report): Column<T>[] {
  return report.rules.map((rule) => ({
    title: `Traced, ${visible(rule)}`,
    cell: (row) => formatBtc(row.traced[rule] ?? 0n),
    key: (row) => row.traced[rule] ?? 0n,
    numeric: true,
  }));
}

function fiatColumns<T extends { fiat: Record<string, string> }>(report: Report): Column<T>[] {
  return report.currencies.map((currency) => ({
    title: visible(currency),
    cell: (row) => formatFiat(row.fiat[currency] ?? "no rate"),
    key: (row) => {
      const amount = row.fiat[currency];
      return amount === undefined ? null : { decimal: amount };
    },
    numeric: true,
  }));
}

function serviceFilter(services: Service[]) {
  return {
    title: "Service",
    choices: services.map((s): [string, string] => [s.entity, visible(s.label)]),
    value: (flow: Movement) => flow.entity,
  };
}

function withoutRate(report: Report): HTMLElement[] {
  if (report.withoutRate.length === 0) return [];
  return [
    element(
      "section",
      {},
      element("h2", {}, "Without an exchange rate on the day"),
      element("ul", {}, ...report.withoutRate.map((o) => element("li", {}, copyable(o)))),
    ),
  ];
}

// "R10" comes after "R9".
function idKey(row: { id: string }): number | string {
  const number = /^[A-Z]+(\d+)$/.exec(row.id)?.[1];
  return number === undefined ? row.id : Number(number);
}

function safe(text: string): HTMLElement {
  return element("bdi", {}, visible(text));
}

function copyable(text: string): Child {
  if (text === "") return "none";
  const code = element("code", {}, visible(text));
  const button = element("button", { type: "button", class: "copy", title: "Copy" }, "copy");
  button.setAttribute("aria-label", `Copy ${visible(text)}`);
  button.addEventListener("click", () => {
    copy(text, code).then((said) => {
      button.textContent = said;
      setTimeout(() => {
        button.textContent = "copy";
      }, 1500);
    }, console.error);
  });
  return element("span", { class: "copyable" }, code, button);
}

// A browser may refuse its clipboard to a page opened from a file: then the text is selected.
async function copy(text: string, shown: HTMLElement): Promise<string> {
  try {
    await navigator.clipboard.writeText(text);
    return "copied";
  } catch {
    getSelection()?.selectAllChildren(shown);
    return "selected";
  }
}
