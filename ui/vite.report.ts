import { createHash } from "node:crypto";
import { defineConfig, type Plugin } from "vite";

/** The hash by which a Content-Security-Policy admits one inline script or style. */
function admitted(text: string): string {
  return `'sha256-${createHash("sha256").update(text, "utf8").digest("base64")}'`;
}

/**
 * Makes the page one file: script and style go inline, and a policy admits these two and nothing
 * else, so that text from the chain cannot run and nothing can be fetched or sent.
 */
function oneFile(): Plugin {
  return {
    name: "one-file",
    enforce: "post",
    generateBundle(_options, bundle) {
      let script = "";
      let style = "";
      for (const [name, part] of Object.entries(bundle)) {
        if (part.type === "chunk") script += part.code;
        else if (name.endsWith(".css")) style += String(part.source);
        else continue;
        delete bundle[name];
      }
      if (/<\/script|<!--/i.test(script) || /<\/style/i.test(style)) {
        this.error("the script or style would end its own element");
      }
      const page = bundle["index.html"];
      if (page?.type !== "asset") this.error("index.html was not built");
      const policy = [
        "default-src 'none'",
        `script-src ${admitted(script)}`,
        `style-src ${admitted(style)}`,
        "base-uri 'none'",
        "form-action 'none'",
      ].join("; ");
      // Functions, because a replacement text would give meaning to the dollar signs of the script.
      page.source = String(page.source)
        .replace(/\s*<script\b[^>]*\bsrc=[^>]*><\/script>/, "")
        .replace(/\s*<link\b[^>]*\brel="stylesheet"[^>]*>/, "")
        .replace("__POLICY__", () => policy)
        .replace("</head>", () => `<style>${style}</style>\n  </head>`)
        .replace("</body>", () => `<script type="module">${script}</script>\n  </body>`);
      page.fileName = "report.html";
    },
  };
}

export default defineConfig({
  root: "report",
  plugins: [oneFile()],
  build: {
    outDir: "../../src/peelchain/web/static",
    emptyOutDir: false,
    target: "es2022",
    modulePreload: false,
    assetsInlineLimit: 0,
  },
});
