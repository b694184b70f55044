import type { JSX } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import "uplot/dist/uPlot.min.css";
import { formatBtc } from "../../shared/money";
import { Figure } from "../parts/Figure";
import { settings, useSettings } from "../settings";
import { t } from "../texts";
import type { TraceAnswer } from "./answer";
import { curvesSvg, DASHES } from "./curve-file";
import { endName, ruleName } from "./names";
import { cumulative } from "./sums";

const HEIGHT = 360;
const COLOURS = ["--curve-1", "--curve-2", "--curve-3", "--curve-4", "--curve-5", "--curve-6", "--curve-7", "--curve-8"];

/** How much had come where by each day, under a rule. */
export function Cumulative({ answer, rule }: { answer: TraceAnswer; rule: string }): JSX.Element {
  const curves = useMemo(() => cumulative(answer.arrivals.rows, rule), [answer, rule]);
  const names = curves.curves.map((curve) => endName(curve.end));
  const box = useRef<HTMLDivElement>(null);
  const { theme } = useSettings();
  const title = t(answer.direction === "forward" ? "trace.curve.title" : "trace.curve.title_back", { rule: ruleName(rule) });
  useEffect(() => {
    const place = box.current;
    if (place === null || curves.days.length === 0) return;
    let ended = false;
    let end = (): void => undefined;
    void import("uplot").then(({ default: Plot }) => {
      if (ended) return;
      const look = looks();
      const stepped = Plot.paths.stepped?.({ align: 1 });
      const plot = new Plot(
        {
          width: Math.max(320, place.clientWidth),
          height: HEIGHT,
          tzDate: (seconds) => Plot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
          cursor: { drag: { x: true, y: false } },
          legend: { live: true },
          axes: [
            { stroke: look.text, grid: { stroke: look.line }, values: (_plot, at) => at.map((seconds) => dayOf(seconds)), space: 90 },
            {
              stroke: look.text,
              grid: { stroke: look.line },
              size: 110,
              values: (_plot, at) => at.map((sat) => formatBtc(BigInt(Math.round(sat)))),
            },
          ],
          series: [
            { label: t("trace.curve.day"), value: (_plot, seconds) => (seconds == null ? "–" : dayOf(seconds)) },
            ...names.map((label, index) => ({
              label,
              stroke: look.colours[index % look.colours.length] ?? look.text,
              width: 2,
              dash: [...(DASHES[index % DASHES.length] ?? [])],
              points: { show: false },
              ...(stepped && { paths: stepped }),
              value: (_plot: unknown, _sat: number | null, _series: number, day: number | null) =>
                day === null ? "–" : `${formatBtc(curves.curves[index]?.sat[day] ?? 0n)} BTC`,
            })),
          ],
        },
        [
          curves.days.map((day) => Date.parse(`${day}T00:00:00Z`) / 1000),
          // places on the screen alone: the amounts that are read come from the exact sums
          ...curves.curves.map(({ sat }) => sat.map(Number)),
        ],
        place,
      );
      const watch = new ResizeObserver(() => plot.setSize({ width: Math.max(320, place.clientWidth), height: HEIGHT }));
      watch.observe(place);
      end = () => {
        watch.disconnect();
        plot.destroy();
      };
    });
    return () => {
      ended = true;
      end();
    };
  }, [curves, theme, settings.get().language]);
  const svg = (): string => {
    const look = looks();
    return curvesSvg(curves, names, look.colours, { ...look, title });
  };
  return (
    <>
      <Figure
        name={`over-time-${rule}`}
        title={title}
        desc={t("trace.curve.desc")}
        table={{
          columns: [t("trace.curve.day"), ...names.map((name) => `${name}, ${t("shell.sat")}`)],
          rows: curves.days.map((day, index) => [day, ...curves.curves.map(({ sat }) => sat[index] ?? 0n)]),
          numeric: names.map((_, index) => index + 1),
        }}
        svg={svg}
        png={async () => {
          const { pngOf } = await import("../parts/figure-files");
          return pngOf(svg(), 1120, 420);
        }}
      >
        {curves.days.length === 0 ? <p class="quiet">{t("trace.curve.nothing")}</p> : <div class="trace-curve" ref={box} />}
      </Figure>
      <p class="quiet">
        {t(answer.arrivals.step === "month" ? "trace.curve.by_month" : "trace.curve.by_day")}{" "}
        {curves.held > 0n && t("trace.curve.held", { amount: `${formatBtc(curves.held)} BTC` })}
      </p>
    </>
  );
}

function looks(): { ground: string; text: string; line: string; colours: string[] } {
  const probe = document.createElement("span");
  document.body.append(probe);
  const colour = (name: string): string => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const found = { ground: colour("--ground"), text: colour("--text"), line: colour("--line"), colours: COLOURS.map(colour) };
  probe.remove();
  return found;
}

function dayOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 10);
}
