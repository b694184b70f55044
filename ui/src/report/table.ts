/** A table whose columns sort and whose rows filter, a page at a time, by mouse and by keyboard. */

import { element, type Child } from "./element";
import { sorted, type Key } from "../shared/order";

const PAGE_ROWS = 100;

export interface Column<T> {
  title: string;
  cell: (row: T) => Child;
  key: (row: T) => Key;
  /** Numbers stand to the right. */
  numeric?: boolean;
  /** What a button in the cell unfolds beneath the row. */
  more?: { title: string; content: (row: T) => Child };
}

export interface Filter<T> {
  title: string;
  /** Value and label of each choice, in the order shown. */
  choices: [string, string][];
  value: (row: T) => string;
}

export interface Options<T> {
  filters?: readonly Filter<T>[];
  /** The title of the column that the rows are sorted by at first, greatest first. */
  greatest?: string | undefined;
  /** A line under the heading. */
  note?: string | undefined;
}

/** A section with a heading, the filters if there are any, a count of rows and the table. */
export function tableSection<T>(
  title: string,
  rows: readonly T[],
  columns: readonly Column<T>[],
  { filters = [], greatest, note }: Options<T> = {},
): HTMLElement {
  const heading = element("h2", {}, title);
  if (rows.length === 0) return element("section", {}, heading, element("p", {}, "None."));

  let column = columns.find((c) => c.title === greatest);
  let descending = column !== undefined;
  let chosen: T[] = [];
  let first = 0;
  const body = element("tbody");
  const count = element("p", { "aria-live": "polite", class: "count" });
  const back = pageButton("previous", -PAGE_ROWS);
  const on = pageButton("next", PAGE_ROWS);
  const selects = filters.map((filter) => {
    const select = element("select", {}, element("option", { value: "" }, "all"));
    for (const [value, label] of filter.choices) select.append(element("option", { value }, label));
    select.addEventListener("change", choose);
    return { filter, select };
  });
  const heads = columns.map((c) => {
    const button = element("button", { type: "button" }, c.title);
    const head = element("th", { scope: "col", "aria-sort": "none" }, button);
    if (c === column) head.setAttribute("aria-sort", "descending");
    if (c.numeric) head.classList.add("numeric");
    button.addEventListener("click", () => {
      descending = column === c && !descending;
      column = c;
      for (const other of heads) other.setAttribute("aria-sort", "none");
      head.setAttribute("aria-sort", descending ? "descending" : "ascending");
      choose();
    });
    return head;
  });

  function choose(): void {
    const left = rows.filter((row) =>
      selects.every(({ filter, select }) => !select.value || filter.value(row) === select.value),
    );
    chosen = column ? sorted(left, column.key, descending) : left;
    first = 0;
    show();
  }

  function show(): void {
    const last = Math.min(first + PAGE_ROWS, chosen.length);
    body.replaceChildren(...chosen.slice(first, last).map(line));
    const paged = chosen.length > PAGE_ROWS;
    const all = chosen.length < rows.length ? ` (${rows.length} in all)` : "";
    count.textContent = paged
      ? `${first + 1}–${last} of ${chosen.length}${all}`
      : `${chosen.length} of ${rows.length}`;
    back.disabled = first === 0;
    on.disabled = last === chosen.length;
    back.hidden = on.hidden = !paged;
  }

  function line(row: T): HTMLElement {
    const cells = columns.map((c) => {
      const cell = element("td", c.numeric ? { class: "numeric" } : {}, c.cell(row));
      if (c.more) cell.append(unfolding(row, c.more));
      return cell;
    });
    return element("tr", {}, ...cells);
  }

  function unfolding(row: T, { title, content }: NonNullable<Column<T>["more"]>): HTMLElement {
    const button = element("button", { type: "button", class: "copy", "aria-expanded": "false" }, title);
    button.setAttribute("aria-label", `Show the ${title} of this row`);
    let below: HTMLElement | undefined;
    button.addEventListener("click", () => {
      if (below) {
        below.remove();
        below = undefined;
      } else {
        const cell = element("td", { colspan: String(columns.length) }, content(row));
        below = element("tr", { class: "more" }, cell);
        button.closest("tr")?.after(below);
      }
      button.setAttribute("aria-expanded", String(below !== undefined));
    });
    return button;
  }

  function pageButton(said: string, step: number): HTMLButtonElement {
    const button = element("button", { type: "button" }, said);
    button.addEventListener("click", () => {
      first += step;
      show();
    });
    return button;
  }

  const controls = element("div", { class: "controls" });
  for (const { filter, select } of selects) {
    controls.append(element("label", {}, `${filter.title} `, select));
  }
  controls.append(count, back, on);
  choose();
  const table = element(
    "table",
    {},
    element("caption", { class: "unseen" }, title),
    element("thead", {}, element("tr", {}, ...heads)),
    body,
  );
  // A wide table scrolls within its box, and a box that scrolls must be reachable by keyboard.
  const box = element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": title });
  box.append(table);
  const said = note === undefined ? [] : [element("p", { class: "note" }, note)];
  return element("section", {}, heading, ...said, controls, box);
}
