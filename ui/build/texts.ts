import type { Plugin } from "vite";
import { catalogue, catalogueFiles, LANGUAGES } from "./catalogue.ts";

const NAME = /^virtual:texts\/(\w+)$/;

/** Gives `import texts from "virtual:texts/en"`: the texts of a language by key. */
export function texts(root: string): Plugin {
  return {
    name: "texts",
    resolveId: (id) => (NAME.test(id) ? `\0${id}` : null),
    load(id) {
      const language = LANGUAGES.find((l) => id === `\0virtual:texts/${l}`);
      if (language === undefined) return null;
      for (const file of catalogueFiles(root, language)) this.addWatchFile(file);
      return `export default ${JSON.stringify(catalogue(root, language))};`;
    },
  };
}
