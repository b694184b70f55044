import type { JSX } from "preact";
import { formatBtc } from "../../shared/money";
import { formatTime } from "../../shared/text";
import { Figure } from "../parts/Figure";
import { t } from "../texts";
import { chartOf } from "./balance";
import type { Moment } from "./types";

const FRAME = { width: 1080, height: 240, left: 120, right: 16, top: 14, bottom: 30 };

/** What came, what went and what was left, over time. */
export function Balance({ of, name, until }: { of: readonly Moment[]; name: string; until: string }): JSX.Element {
  const chart = chartOf(of, FRAME, until);
  const last = of.at(-1);
  const [bottom, right] = [FRAME.height - FRAME.bottom, FRAME.width - FRAME.right];
  return (
    <Figure
      name={`balance-${name.slice(0, 16)}`}
      title={t("explore.balance.title")}
      desc={t("explore.balance.desc", {
        from: of[0]?.time_utc.slice(0, 10) ?? "",
        to: until.slice(0, 10),
        btc: formatBtc(last?.balance_sat ?? 0),
      })}
      table={{
        columns: [t("explore.height"), t("explore.time"), t("explore.balance.came"), t("explore.balance.went"), t("explore.balance.left")],
        rows: of.map((m) => [m.height, formatTime(m.time_utc), formatBtc(m.received_sat), formatBtc(m.sent_sat), formatBtc(m.balance_sat)]),
        numeric: [0, 2, 3, 4],
      }}
    >
      <svg class="balance" viewBox={`0 0 ${FRAME.width} ${FRAME.height}`} width={FRAME.width} height={FRAME.height} role="img" aria-label={t("explore.balance.title")}>
        {chart.ticks.map((tick) => (
          <g key={String(tick.sat)}>
            <line class="grid" x1={FRAME.left} x2={right} y1={tick.y} y2={tick.y} />
            <text class="axis" x={FRAME.left - 8} y={tick.y + 4} text-anchor="end">{formatBtc(tick.sat)}</text>
          </g>
        ))}
        {chart.dates.map((date, index) => (
          <text key={date.text} class="axis" x={date.x} y={FRAME.height - 8} text-anchor={index === 0 ? "start" : index === chart.dates.length - 1 ? "end" : "middle"}>
            {date.text}
          </text>
        ))}
        <path class="balance-area" d={chart.area} />
        {chart.bars.map((bar, index) => (
          <g key={index}>
            <title>{said(bar.at)}</title>
            <rect class="bar-in" x={bar.x - bar.width} width={bar.width} y={bar.came[0]} height={Math.max(0, bar.came[1] - bar.came[0])} />
            <rect class="bar-out" x={bar.x} width={bar.width} y={bar.went[0]} height={Math.max(0, bar.went[1] - bar.went[0])} />
          </g>
        ))}
        <path class="balance-line" d={chart.line} />
        <line class="axis-line" x1={FRAME.left} x2={right} y1={bottom} y2={bottom} />
      </svg>
      <p class="legend">
        <span class="key key-in" /> {t("explore.balance.came")} <span class="key key-out" /> {t("explore.balance.went")}{" "}
        <span class="key key-line" /> {t("explore.balance.left")}
      </p>
    </Figure>
  );
}

function said(m: Moment): string {
  return t("explore.balance.moment", {
    time: formatTime(m.time_utc),
    came: formatBtc(m.received_sat),
    went: formatBtc(m.sent_sat),
    left: formatBtc(m.balance_sat),
  });
}
