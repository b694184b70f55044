/** All that is known of what is chosen. */

import type { ComponentChildren, JSX } from "preact";
import { visible } from "../../../shared/text";
import { Amount } from "../../parts/Amount";
import { Basis } from "../../parts/Basis";
import { Button } from "../../parts/Button";
import { CaseButton } from "../../parts/CaseButton";
import { AddressLink, ClusterLink, OutpointLink, ServiceLink, TxLink } from "../../parts/Hash";
import { Facts } from "../../parts/Page";
import { TagChip } from "../../parts/TagChip";
import { Time } from "../../parts/Time";
import { Link, to } from "../../router";
import { useStore } from "../../store";
import { t, tn, tOr } from "../../texts";
import type { ViewEdge, ViewNode } from "../model/visible";
import { perform } from "./actions";
import { chosen, pictureOf, select, type Desk } from "./desk";
import { endText, kindText, shortName, traits } from "./saying";
import { NoteEditor } from "./NoteDialog";

type Fact = { name: ComponentChildren; value: ComponentChildren };

export function Details({ desk }: { desk: Desk }): JSX.Element {
  useStore(desk.selected);
  useStore(desk.focus);
  useStore(desk.history);
  const view = useStore(desk.view);
  const ids = chosen(desk);
  const nodes = view.nodes.filter(({ id }) => ids.includes(id));
  const edges = view.edges.filter(({ id }) => ids.includes(id));
  const note = pictureOf(desk).notes[ids[0] ?? ""];
  const [node, edge] = [nodes[0], edges[0]];
  return (
    <div id="canvas-details" class="canvas-details" tabIndex={-1}>
      {nodes.length + edges.length > 1 ? (
        <Several desk={desk} nodes={nodes} edges={edges} />
      ) : node !== undefined ? (
        <NodeDetails desk={desk} node={node} />
      ) : edge !== undefined ? (
        <EdgeDetails desk={desk} edge={edge} />
      ) : note !== undefined ? (
        <NoteEditor key={note.id} desk={desk} note={note} />
      ) : (
        <p class="quiet">{t("canvas.details.none")}</p>
      )}
    </div>
  );
}

function Several({ desk, nodes, edges }: { desk: Desk; nodes: ViewNode[]; edges: ViewEdge[] }): JSX.Element {
  const parties = nodes.filter(({ kind }) => kind === "address" || kind === "cluster");
  return (
    <>
      <h2>{tn("canvas.said.selected", nodes.length + edges.length)}</h2>
      <ul class="canvas-plain">
        {nodes.slice(0, 30).map((node) => (
          <li key={node.id}>
            <button type="button" class="canvas-name" onClick={() => select(desk, [node.id])}>
              {kindText(node)} <bdi>{shortName(node)}</bdi>
            </button>
          </li>
        ))}
      </ul>
      <div class="form-actions">
        {nodes.length === 2 && (
          <Button small icon="link" onClick={() => void perform(desk, "path")}>{t("canvas.action.path")}</Button>
        )}
        {parties.length === 2 && (
          <Link class="button button-small" to={whyPath(parties[0]?.label ?? "", parties[1]?.label ?? "")}>
            {t("canvas.details.why")}
          </Link>
        )}
        <Button small icon="case" onClick={() => void perform(desk, "group")}>{t("canvas.action.group")}</Button>
        <Button small icon="hide" onClick={() => void perform(desk, "hide")}>{t("canvas.action.hide")}</Button>
      </div>
    </>
  );
}

function NodeDetails({ desk, node }: { desk: Desk; node: ViewNode }): JSX.Element {
  const { nodes } = pictureOf(desk);
  const facts: Fact[] = [];
  const put = (name: string, value: ComponentChildren): void => void facts.push({ name: t(`canvas.details.${name}`), value });
  if (node.kind === "end") put("end", endText(node.id));
  if (node.value_sat !== undefined) {
    put(node.kind === "tx" ? "outputs_sum" : node.kind === "end" ? "amount" : "received", <Amount sat={node.value_sat} copy />);
  }
  put(node.kind === "tx" ? "time" : "first_seen", <Time utc={node.time_utc} />);
  if (node.height !== null) put("height", <Link to={to("/block/:block", { block: String(node.height) })}>{String(node.height)}</Link>);
  if (node.kind === "tx") {
    put("inputs", String(node.in_count));
    put("outputs", String(node.out_count));
  } else if (node.kind !== "end" && node.kind !== "group") {
    put("paid_in", String(node.in_count));
    put("spent_in", String(node.out_count));
  }
  if (node.scripts !== undefined) put("scripts", String(node.scripts));
  if (node.script_type != null) put("script_type", node.script_type);
  if (node.coinjoin !== null) put("coinjoin", <>{visible(node.coinjoin)} <Basis of="inference" /></>);
  if (node.cluster != null && node.kind === "address") put("cluster", <><ClusterLink cluster={node.cluster} copy /> <Basis of="inference" /></>);
  if (node.service !== null) put("service", <><ServiceLink party={node.service.party} label={node.service.label} /> <Basis of="assertion" /></>);
  const notes = Object.values(pictureOf(desk).notes).filter((note) => note.on !== null && "node" in note.on && note.on.node === node.id);
  return (
    <>
      <h2>{kindText(node)}</h2>
      <p><Named node={node} /></p>
      {node.incomplete && <p class="canvas-incomplete">{t("canvas.details.incomplete")}</p>}
      {traits(node).length > 0 && <p class="quiet">{traits(node).join(" · ")}</p>}
      <Facts of={facts} />
      {node.tags.length > 0 && (
        <>
          <h3>{t("canvas.details.tags")}</h3>
          <ul class="canvas-plain">
            {node.tags.map((tag, index) => (
              <li key={index}>
                <TagChip label={tag.label} category={tag.category} source={tag.source} />{" "}
                <span class="quiet">{t("shell.tag_by", { source: visible(tag.source) })}</span>
              </li>
            ))}
          </ul>
          {node.tag_count > node.tags.length && <p class="quiet">{t("canvas.details.tags_of", { shown: node.tags.length, all: node.tag_count })}</p>}
        </>
      )}
      {node.members.length > 1 && (
        <>
          <h3>{t("canvas.details.members")}</h3>
          <ul class="canvas-plain">
            {node.members.slice(0, 30).map((id) => {
              const member = nodes[id];
              return member && <li key={id}><Named node={{ ...member, members: [id] }} /></li>;
            })}
          </ul>
        </>
      )}
      <div class="form-actions">
        <Button small icon="back" onClick={() => void perform(desk, "expand_in")}>{t("canvas.short.expand_in")}</Button>
        <Button small icon="forward" onClick={() => void perform(desk, "expand_out")}>{t("canvas.short.expand_out")}</Button>
        <Button small icon="play" onClick={() => void perform(desk, "trace")}>{t("canvas.short.trace")}</Button>
        {node.kind === "address" && node.cluster != null && node.cluster !== node.label && (
          <Link class="button button-small" to={whyPath(node.label, node.cluster)}>{t("canvas.details.why")}</Link>
        )}
        {(node.kind === "tx" || node.kind === "address" || node.kind === "cluster") && (
          <CaseButton small item={{ kind: node.kind, name: node.label }} />
        )}
      </div>
      <h3>{t("canvas.details.notes")}</h3>
      {notes.map((note) => <NoteEditor key={note.id} desk={desk} note={note} />)}
      <Button small icon="edit" onClick={() => desk.asking.set({ kind: "note", on: { node: node.id } })}>{t("canvas.action.note")}</Button>
    </>
  );
}

