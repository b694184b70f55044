import "./styles/style.css";
import "./styles/shell.css";
import "./styles/parts.css";
import { render } from "preact";
import { resumeJobs } from "./jobs";
import { followHistory } from "./router";
import { settings } from "./settings";
import { Shell } from "./shell";
import { keepStatus } from "./status";
import { speak, spoken } from "./texts";
import { findToken, token } from "./token";

findToken();
followHistory();
const look = (): void => {
  document.documentElement.dataset.theme = settings.get().theme;
};
look();
settings.watch(({ language }) => {
  look();
  if (language !== spoken.get()) void speak(language);
});
const root = document.getElementById("workbench");
void speak(settings.get().language).then(() => {
  if (root !== null) render(<Shell />, root);
  let kept = false;
  const start = (): void => {
    if (kept || token.get() === null) return;
    kept = true;
    keepStatus();
    void resumeJobs();
  };
  start();
  token.watch(start);
});
