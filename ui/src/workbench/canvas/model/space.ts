/** The room on the drawing: who stands where, and the nearest free place in a column. */

export interface Point {
  x: number;
  y: number;
}

/** Sizes in units of the drawing. A node's own room holds its "+312 more" as well. */
export const NODE_WIDTH = 168;
export const NODE_HEIGHT = 56;
/** From one column to the next: wide enough that an amount can be read between two nodes. */
export const COLUMN = 288;
export const ROW = 92;
const BREADTH = NODE_WIDTH + 40;

export interface Space {
  take(point: Point): void;
  /** The place nearest to the point in its column that is free, below before above; takes it. */
  settle(point: Point): Point;
}

/** Room in which these points are taken. */
export function makeSpace(taken: Iterable<Point>): Space {
  const cells = new Map<string, Point[]>();
  // What was found taken stays taken: the next search of the same place goes on from there.
  const tried = new Map<string, number>();
  const column = (x: number) => Math.floor(x / BREADTH);
  const row = (y: number) => Math.floor(y / ROW);

  const take = (point: Point) => {
    const key = `${column(point.x)} ${row(point.y)}`;
    const cell = cells.get(key);
    if (cell === undefined) cells.set(key, [point]);
    else cell.push(point);
  };
  const free = (x: number, y: number) => {
    for (let i = column(x) - 1; i <= column(x) + 1; i++) {
      for (let j = row(y) - 1; j <= row(y) + 1; j++) {
        for (const other of cells.get(`${i} ${j}`) ?? []) {
          if (overlap({ x, y }, other)) return false;
        }
      }
    }
    return true;
  };
  const settle = (wanted: Point): Point => {
    const x = Math.round(wanted.x);
    const y = Math.round(wanted.y);
    const key = `${x} ${y}`;
    for (let step = tried.get(key) ?? 0; ; step++) {
      // 0, 1, -1, 2, -2, …
      const at = y + (step % 2 === 1 ? (step + 1) / 2 : -step / 2) * ROW;
      if (!free(x, at)) continue;
      tried.set(key, step + 1);
      const point = { x, y: at };
      take(point);
      return point;
    }
  };
  for (const point of taken) take(point);
  return { take, settle };
}

/** True where two nodes stand too close to be told apart. */
export function overlap(a: Point, b: Point): boolean {
  return Math.abs(a.x - b.x) < BREADTH && Math.abs(a.y - b.y) < ROW;
}
