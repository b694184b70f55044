/** An operation: plain data that says what was and what is now, so that it can be turned round. */

import { same } from "./canonical";
import type { Group, Note, Picture, PictureEdge, PictureNode, Settings } from "./picture";

/** What the operation did, in a word: the text of undo and redo names it. */
export const VERBS = [
  "add",
  "annotate",
  "collapse",
  "colour",
  "edit_group",
  "edit_note",
  "erase_note",
  "group",
  "hide",
  "highlight",
  "move",
  "pin",
  "remove",
  "set",
  "show",
  "switch",
  "tidy",
  "ungroup",
  "unpin",
] as const;
export type Verb = (typeof VERBS)[number];

interface Tables {
  nodes: PictureNode;
  edges: PictureEdge;
  notes: Note;
  groups: Group;
}
export type Table = keyof Tables;

/** A record that came, went (null) or was replaced whole. */
interface Whole<T extends Table> {
  table: T;
  id: string;
  before: Tables[T] | null;
  after: Tables[T] | null;
}

/** Fields of a record that was there and stays. */
interface Fields<T extends Table> {
  table: T;
  id: string;
  was: Partial<Tables[T]>;
  now: Partial<Tables[T]>;
}

interface Setting {
  table: "settings";
  was: Partial<Settings>;
  now: Partial<Settings>;
}

export type Change = { [T in Table]: Whole<T> | Fields<T> }[Table] | Setting;

export interface Operation {
  verb: Verb;
  changes: Change[];
  /** Operations of one drag or one stroke of typing carry the same mark and become one. */
  gesture?: string;
}

/** The picture after the operation. Shares with the old one all that did not change. */
export function apply(picture: Picture, operation: Operation): Picture {
  const next: Picture = { ...picture };
  const copied = new Set<Table>();
  for (const change of operation.changes) {
    if (change.table === "settings") {
      next.settings = { ...next.settings, ...change.now };
      continue;
    }
    if (!copied.has(change.table)) {
      copied.add(change.table);
      // The tables differ in what they hold, not in how they are changed.
      (next as unknown as Record<Table, unknown>)[change.table] = { ...next[change.table] };
    }
    const table = next[change.table] as Record<string, object>;
    const there = Object.hasOwn(table, change.id) ? table[change.id] : undefined;
    if ("now" in change) {
      if (there !== undefined) table[change.id] = { ...there, ...change.now };
    } else if (change.after === null) {
      delete table[change.id];
    } else {
      table[change.id] = change.after;
    }
  }
  return next;
}

/** The operation that takes this one back. */
export function invert(operation: Operation): Operation {
  return {
    ...operation,
    changes: operation.changes
      .map((change): Change => {
        if (change.table === "settings" || "now" in change) {
          return { ...change, was: change.now, now: change.was } as Change;
        }
        return { ...change, before: change.after, after: change.before } as Change;
      })
      .reverse(),
  };
}

/** One operation that does all of them in turn, under the verb given. */
export function together(verb: Verb, operations: readonly Operation[]): Operation {
  return { verb, changes: operations.flatMap((operation) => operation.changes) };
}

/** True where the operation changes nothing. */
export function isEmpty(operation: Operation): boolean {
  return operation.changes.length === 0;
}

/** The change of the fields that differ from what the record has; none if all are the same. */
export function fieldsOf<T extends Table>(
  picture: Picture,
  table: T,
  id: string,
  fields: Partial<Tables[T]>,
): Change[] {
  const record = (picture[table] as Record<string, Tables[T]>)[id];
  if (record === undefined) return [];
  const keys = (Object.keys(fields) as (keyof Tables[T])[]).filter(
    (key) => fields[key] !== undefined && !same(record[key], fields[key]),
  );
  if (keys.length === 0) return [];
  const pick = (from: Partial<Tables[T]>) => Object.fromEntries(keys.map((key) => [key, from[key]]));
  return [{ table, id, was: pick(record), now: pick(fields) } as Change];
}

/** The change that puts a record into a table, or takes it out with null. */
export function wholeOf<T extends Table>(
  picture: Picture,
  table: T,
  id: string,
  after: Tables[T] | null,
): Change[] {
  const before = (picture[table] as Record<string, Tables[T]>)[id] ?? null;
  if (before === null && after === null) return [];
  if (before !== null && after !== null && same(before, after)) return [];
  return [{ table, id, before, after } as Change];
}
