/** A table whose columns sort and whose rows filter, by mouse and by keyboard. */

import { element, type Child } from "./element";
import { sorted, type Key } from "./order";

export interface Column<T> {
  title: string;
  cell: (row: T) => Child;
  key: (row: T) => Key;
  /** Numbers stand to the right. */
  numeric?: boolean;
}

export interface Filter<T> {
  title: string;
  /** Value and label of each choice, in the order shown. */
  choices: [string, string][];
  value: (row: T) => string;
}

/** A section with a heading, the filter if there is one, a count of rows and the table. */
export function tableSection<T>(
  title: string,
  rows: readonly T[],
  columns: readonly Column<T>[],
  filter?: Filter<T>,
): HTMLElement {
  const heading = element("h2", {}, title);
  if (rows.length === 0) return element("section", {}, heading, element("p", {}, "None."));

  let column: Column<T> | undefined;
  let descending = false;
  const body = element("tbody");
  const count = element("p", { "aria-live": "polite", class: "count" });
  const select = element("select");
  const heads = columns.map((c) => {
    const button = element("button", { type: "button" }, c.title);
    const head = element("th", { scope: "col", "aria-sort": "none" }, button);
    if (c.numeric) head.classList.add("numeric");
    button.addEventListener("click", () => {
      descending = column === c && !descending;
      column = c;
      for (const other of heads) other.setAttribute("aria-sort", "none");
      head.setAttribute("aria-sort", descending ? "descending" : "ascending");
      show();
    });
    return head;
  });

  function show(): void {
    const chosen = rows.filter((row) => !filter || !select.value || filter.value(row) === select.value);
    const ordered = column ? sorted(chosen, column.key, descending) : chosen;
    body.replaceChildren(
      ...ordered.map((row) =>
        element(
          "tr",
          {},
          ...columns.map((c) => element("td", c.numeric ? { class: "numeric" } : {}, c.cell(row))),
        ),
      ),
    );
    count.textContent = `${ordered.length} of ${rows.length}`;
  }

  const controls = element("div", { class: "controls" });
  if (filter) {
    select.append(element("option", { value: "" }, "all"));
    for (const [value, label] of filter.choices) select.append(element("option", { value }, label));
    select.addEventListener("change", show);
    controls.append(element("label", {}, `${filter.title} `, select));
  }
  controls.append(count);
  show();
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
  return element("section", {}, heading, controls, box);
}
