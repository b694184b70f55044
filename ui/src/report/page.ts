/** The report as a page. */

import { drawing, element, type Child } from "./element";
import { formatBtc, formatFiat } from "../shared/money";
import { TIER_LABELS, tierOf, tierSums, type Side } from "./near";
import type { Movement, Receipt, Report, Service } from "./report";
import { tableSection, type Column } from "./table";
import { formatTime, visible } from "../shared/text";
import { barHeight, timeline } from "./timeline";

const CHART = { width: 900, height: 160, foot: 20 };

/** The whole page as elements. */
export function page(report: Report): HTMLElement[] {
  return [
    head(report),
    totals(report),
    chart(report.receipts),
    services("Services that paid in", report, "inflows"),
    services("Services that were paid", report, "outflows"),
    flows("Inflows", report, "inflows"),
    flows("Outflows", report, "outflows"),
    tableSection("Receipts", report.receipts, receiptColumns(report), { greatest: "Value" }),
    ...withoutRate(report),
    ...doubts(report),
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

function services(title: string, report: Report, side: Side): HTMLElement {
  const rows = side === "inflows" ? report.servicesIn : report.servicesOut;
  return tableSection(title, rows, serviceColumns(report, side), {
    greatest: tracedTitle(report.rules[0] ?? ""),
    note:
      `Straight, through one private transaction, or through more: by the shortest path, under the ` +
      `rule ${visible(report.rules[0] ?? "none")}.`,
  });
}

function flows(title: string, report: Report, side: Side): HTMLElement {
  const rows = report[side];
  const empty = rows.filter((flow) => Object.values(flow.traced).every((sat) => sat === 0n)).length;
  const services = side === "inflows" ? report.servicesIn : report.servicesOut;
  return tableSection(title, rows, flowColumns(report), {
    filters: [
      {
        title: "Service",
        choices: services.map((s): [string, string] => [s.entity, visible(s.label)]),
        value: (flow) => flow.entity,
      },
      { title: "Path", choices: TIER_LABELS, value: (flow) => tierOf(flow, side) },
    ],
    greatest: tracedTitle(report.rules[0] ?? ""),
    note:
      empty === 0
        ? undefined
        : `${empty} of the rows have 0 under every rule: a path exists, its amount rounds to nothing.`,
  });
}

function path(flow: Movement): HTMLElement {
  const steps = flow.path.map((outpoint) => element("li", {}, copyable(outpoint)));
  return element(
    "div",
    {},
    element("ol", {}, ...steps),
    copyButton(() => flow.path.join("\n"), "copy all", "Copy the whole path"),
  );
}

function serviceColumns(report: Report, side: Side): Column<Service>[] {
  const sums = tierSums(report[side], side, report.rules[0] ?? "");
  const near = TIER_LABELS.map(([tier, title]): Column<Service> => {
    const sum = (s: Service): bigint => sums.get(s.entity)?.[tier] ?? 0n;
    return { title, cell: (s) => formatBtc(sum(s)), key: sum, numeric: true };
  });
  return [
    { title: "Service", cell: (s) => safe(s.label), key: (s) => s.label },
    { title: "Count", cell: (s) => String(s.count), key: (s) => s.count, numeric: true },
    ...near,
    ...tracedColumns<Service>(report),
    ...fiatColumns<Service>(report),
  ];
}

function flowColumns(report: Report): Column<Movement>[] {
  return [
    { title: "Id", cell: (f) => safe(f.id), key: idKey },
    { title: "Service", cell: (f) => safe(f.label), key: (f) => f.label },
    ...tracedColumns<Movement>(report),
    ...fiatColumns<Movement>(report),
    {
      title: "Hops",
      cell: (f) => String(f.hops),
      key: (f) => f.hops,
      numeric: true,
      more: { title: "path", content: path },
    },
    ...placeColumns<Movement>(),
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
    title: tracedTitle(rule),
    cell: (row) => formatBtc(row.traced[rule] ?? 0n),
    key: (row) => row.traced[rule] ?? 0n,
    numeric: true,
  }));
}

function tracedTitle(rule: string): string {
  return `Traced, ${visible(rule)}`;
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

function doubts(report: Report): HTMLElement[] {
  if (report.doubts === null) return [];
  const heading = element("h2", {}, "Doubts in this case");
  if (report.doubts.length === 0) return [element("section", {}, heading, element("p", {}, "None found."))];
  const note =
    "A PayJoin joins payer and payee and looks like a payment of two outputs out of several coins; " +
    "most such payments are none. The transactions are named under doubts in report.json.";
  return [
    element(
      "section",
      {},
      heading,
      element("p", { class: "note" }, note),
      element("ul", {}, ...report.doubts.map((said) => element("li", {}, safe(said)))),
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
  const button = copyButton(() => text, "copy", `Copy ${visible(text)}`);
  return element("span", { class: "copyable" }, code, button);
}

function copyButton(text: () => string, said: string, label: string): HTMLElement {
  const button = element("button", { type: "button", class: "copy", "aria-label": label }, said);
  button.addEventListener("click", () => {
    const shown = button.parentElement ?? button;
    copy(text(), shown.querySelector("ol, code") ?? shown).then((done) => {
      button.textContent = done;
      setTimeout(() => {
        button.textContent = said;
      }, 1500);
    }, console.error);
  });
  return button;
}

// A browser may refuse its clipboard to a page opened from a file: then the text is selected.
async function copy(text: string, shown: Element): Promise<string> {
  try {
    await navigator.clipboard.writeText(text);
    return "copied";
  } catch {
    getSelection()?.selectAllChildren(shown);
    return "selected";
  }
}
