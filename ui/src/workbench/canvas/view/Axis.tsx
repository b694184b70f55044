/** The dates along the top of the drawing. */

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useStore } from "../../store";
import { marksOf } from "../model/axis";
import type { Desk } from "./desk";

export function Axis({ desk }: { desk: Desk }): JSX.Element {
  const view = useStore(desk.view);
  const marks = marksOf(view);
  const [port, setPort] = useState(desk.surface.viewport());
  const waiting = useRef(0);
  useEffect(() => {
    const told = (): void => {
      cancelAnimationFrame(waiting.current);
      waiting.current = requestAnimationFrame(() => setPort(desk.surface.viewport()));
    };
    told();
    const end = desk.surface.onViewport(told);
    return () => {
      cancelAnimationFrame(waiting.current);
      end();
    };
  }, [desk, view]);
  let last = -Infinity;
  const shown = marks.flatMap((mark) => {
    const x = mark.x * port.zoom + port.pan.x;
    if (x < 0 || x > port.width || x - last < 78) return [];
    last = x;
    return [{ ...mark, x }];
  });
  return (
    <div class="canvas-axis" aria-hidden="true">
      {shown.map((mark) => (
        <span key={mark.text} ref={(element) => void element?.style.setProperty("left", `${mark.x}px`)}>
          {mark.text}
        </span>
      ))}
    </div>
  );
}
