/** The picture as a list: the same nodes and edges, for those who do not see the drawing. */

import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { Button } from "../../parts/Button";
import { useStore } from "../../store";
import { t, tn } from "../../texts";
import { hide } from "../model/operations";
import type { ViewEdge, ViewNode } from "../model/visible";
import { commit, pictureOf, select, toggle, type Desk } from "./desk";
import { expand } from "./expanding";
import { amountText, edgeText, kindText, moreText, shortName, timeText, traits } from "./saying";

const PAGE = 100;

export function Outline({ desk }: { desk: Desk }): JSX.Element {
  const view = useStore(desk.view);
  const selected = useStore(desk.selected);
  const [words, setWords] = useState("");
  const [most, setMost] = useState(PAGE);
  const around = useMemo(() => edgesAround(view.edges), [view.edges]);
  const rows = useMemo(
    () =>
      [...view.nodes]
        .sort((a, b) => a.x - b.x || a.y - b.y || (a.id < b.id ? -1 : 1))
        .filter((node) => matches(node, words)),
    [view.nodes, words],
  );
  return (
    <div id="canvas-outline" class="canvas-outline" tabIndex={-1}>
      <label class="field">
        <span class="unseen">{t("canvas.outline.filter")}</span>
        <input
          class="input"
          type="search"
          placeholder={t("canvas.outline.filter")}
          value={words}
          onInput={(event) => setWords(event.currentTarget.value)}
        />
      </label>
      <p class="quiet" role="status">{tn("canvas.count.nodes", rows.length)}</p>
      <ol class="canvas-rows" aria-label={t("canvas.outline.title")}>
        {rows.slice(0, most).map((node) => (
          <Row key={node.id} desk={desk} node={node} selected={selected.has(node.id)} edges={around.get(node.id) ?? []} />
        ))}
      </ol>
      {rows.length > most && <Button onClick={() => setMost(most + PAGE)}>{tn("canvas.outline.more", rows.length - most)}</Button>}
    </div>
  );
}

function Row(props: { desk: Desk; node: ViewNode; selected: boolean; edges: ViewEdge[] }): JSX.Element {
  const { desk, node, selected, edges } = props;
  const [open, setOpen] = useState(false);
  const name = `${kindText(node)} ${shortName(node)}`;
  const more = desk.view.get().more.filter((each) => each.node === node.id);
  const choose = (event: MouseEvent, id: string): void => {
    if (event.shiftKey || event.ctrlKey || event.metaKey) toggle(desk, id);
    else select(desk, [id]);
    desk.focus.set(id);
    desk.surface.reveal(id);
  };
  return (
    <li
      class={selected ? "canvas-row canvas-row-selected" : "canvas-row"}
      data-node={node.id}
      data-place={`${node.x} ${node.y}`}
    >
      <button
        type="button"
        class="canvas-name"
        aria-pressed={selected}
        onClick={(event) => choose(event, node.id)}
      >
        <span>{kindText(node)} <bdi class="hash">{shortName(node)}</bdi></span>
        <span class="quiet">{amountText(node.value_sat)} · {timeText(node.time_utc)}</span>
        {traits(node).length > 0 && <span class="canvas-traits">{traits(node).join(" · ")}</span>}
      </button>
      <div class="canvas-row-tools">
        {node.kind !== "end" && node.kind !== "group" && (
          <>
            <Button small quiet icon="back" label={t("canvas.outline.expand_in", { name })} onClick={() => expand(desk, node.members, { direction: "in" })} />
            <Button small quiet icon="forward" label={t("canvas.outline.expand_out", { name })} onClick={() => expand(desk, node.members, { direction: "out" })} />
          </>
        )}
        <Button small quiet icon="hide" label={t("canvas.outline.hide", { name })} onClick={() => commit(desk, hide(pictureOf(desk), node.members))} />
        {edges.length + more.length > 0 && (
          <Button small quiet icon="down" expanded={open} label={t("canvas.outline.edges", { name, count: edges.length })} onClick={() => setOpen(!open)} />
        )}
      </div>
      {open && (
        <ul class="canvas-edges">
          {edges.slice(0, PAGE).map((edge) => (
            <li key={edge.id}>
              <button type="button" class="canvas-name" onClick={(event) => choose(event, edge.id)}>
                {edgeText(edge, desk)}
              </button>
            </li>
          ))}
          {more.map((left) => (
            <li key={left.id}>
              <button
                type="button"
                class="canvas-name"
                onClick={() => desk.asking.set({ kind: "expand", node: left.node, direction: left.direction })}
              >
                {moreText(left)}
              </button>
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}

function edgesAround(edges: readonly ViewEdge[]): Map<string, ViewEdge[]> {
  const around = new Map<string, ViewEdge[]>();
  for (const edge of edges) {
    for (const id of new Set([edge.from, edge.to])) {
      const list = around.get(id);
      if (list === undefined) around.set(id, [edge]);
      else list.push(edge);
    }
  }
  return around;
}

/** True where every word stands in the name, the tags or the traits of a node. */
export function matches(node: ViewNode, words: string): boolean {
  const text = [node.label, kindText(node), ...traits(node), ...node.tags.map((tag) => tag.label), node.time_utc ?? ""].join(" ").toLowerCase();
  return words.toLowerCase().split(/\s+/).filter(Boolean).every((word) => text.includes(word));
}
