import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { texts } from "./build/texts.ts";

/** The workbench: pages that load when they are opened, every file by its own address. */
export default defineConfig({
  root: "workbench",
  base: "/",
  plugins: [texts(fileURLToPath(new URL("..", import.meta.url)))],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "../../src/peelchain/web/static/workbench",
    emptyOutDir: true,
    target: "es2022",
    // The policy of the server admits no script within the page and no data: address of a script.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    // The licences of what is built in travel with it.
    license: { fileName: "assets/licences.txt" },
    // elkjs and cytoscape are large and load with the canvas alone.
    chunkSizeWarningLimit: 2000,
  },
});
