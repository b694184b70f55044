import type { JSX } from "preact";
import { formatTime, visible } from "../../shared/text";
import { t } from "../texts";

/** A time in UTC, to the second; the local time with its offset on hover. */
export function Time(props: { utc: string | null | undefined; bare?: boolean; day?: boolean }): JSX.Element {
  const { utc, bare, day } = props;
  if (utc === null || utc === undefined) return <span class="quiet">{t("shell.unknown")}</span>;
  const said = formatTime(visible(utc));
  return (
    <time class="time" dateTime={utc} title={localTime(utc)}>
      {day ? said.slice(0, 10) : said}
      {!bare && <span class="unit"> UTC</span>}
    </time>
  );
}

/** "2024-01-31 13:00:00 +01:00 (Europe/Madrid)"; the text itself where it is no time. */
export function localTime(utc: string): string {
  const at = new Date(utc);
  if (Number.isNaN(at.getTime())) return visible(utc);
  const pad = (n: number): string => String(n).padStart(2, "0");
  const offset = -at.getTimezoneOffset();
  const size = Math.abs(offset);
  const zone = `${offset < 0 ? "-" : "+"}${pad(Math.floor(size / 60))}:${pad(size % 60)}`;
  const date = `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`;
  const time = `${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`;
  return `${date} ${time} ${zone} (${Intl.DateTimeFormat().resolvedOptions().timeZone})`;
}
