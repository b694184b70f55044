/** The picture as files: drawing, tables, data. */

import { saveBlob } from "../../files";
import { exportTable } from "../../parts/export";
import { pngOf } from "../../parts/figure-files";
import { shownTheme } from "../../settings";
import { status } from "../../status";
import { canonicalOf } from "../model/canonical";
import { svgOf } from "../model/svg";
import { edgeRows, nodeRows } from "../model/table";
import { wordsOf } from "../model/words";
import { pictureOf, type Desk } from "./desk";

export type FileKind = "svg" | "png" | "csv_nodes" | "csv_edges" | "xlsx_nodes" | "xlsx_edges" | "json";
export const FILE_KINDS: readonly FileKind[] = ["svg", "png", "csv_nodes", "csv_edges", "xlsx_nodes", "xlsx_edges", "json"];

/** The drawing as SVG text: the same picture on the same tip gives the same bytes. */
export function svgOn(desk: Desk, theme = shownTheme()): string {
  const at = status.get();
  return svgOf(pictureOf(desk), wordsOf(), theme, {
    title: titleOf(desk),
    tip: at === null ? null : { height: at.tip_height, hash: at.tip_hash },
  });
}

export function titleOf(desk: Desk): string {
  const { caseName, picture } = desk.place;
  return caseName === null ? picture : `${caseName} · ${picture}`;
}

/** Has the browser save the picture. Throws Refusal where the server makes the file. */
export async function saveAs(desk: Desk, kind: FileKind): Promise<void> {
  const name = titleOf(desk).replace(/[^\p{L}\p{N}._-]+/gu, "-");
  if (kind === "svg") return saveBlob(new Blob([svgOn(desk)], { type: "image/svg+xml" }), `${name}.svg`);
  if (kind === "json") return saveBlob(new Blob([canonicalOf(pictureOf(desk))], { type: "application/json" }), `${name}.json`);
  if (kind === "png") {
    const svg = svgOn(desk);
    const [width, height] = ["width", "height"].map((side) => Number(new RegExp(`<svg[^>]* ${side}="([\\d.]+)"`).exec(svg)?.[1] ?? 800));
    // No browser draws beyond some 16,000 pixels a side.
    const scale = Math.min(2, 16_000 / Math.max(width ?? 1, height ?? 1));
    return saveBlob(await pngOf(svg, width ?? 800, height ?? 600, scale), `${name}.png`);
  }
  const [format, what] = kind.split("_") as ["csv" | "xlsx", "nodes" | "edges"];
  const table = (what === "nodes" ? nodeRows : edgeRows)(pictureOf(desk), wordsOf());
  await exportTable(format, `${name}-${what}`, table.columns, table.rows);
}