function EdgeDetails({ desk, edge }: { desk: Desk; edge: ViewEdge }): JSX.Element {
  const nodes = new Map(desk.view.get().nodes.map((node) => [node.id, node]));
  const ends = [edge.from, edge.to].map((id) => nodes.get(id));
  const facts: Fact[] = [
    { name: t("canvas.details.from"), value: ends[0] ? <Named node={ends[0]} /> : edge.from },
    { name: t("canvas.details.to"), value: ends[1] ? <Named node={ends[1]} /> : edge.to },
    { name: t("canvas.details.amount"), value: <Amount sat={edge.value_sat} fiat={edge.fiat ?? null} copy /> },
    { name: t("canvas.details.time"), value: <><Time utc={edge.time_utc} />{edge.last_utc != null && edge.last_utc !== edge.time_utc && <> – <Time utc={edge.last_utc} /></>}</> },
    { name: t("canvas.details.basis"), value: <Basis of={edge.basis} rule={edge.rule ?? null} /> },
    { name: t(edge.kind === "flow" ? "canvas.details.transactions" : "canvas.details.outpoints_count"), value: String(edge.count) },
  ];
  if (edge.change != null) {
    facts.push({
      name: t("canvas.details.change"),
      value: (
        <>
          {tOr(`canvas.change.${edge.change.verdict}`, edge.change.verdict)}
          {edge.change.probability !== null && <> ({Math.round(edge.change.probability * 100)} %)</>} <Basis of="inference" />
        </>
      ),
    });
  }
  for (const [rule, sat] of Object.entries(edge.traced_sat ?? {})) {
    facts.push({ name: t("canvas.details.traced", { rule: tOr(`report.rule.${rule}`, rule) }), value: <Amount sat={sat} /> });
  }
  const notes = Object.values(pictureOf(desk).notes).filter((note) => note.on !== null && "edge" in note.on && edge.members.includes(note.on.edge));
  return (
    <>
      <h2>{t(`canvas.edge.${edge.kind}`)}</h2>
      <Facts of={facts} />
      {edge.outpoints.length > 0 && (
        <>
          <h3>{t("canvas.details.outpoints")}</h3>
          <ul class="canvas-plain">
            {edge.outpoints.map((outpoint) => <li key={outpoint}><OutpointLink outpoint={outpoint} copy /></li>)}
          </ul>
          {edge.count > edge.outpoints.length && edge.kind !== "flow" && <p class="quiet">{t("canvas.details.tags_of", { shown: edge.outpoints.length, all: edge.count })}</p>}
        </>
      )}
      <h3>{t("canvas.details.notes")}</h3>
      {notes.map((note) => <NoteEditor key={note.id} desk={desk} note={note} />)}
      <div class="form-actions">
        <Button small icon="edit" onClick={() => desk.asking.set({ kind: "note", on: { edge: edge.members[0] ?? edge.id } })}>{t("canvas.action.note")}</Button>
        <Button small icon="play" onClick={() => void perform(desk, "trace")}>{t("canvas.short.trace")}</Button>
        <Button small icon="hide" onClick={() => void perform(desk, "hide")}>{t("canvas.action.hide")}</Button>
      </div>
    </>
  );
}

/** The name of a node, as a link to its page. */
export function Named({ node }: { node: ViewNode }): JSX.Element {
  if (node.kind === "tx") return <TxLink txid={node.label} copy />;
  if (node.kind === "address") return <AddressLink address={node.label} copy />;
  if (node.kind === "cluster") return <ClusterLink cluster={node.label} copy />;
  const outpoint = /^end:[^:]+:([0-9a-f]{64}:\d+)$/.exec(node.id)?.[1];
  return outpoint === undefined ? <bdi>{visible(node.label)}</bdi> : <OutpointLink outpoint={outpoint} copy />;
}

function whyPath(a: string, b: string): string {
  return to("/why", {}, { a, b });
}

