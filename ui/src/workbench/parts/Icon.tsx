import type { JSX } from "preact";

/** Drawn in a square of 16, by strokes of the text's own colour. */
const PATHS = {
  add: "M8 3v10M3 8h10",
  back: "M10 3 5 8l5 5",
  bookmark: "M4 2h8v12l-4-3-4 3z",
  case: "M2 5h12v8H2zM6 5V3h4v2M2 9h12",
  close: "M4 4l8 8M12 4l-8 8",
  copy: "M6 6h8v8H6zM10 6V2H2v8h4",
  down: "M3 6l5 5 5-5",
  download: "M8 2v8M4 7l4 4 4-4M2 14h12",
  edit: "M11 2l3 3-8 8-4 1 1-4z",
  error: "M8 1.5a6.5 6.5 0 100 13 6.5 6.5 0 000-13zM5.5 5.5l5 5M10.5 5.5l-5 5",
  expand: "M2 8h12M10 4l4 4-4 4",
  filter: "M2 3h12L9.5 8.5V13l-3-1.5v-3z",
  forward: "M6 3l5 5-5 5",
  help: "M8 1.5a6.5 6.5 0 100 13 6.5 6.5 0 000-13zM6 6.3a2 2 0 113 1.7c-.7.4-1 .8-1 1.5M8 11.5v.6",
  hide: "M2 8s2.2-4 6-4 6 4 6 4-2.2 4-6 4-6-4-6-4zM3 13L13 3",
  info: "M8 1.5a6.5 6.5 0 100 13 6.5 6.5 0 000-13zM8 7v4.5M8 4.2v.6",
  language: "M8 1.5a6.5 6.5 0 100 13 6.5 6.5 0 000-13zM1.5 8h13M8 1.5c4.5 4 4.5 9 0 13M8 1.5c-4.5 4-4.5 9 0 13",
  link: "M7 4l1.5-1.5a3.2 3.2 0 014.5 4.500L11.500 8.500M9 12l-1.500 1.500a3.200 3.200 0 01-4.500-4.500L4.500 7.500M5.500 10.500l5-5",
  menu: "M2 4h12M2 8h12M2 12h12",
  minus: "M3 8h10",
  more: "M2.5 8a.5.5 0 101 0a.5.5 0 10-1 0M7.5 8a.5.5 0 101 0a.5.5 0 10-1 0M12.5 8a.5.5 0 101 0a.5.5 0 10-1 0",
  ok: "M8 1.5a6.5 6.5 0 100 13 6.5 6.5 0 000-13zM5 8.200l2.200 2.200L11 6.200",
  pin: "M6 2h4l-.5 5L12 9.500H4L6.500 7zM8 9.500V14",
  play: "M4 2.500l9 5.500-9 5.500z",
  redo: "M13 3v4H9M13 7A5.500 5.500 0 103.500 11.500",
  reload: "M13.500 8A5.500 5.500 0 118 2.500c2 0 3.500 1 4.500 2.500M13 2v3.500H9.500",
  search: "M7 2.500a4.500 4.500 0 100 9 4.500 4.500 0 000-9zM10.500 10.500L14 14",
  settings: "M3 4h6M12 4h1M3 8h1M7 8h6M3 12h6M12 12h1M10.500 2.500v3M5.500 6.500v3M10.500 10.500v3",
  show: "M2 8s2.200-4 6-4 6 4 6 4-2.200 4-6 4-6-4-6-4zM8 6.300a1.700 1.700 0 100 3.400 1.700 1.700 0 000-3.400z",
  stop: "M3.500 3.500h9v9h-9z",
  theme: "M8 1.500a6.500 6.500 0 100 13zM8 1.500a6.500 6.500 0 110 13",
  undo: "M3 3v4h4M3 7a5.500 5.500 0 119.500 4.500",
  up: "M3 10l5-5 5 5",
  warning: "M8 2l6.500 12h-13zM8 6.500v4M8 12v.3",
} as const;

export type IconName = keyof typeof PATHS;

/** A small picture beside a word; said to nobody, for the word or the button's label says it. */
export function Icon({ name }: { name: IconName }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
