import { expect, test } from "vitest";
import { KEY_AREAS, nameOf } from "../../src/workbench/keys";

function pressed(key: string, held: Partial<KeyboardEventInit> = {}): string {
  return nameOf(new KeyboardEvent("keydown", { key, ...held }));
}

test("a key has one name, whatever the keyboard", () => {
  expect(pressed("?", { shiftKey: true })).toBe("?");
  expect(pressed("z", { ctrlKey: true })).toBe("Ctrl+Z");
  expect(pressed("Z", { metaKey: true, shiftKey: true })).toBe("Ctrl+Shift+Z");
  expect(pressed("g")).toBe("g");
  expect(pressed("G", { shiftKey: true })).toBe("Shift+G");
  expect(pressed(" ")).toBe("Space");
  expect(pressed("ArrowLeft", { shiftKey: true })).toBe("Shift+ArrowLeft");
  expect(pressed("Shift", { shiftKey: true })).toBe("");
});

test("no two actions of an area have the same keys", () => {
  // A page may give a key that works everywhere a meaning of its own, as its own comes first.
  for (const area of KEY_AREAS) {
    const ways = area.entries.flatMap((entry) => entry.keys.split(" | "));
    expect(ways.filter((way, index) => ways.indexOf(way) !== index), area.area).toEqual([]);
    expect(new Set(area.entries.map((entry) => entry.id)).size).toBe(area.entries.length);
  }
});
