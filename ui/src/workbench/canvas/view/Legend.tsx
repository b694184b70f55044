/** What lines, borders and shapes mean, and what is not drawn. */

import type { JSX } from "preact";
import { Basis } from "../../parts/Basis";
import { useStore } from "../../store";
import { t, tn } from "../../texts";
import type { Desk } from "./desk";

export function Legend({ desk }: { desk: Desk }): JSX.Element {
  const view = useStore(desk.view);
  const { picture } = useStore(desk.history);
  const hidden = Object.values(view.hidden).reduce((sum, count) => sum + count, 0);
  const edges = Object.keys(picture.edges).length;
  return (
    <div class="canvas-legend">
      <ul aria-label={t("canvas.legend.title")}>
        {(["fact", "inference", "assertion"] as const).map((basis) => (
          <li key={basis}><Basis of={basis} /></li>
        ))}
        {(["tx", "address", "cluster", "end"] as const).map((kind) => (
          <li key={kind}>
            <span class={`canvas-swatch canvas-swatch-${kind}`} aria-hidden="true" /> {t(`picture.kind.${kind}`)}
          </li>
        ))}
        <li><span class="canvas-swatch canvas-swatch-incomplete" aria-hidden="true" /> {t("canvas.trait.incomplete")}</li>
      </ul>
      <p class="quiet">
        {tn("canvas.count.nodes", view.nodes.length)} · {tn("canvas.count.edges", view.edges.length)}
        {hidden > 0 && <> · {tn("canvas.count.hidden", hidden)}</>}
        {edges > view.edges.length && hidden === 0 && <> · {tn("canvas.count.edges_of", edges)}</>}
      </p>
    </div>
  );
}
