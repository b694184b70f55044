/** How things look, on the canvas and in the drawing of it, in the light and in the dark. */

import type { Basis } from "./flow";
import type { Colour } from "./picture";
import type { Sat } from "./sat";
import { NODE_WIDTH, type Point } from "./space";
import type { ViewEdge, ViewNode } from "./visible";

export type Theme = "light" | "dark";
export const THEMES: readonly Theme[] = ["light", "dark"];

export interface Ink {
  fill: string;
  line: string;
  text: string;
}

/** The inks that do not depend on what is drawn. */
export const INK: Record<
  Theme,
  { ground: string; text: string; quiet: string; line: string; lit: string; accent: string }
> = {
  light: {
    ground: "#ffffff",
    text: "#16191d",
    quiet: "#4f5861",
    line: "#6b757f",
    lit: "#b56a00",
    accent: "#0b5cad",
  },
  dark: {
    ground: "#14171a",
    text: "#e6e9ec",
    quiet: "#a9b2bb",
    line: "#8a949e",
    lit: "#f0b45c",
    accent: "#7ab8ff",
  },
};

const KIND_INK: Record<Theme, Record<ViewNode["kind"], Ink>> = {
  light: {
    tx: { fill: "#f3f5f7", line: "#4f5861", text: "#16191d" },
    address: { fill: "#eaf3fc", line: "#0b5cad", text: "#16191d" },
    cluster: { fill: "#e5f3f2", line: "#1a6b67", text: "#16191d" },
    end: { fill: "#fdf1dc", line: "#8a5300", text: "#16191d" },
    group: { fill: "#ffffff", line: "#4f5861", text: "#16191d" },
  },
  dark: {
    tx: { fill: "#1f242a", line: "#a9b2bb", text: "#e6e9ec" },
    address: { fill: "#16283b", line: "#7ab8ff", text: "#e6e9ec" },
    cluster: { fill: "#142d2b", line: "#6ac9c4", text: "#e6e9ec" },
    end: { fill: "#352814", line: "#f0b45c", text: "#e6e9ec" },
    group: { fill: "#14171a", line: "#a9b2bb", text: "#e6e9ec" },
  },
};

const COLOUR_INK: Record<Theme, Record<Colour, Ink>> = {
  light: {
    red: { fill: "#fdeceb", line: "#b3261e", text: "#16191d" },
    amber: { fill: "#fdf1dc", line: "#8a5300", text: "#16191d" },
    green: { fill: "#e5f4ea", line: "#1a6b37", text: "#16191d" },
    teal: { fill: "#dff3f2", line: "#1a6b67", text: "#16191d" },
    blue: { fill: "#e3effb", line: "#0b5cad", text: "#16191d" },
    violet: { fill: "#f4eafa", line: "#7b3fa0", text: "#16191d" },
    grey: { fill: "#e8edf2", line: "#4f5861", text: "#16191d" },
  },
  dark: {
    red: { fill: "#3a1d1b", line: "#ff9c93", text: "#e6e9ec" },
    amber: { fill: "#352814", line: "#f0b45c", text: "#e6e9ec" },
    green: { fill: "#18301f", line: "#6fd08e", text: "#e6e9ec" },
    teal: { fill: "#142d2b", line: "#6ac9c4", text: "#e6e9ec" },
    blue: { fill: "#1c3147", line: "#7ab8ff", text: "#e6e9ec" },
    violet: { fill: "#2e2138", line: "#cda2ea", text: "#e6e9ec" },
    grey: { fill: "#293039", line: "#a9b2bb", text: "#e6e9ec" },
  },
};

const BASIS_INK: Record<Theme, Record<Basis, string>> = {
  light: { fact: "#4f5861", inference: "#0b5cad", assertion: "#7b3fa0" },
  dark: { fact: "#a9b2bb", inference: "#7ab8ff", assertion: "#cda2ea" },
};

/** The line of each kind of statement: told apart without colour, as everywhere in the program. */
export const BASIS_LINE: Record<Basis, { style: "solid" | "dashed"; dashes: number[] }> = {
  fact: { style: "solid", dashes: [] },
  inference: { style: "dashed", dashes: [6, 3] },
  assertion: { style: "dashed", dashes: [1.5, 3] },
};

/** The dashes of a line of that width: thick lines have longer ones, or they would run together. */
export function dashesOf(basis: Basis, width: number): number[] {
  const scale = Math.max(1, width / 2);
  return BASIS_LINE[basis].dashes.map((dash) => Math.round(dash * scale * 10) / 10);
}

/** The shape of a kind, by the name that cytoscape has for it. */
export function shapeOf(
  node: Pick<ViewNode, "kind">,
): "rectangle" | "round-rectangle" | "cut-rectangle" | "barrel" {
  switch (node.kind) {
    case "tx":
      return "rectangle";
    case "cluster":
      return "cut-rectangle";
    case "end":
      return "barrel";
    default:
      return "round-rectangle";
  }
}

/** The inks of a node: of the colour that was given to it, else of its kind. */
export function nodeInk(node: Pick<ViewNode, "kind" | "colour">, theme: Theme): Ink {
  return node.colour === null ? KIND_INK[theme][node.kind] : COLOUR_INK[theme][node.colour];
}

/** The inks of remarks and boxes. */
export function noteInk(colour: Colour | null, theme: Theme): Ink {
  return COLOUR_INK[theme][colour ?? "grey"];
}

/** The ink of an edge: of the colour that was given to it, else of its basis. */
export function edgeInk(edge: Pick<ViewEdge, "basis" | "colour">, theme: Theme): string {
  return edge.colour === null ? BASIS_INK[theme][edge.basis] : COLOUR_INK[theme][edge.colour].line;
}

/** Wider by the decade: 1 below a thousandth of a bitcoin, 7 from ten thousand bitcoin on. */
export function edgeWidth(edge: { value_sat: Sat }): number {
  const text = String(edge.value_sat);
  // Half a step at three: a logarithm may differ by a bit from one machine to another.
  const decade = text.length - 1 + (text.charAt(0) >= "3" ? 0.5 : 0);
  return Math.min(7, Math.max(1, 1 + (decade - 5) * 0.85));
}

export interface Ends {
  from: Point;
  to: Point;
}

/** Where the line of an edge begins and ends: money leaves to the right and comes from the left.
 *
 * To a node further left it goes the other way round and a little lower, so that it crosses
 * neither node and does not lie on an edge that comes back; within a column from edge to edge.
 */
export function endsOf(from: Point, to: Point, height: number): Ends {
  const half = NODE_WIDTH / 2;
  if (to.x - from.x >= NODE_WIDTH) {
    return { from: { x: from.x + half, y: from.y }, to: { x: to.x - half, y: to.y } };
  }
  if (from.x - to.x >= NODE_WIDTH) {
    return { from: { x: from.x - half, y: from.y + 12 }, to: { x: to.x + half, y: to.y + 12 } };
  }
  const down = to.y >= from.y ? height / 2 : -height / 2;
  return { from: { x: from.x, y: from.y + down }, to: { x: to.x, y: to.y - down } };
}

