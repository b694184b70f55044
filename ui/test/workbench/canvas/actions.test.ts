import { expect, test } from "vitest";
import { ACTIONS } from "../../../src/workbench/canvas/view/actions";
import canvas from "../../../src/workbench/keys/canvas";

test("every action of the canvas has a key, and every key an action", () => {
  const actions = ACTIONS.map((action) => action.id).sort();
  expect(canvas.entries.map((entry) => entry.id).sort()).toEqual(actions);
  for (const entry of canvas.entries) expect(entry.keys, entry.id).not.toBe("");
});
