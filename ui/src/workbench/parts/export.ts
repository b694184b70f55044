/** Tables as files. The server writes them, so that every CSV of the program is alike and guarded. */

import { postForFile } from "../api";
import { saveBlob } from "../files";

export type Cell = string | number | bigint | null;
export type ExportKind = "csv" | "xlsx";

/** Has the browser save the rows as a file. Throws Refusal. */
export async function exportTable(
  kind: ExportKind,
  name: string,
  columns: readonly string[],
  rows: readonly (readonly Cell[])[],
): Promise<void> {
  saveBlob(await postForFile(`/api/tables/${kind}`, { name, columns, rows }), `${name}.${kind}`);
}
