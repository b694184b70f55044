import { afterEach, beforeEach, expect, test } from "vitest";
import { render } from "preact";
import { act } from "preact/test-utils";
import { beforeLeaving, Link, match, navigate, place, to } from "../../src/workbench/router";
import { PAGES } from "../../src/workbench/routes";

beforeEach(() => navigate("/"));
afterEach(() => render(null, document.body));

test("a pattern gives the values of its names, decoded", () => {
  expect(match("/tx/:txid", "/tx/ab")).toEqual({ txid: "ab" });
  expect(match("/case/:case/journal", "/case/pay%20site/journal")).toEqual({ case: "pay site" });
  expect(match("/tx/:txid", "/tx/ab/cd")).toBeNull();
  expect(match("/tx/:txid", "/tx/%E0%A4%A")).toBeNull();
  expect(match("/", "/")).toEqual({});
});

test("an address that is made leads back to the same values", () => {
  const name = "a/b ?#%é";
  const address = to("/service/:party", { party: name }, { tab: "why&1", none: null });
  const at = new URL(address, "http://x");
  expect(match("/service/:party", at.pathname)).toEqual({ party: name });
  expect(at.searchParams.get("tab")).toBe("why&1");
  expect(at.searchParams.has("none")).toBe(false);
});

test("every address has one page, and every page loads", async () => {
  const patterns = PAGES.map((page) => page.pattern);
  expect(new Set(patterns).size).toBe(patterns.length);
  for (const page of PAGES) {
    const example = page.pattern.replace(/:\w+/g, "x1");
    const first = PAGES.find((each) => match(each.pattern, example) !== null);
    expect(first?.pattern, example).toBe(page.pattern);
    expect(typeof (await page.load()).default, page.pattern).toBe("function");
  }
}, 60_000);

test("a link changes the page without loading it, but not with a key for a new tab", () => {
  act(() => render(<Link to="/tx/ab?vout=1">x</Link>, document.body));
  const link = document.querySelector("a");
  expect(link?.getAttribute("href")).toBe("/tx/ab?vout=1");
  act(() => void link?.dispatchEvent(new MouseEvent("click", { ctrlKey: true, cancelable: true })));
  expect(place.get().path).toBe("/");
  act(() => void link?.dispatchEvent(new MouseEvent("click", { cancelable: true, bubbles: true })));
  expect(place.get()).toEqual({ path: "/tx/ab", search: "?vout=1" });
});

test("a page that is not done can keep its reader", () => {
  const end = beforeLeaving(() => false);
  navigate("/help");
  expect(place.get().path).toBe("/");
  end();
  navigate("/help");
  expect(place.get().path).toBe("/help");
});
