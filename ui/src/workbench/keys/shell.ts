import type { KeyArea } from "../keys";

const shell: KeyArea = {
  area: "shell",
  title: "shell.keys.title",
  entries: [
    { id: "search", keys: "/", text: "shell.keys.search" },
    { id: "home", keys: "g h", text: "shell.keys.home" },
    { id: "canvas", keys: "g f", text: "shell.keys.canvas" },
    { id: "trace", keys: "g t", text: "shell.keys.trace" },
    { id: "cases", keys: "g c", text: "shell.keys.cases" },
    { id: "help", keys: "?", text: "shell.keys.help" },
  ],
};

export default shell;
