/** The picture as files: drawing, tables, data. */

import { saveBlob } from "../../files";
import { exportTable } from "../../parts/export";
import { pngOf } from "../../parts/figure-files";
import { shownTheme } from "../../settings";
import { status } from "../../status";
import { canonicalOf } from "../model/canonical";
import { drawingOf, type Drawing } from "../model/svg";
import { edgesTable, nodesTable } from "../model/table";
import { wordsOf } from "../model/words";
import { pictureOf, type Desk } from "./desk";

export type FileKind = "svg" | "png" | "csv_nodes" | "csv_edges" | "xlsx_nodes" | "xlsx_edges" | "json";
export const FILE_KINDS: readonly FileKind[] = ["svg", "png", "csv_nodes", "csv_edges", "xlsx_nodes", "xlsx_edges", "json"];

/** The drawing as SVG: the same picture on the same tip at the same time gives the same bytes. */
export function drawingOn(desk: Desk, theme = shownTheme()): Drawing {
  const at = status.get();
  return drawingOf(pictureOf(desk), wordsOf(), theme, {
    title: titleOf(desk),
    date_utc: `${new Date().toISOString().slice(0, 19)}Z`,
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
  if (kind === "svg") return saveBlob(new Blob([drawingOn(desk).svg], { type: "image/svg+xml" }), `${name}.svg`);
  if (kind === "json") return saveBlob(new Blob([canonicalOf(pictureOf(desk))], { type: "application/json" }), `${name}.json`);
  if (kind === "png") {
    const { svg, width, height } = drawingOn(desk);
    // No browser draws beyond some 16,000 pixels a side.
    const scale = Math.min(2, 16_000 / Math.max(width, height, 1));
    return saveBlob(await pngOf(svg, width, height, scale), `${name}.png`);
  }
  const [format, what] = kind.split("_") as ["csv" | "xlsx", "nodes" | "edges"];
  const table = (what === "nodes" ? nodesTable : edgesTable)(pictureOf(desk), wordsOf());
  await exportTable(format, `${name}-${what}`, table.columns, table.rows);
}
