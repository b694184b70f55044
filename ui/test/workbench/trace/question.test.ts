import { expect, test } from "vitest";
import { blank, faults, fromQuery, toQuery, toRequest, words, type Question } from "../../../src/workbench/trace/question";

const SEED = "a".repeat(64);

test("a pasted list is read word by word, its notes and quotes left out", () => {
  expect(words(`bc1qa, "bc1qb"; bc1qa\n# all seen on the site\n${SEED}:0  # the first\n`)).toEqual([
    "bc1qa",
    "bc1qb",
    `${SEED}:0`,
  ]);
});

test("an address carries the whole question", () => {
  const asked: Question = {
    ...blank("compare"),
    direction: "backward",
    seeds: `bc1qa\n${SEED}:0=500`,
    claims: `Ann=${SEED}:0`,
    rules: ["pro-rata", "tiho"],
    to: "service:Exchange North\ncluster:bc1qc",
    cross: SEED,
    max_hops: "7",
    min_value_sat: "546",
    since: "2024-01-31",
    max_txs: "",
    through: "Invoice Gateway",
    through_categories: ["shop"],
    fiat: "EUR",
    as_of: "2024-02-01",
  };
  expect(fromQuery(new URLSearchParams(toQuery(asked).toString()))).toEqual(asked);
});

test("what is as usual is not in the address", () => {
  expect(toQuery({ ...blank("forward"), seeds: "bc1qa" }).toString()).toBe("seed=bc1qa");
});

test("an address of a page asks that page's kind of question", () => {
  expect(fromQuery(new URLSearchParams("seed=bc1qa"), "null-controls").rules).toEqual(["pro-rata"]);
});

test("faults are told by the field that has them", () => {
  expect(faults(blank("forward"))).toEqual({ seeds: "no_seeds" });
  const wrong = { ...blank("forward"), seeds: "@/etc/passwd", max_hops: "-1", since: "31.1.2024", rules: [] };
  expect(faults(wrong)).toEqual({ seeds: "no_file", max_hops: "whole", since: "date", rules: "no_rule" });
  expect(faults({ ...blank("forward"), case: "pay-site", since: "2024-01-31", min_height: "3" })).toEqual({ since: "twice" });
  expect(faults({ ...blank("path"), from: "a\nb" })).toEqual({ from: "one_end", until_end: "no_end" });
  expect(faults({ ...blank("patterns"), seeds: "a", threshold: "10000 dollars" })).toEqual({ threshold: "sum" });
});

test("the server is sent what was typed as numbers and lists", () => {
  const { path, body } = toRequest({
    ...blank("backward"),
    seeds: "bc1qa bc1qb",
    claims: `Ann = ${SEED}:0, ${SEED}:1=5`,
    max_hops: " 3 ",
    max_txs: "",
    fiat: "EUR",
  });
  expect(path).toBe("/api/traces/backward");
  expect(body).toMatchObject({
    seeds: ["bc1qa", "bc1qb"],
    claims: [{ claimant: "Ann", outpoints: [`${SEED}:0`, `${SEED}:1=5`] }],
    limits: { max_hops: 3, max_txs: null, min_height: null, through: [] },
    rules: ["pro-rata", "index-fifo"],
    fiat: "EUR",
  });
});
