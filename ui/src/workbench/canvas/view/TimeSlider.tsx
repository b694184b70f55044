/** The window of time that is drawn: two handles over the days of what is on the picture. */

import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { Button } from "../../parts/Button";
import { useStore } from "../../store";
import { t } from "../../texts";
import { set } from "../model/operations";
import type { Picture } from "../model/picture";
import { commit, pictureOf, type Desk } from "./desk";
import { timeText } from "./saying";

/** The times that something on the picture has, each once, in order. */
export function timesOf(picture: Picture): string[] {
  const times = new Set<string>();
  for (const id of Object.keys(picture.nodes)) {
    const node = picture.nodes[id];
    if (node?.kind === "tx" && node.time_utc !== null) times.add(node.time_utc);
  }
  for (const id of Object.keys(picture.edges)) {
    const edge = picture.edges[id];
    if (edge?.time_utc != null) times.add(edge.time_utc);
    if (edge?.last_utc != null) times.add(edge.last_utc);
  }
  return [...times].sort();
}

export function TimeSlider({ desk }: { desk: Desk }): JSX.Element | null {
  const { picture } = useStore(desk.history);
  const times = useMemo(() => timesOf(picture), [picture.nodes, picture.edges]);
  if (times.length < 2) return null;
  const { from_utc, to_utc } = picture.settings;
  const last = times.length - 1;
  const from = from_utc === null ? 0 : Math.max(0, times.findIndex((time) => time >= from_utc));
  const found = to_utc === null ? -1 : times.findIndex((time) => time > to_utc);
  const to = found === -1 ? last : Math.max(0, found - 1);
  const put = (a: number, b: number): void => {
    const fields = { from_utc: a <= 0 ? null : (times[a] ?? null), to_utc: b >= last ? null : (times[b] ?? null) };
    commit(desk, set(pictureOf(desk), fields, "time"));
  };
  const handle = (label: string, value: number, change: (value: number) => void): JSX.Element => (
    <input
      type="range"
      min={0}
      max={last}
      step={1}
      value={value}
      aria-label={label}
      aria-valuetext={timeText(times[value])}
      onInput={(event) => change(Number(event.currentTarget.value))}
    />
  );
  return (
    <div class="canvas-time" role="group" aria-label={t("canvas.time.label")}>
      <span class="time">{timeText(times[from])}</span>
      <div class="canvas-range">
        {handle(t("canvas.time.from"), from, (value) => put(Math.min(value, to), to))}
        {handle(t("canvas.time.to"), to, (value) => put(from, Math.max(value, from)))}
      </div>
      <span class="time">{timeText(times[to])}</span>
      <Button small quiet icon="reload" label={t("canvas.time.all")} disabled={from === 0 && to === last} onClick={() => put(0, last)} />
    </div>
  );
}
