import { expect, test } from "vitest";
import { sorted, type Key } from "../../src/shared/order";

const by = (rows: Key[], descending = false): Key[] => sorted(rows, (row) => row, descending);

test("each kind of cell sorts by its own order", () => {
  expect(by([30n, 4n, 100n])).toEqual([4n, 30n, 100n]);
  expect(by(["b", "B", "a"])).toEqual(["B", "a", "b"]);
  expect(by([{ decimal: "10.00" }, { decimal: "9.50" }])).toEqual([
    { decimal: "9.50" },
    { decimal: "10.00" },
  ]);
  expect(by([2, null, 1])).toEqual([null, 1, 2]);
  expect(by([1, 3, 2], true)).toEqual([3, 2, 1]);
});

test("rows that tie keep their order, both ways, and the rows given are not moved", () => {
  const rows = [
    { id: "R1", value: 5n },
    { id: "R2", value: 1n },
    { id: "R3", value: 5n },
  ];
  const ids = (descending: boolean) => sorted(rows, (r) => r.value, descending).map((r) => r.id);
  expect(ids(false)).toEqual(["R2", "R1", "R3"]);
  expect(ids(true)).toEqual(["R1", "R3", "R2"]);
  expect(rows.map((r) => r.id)).toEqual(["R1", "R2", "R3"]);
});
