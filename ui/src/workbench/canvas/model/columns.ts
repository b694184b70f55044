/** Columns in time: money goes to the right, and later transactions stand no further left. */

export interface Stop {
  id: string;
  /** Of a transaction its block; of a party nothing is read. */
  height: number | null;
  tx: boolean;
}

export interface Way {
  from: string;
  to: string;
  height: number | null;
}

/** Days are told apart where there is room for it: about this many columns for the whole span. */
const EPOCHS = 40;
const DAY = 144;

/** The blocks after which a transaction belongs to the next column. */
export function gapOf(heights: readonly number[], most: number): number {
  if (heights.length === 0) return DAY;
  const span = heights.reduce((a, b) => Math.max(a, b)) - heights.reduce((a, b) => Math.min(a, b));
  return Math.max(DAY, Math.ceil(span / most));
}

/** The column of each node, counted from 0. Depends on the order of the lists and nothing else. */
export function columnsOf(stops: readonly Stop[], ways: readonly Way[]): Map<string, number> {
  const known = new Map(stops.map((stop, index) => [stop.id, { ...stop, index }]));
  const held = ways.filter(({ from, to }) => from !== to && known.has(from) && known.has(to));
  const times = timesOf(known, held);
  const before = held.filter((way) => leads(way, known, times));
  const next = new Map<string, string[]>();
  const waits = new Map<string, number>(stops.map((stop) => [stop.id, 0]));
  for (const { from, to } of before) {
    const list = next.get(from);
    if (list === undefined) next.set(from, [to]);
    else list.push(to);
    waits.set(to, (waits.get(to) ?? 0) + 1);
  }

  const order = [...stops].sort((a, b) => {
    const early = (times.get(a.id) ?? Infinity) - (times.get(b.id) ?? Infinity);
    // Two without a time are equal, and the difference of infinities is no number.
    return early || indexOf(known, a.id) - indexOf(known, b.id);
  });
  const rank = new Map(order.map((stop, index) => [stop.id, index]));
  const ready = makeHeap(order.flatMap((stop, index) => (waits.get(stop.id) === 0 ? [index] : [])));
  const gap = gapOf(
    stops.flatMap((stop) => (stop.tx && stop.height !== null ? [stop.height] : [])),
    EPOCHS,
  );
  const columns = new Map<string, number>();
  const atLeast = new Map<string, number>();
  let oldest = 0;
  let epoch: number | null = null;
  let floor = 0;
  let furthest = -1;
  while (columns.size < stops.length) {
    let index = ready.pop();
    // A ring of parties that pay each other has no first one: the earliest of them begins.
    while (index === undefined) {
      const stop = order[oldest++] as Stop;
      if (!columns.has(stop.id)) index = rank.get(stop.id);
    }
    const stop = order[index] as Stop;
    if (columns.has(stop.id)) continue;
    if (stop.tx && stop.height !== null) {
      if (epoch === null) epoch = stop.height;
      else if (stop.height - epoch > gap) {
        epoch = stop.height;
        floor = furthest + 1;
      }
    }
    const column = Math.max(atLeast.get(stop.id) ?? 0, stop.tx ? floor : 0);
    columns.set(stop.id, column);
    if (stop.tx) furthest = Math.max(furthest, column);
    for (const to of next.get(stop.id) ?? []) {
      atLeast.set(to, Math.max(atLeast.get(to) ?? 0, column + 1));
      const left = (waits.get(to) ?? 0) - 1;
      waits.set(to, left);
      if (left === 0) ready.push(rank.get(to) ?? 0);
    }
  }
  return drawnNear(stops, before, columns);
}

/** When a node begins: a transaction's block; a party's first receipt here, else first spend. */
function timesOf(known: ReadonlyMap<string, Stop>, ways: readonly Way[]): Map<string, number> {
  const times = new Map<string, number>();
  const earliest = (id: string, height: number) => {
    const there = times.get(id);
    if (there === undefined || height < there) times.set(id, height);
  };
  for (const stop of known.values()) if (stop.tx && stop.height !== null) times.set(stop.id, stop.height);
  for (const { from, to, height } of ways) {
    if (height === null) continue;
    if (known.get(from)?.tx === false) earliest(from, height);
    if (known.get(to)?.tx === false) earliest(to, height);
  }
  return times;
}

/** True where the way tells which of its ends comes first.
 *
 * Of the receipts of a party only the first does: a party that is paid again later stays where it
 * is, and one that spent before cannot stand after.
 */
function leads(
  { to, height }: Way,
  known: ReadonlyMap<string, Stop>,
  times: ReadonlyMap<string, number>,
): boolean {
  if (height === null || known.get(to)?.tx !== false) return true;
  return height <= (times.get(to) ?? height);
}

/** Parties that come from nowhere stand right before what they pay into. */
function drawnNear(
  stops: readonly Stop[],
  ways: readonly Way[],
  columns: Map<string, number>,
): Map<string, number> {
  const fed = new Set(ways.map((way) => way.to));
  const nearest = new Map<string, number>();
  for (const { from, to } of ways) {
    const column = columns.get(to) ?? 0;
    nearest.set(from, Math.min(nearest.get(from) ?? column, column));
  }
  for (const { id, tx } of stops) {
    const column = nearest.get(id);
    if (!tx && !fed.has(id) && column !== undefined) columns.set(id, column - 1);
  }
  const first = Math.min(0, ...columns.values());
  for (const [id, column] of columns) columns.set(id, column - first);
  return columns;
}

function indexOf(known: ReadonlyMap<string, { index: number }>, id: string): number {
  return known.get(id)?.index ?? 0;
}

/** The least number first. */
function makeHeap(items: number[]) {
  const heap: number[] = [];
  const at = (index: number) => heap[index] ?? Infinity;
  const push = (item: number) => {
    let index = heap.push(item) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (at(parent) <= item) break;
      heap[index] = at(parent);
      index = parent;
    }
    heap[index] = item;
  };
  const pop = (): number | undefined => {
    const top = heap[0];
    const last = heap.pop();
    if (top === undefined || last === undefined || heap.length === 0) return top;
    let index = 0;
    for (;;) {
      const child = at(2 * index + 2) < at(2 * index + 1) ? 2 * index + 2 : 2 * index + 1;
      if (child >= heap.length || at(child) >= last) break;
      heap[index] = at(child);
      index = child;
    }
    heap[index] = last;
    return top;
  };
  for (const item of items) push(item);
  return { push, pop };
}
