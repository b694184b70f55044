/** Chooses among the neighbours of a node: which kind, in which order, and which of them. */

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Amount } from "../../parts/Amount";
import { Button } from "../../parts/Button";
import { DataTable } from "../../parts/DataTable";
import { Dialog } from "../../parts/Dialog";
import { FieldGroup, SelectField } from "../../parts/Field";
import { TagChip } from "../../parts/TagChip";
import { Time } from "../../parts/Time";
import { t, tn } from "../../texts";
import type { Direction, FlowEdge, FlowNode, FlowPart, Shape } from "../model/flow";
import { sum, type Sat } from "../model/sat";
import { pictureOf, type Desk } from "./desk";
import { neighbours, shapeFor, take, wish } from "./expanding";
import type { Order } from "./server";
import { Named } from "./Details";
import { kindText, shortName } from "./saying";
import { placed } from "../model/picture";

const AT_ONCE = 100;

interface Candidate {
  node: FlowNode;
  value_sat: Sat;
  time_utc: string | null;
}

export function ChooseDialog(props: { desk: Desk; node: string; direction: Direction }): JSX.Element {
  const { desk, node } = props;
  const there = pictureOf(desk).nodes[node];
  const before = there?.opened[props.direction]?.as;
  const [direction, setDirection] = useState<Direction>(props.direction);
  const [as, setAs] = useState<Shape>(before ?? shapeFor(node));
  const [order, setOrder] = useState<Order>(wish.order);
  const [parts, setParts] = useState<FlowPart[]>([]);
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const ask = async (offset: number): Promise<void> => {
    const part = await neighbours(desk, node, { direction, as, order, limit: AT_ONCE, offset });
    if (part !== null) setParts((old) => (offset === 0 ? [part] : [...old, part]));
  };
  useEffect(() => {
    setParts([]);
    setPicked(new Set());
    void ask(0);
  }, [direction, as, order]);
  const close = (): void => desk.asking.set(null);
  const rows = candidates(desk, parts, node, direction);
  const left = parts.at(-1)?.more.find((more) => more.node === node && more.direction === direction)?.count ?? 0;
  const add = (ids: ReadonlySet<string>): void => {
    const nodes = parts.flatMap((part) => part.nodes).filter(({ id }) => ids.has(id));
    const chosen = rows.filter((row) => !ids.has(row.node.id)).length + left;
    const rest = sum(rows.filter((row) => !ids.has(row.node.id)).map((row) => row.value_sat));
    const beyond = parts.at(-1)?.more.find((more) => more.node === node && more.direction === direction)?.value_sat;
    take(
      desk,
      {
        nodes,
        edges: parts.flatMap((part) => part.edges),
        more: chosen === 0 ? [] : [{ node, direction, count: chosen, value_sat: beyond === null ? null : Number(sum([rest, beyond ?? 0])) }],
      },
      { node, direction, as },
    );
    close();
  };
  return (
    <Dialog
      wide
      title={t("canvas.choose.title", { node: there === undefined ? node : `${kindText(there)} ${shortName(there)}` })}
      onClose={close}
      actions={
        <>
          <Button onClick={close}>{t("shell.cancel")}</Button>
          <Button disabled={rows.length === 0} onClick={() => add(new Set(rows.slice(0, 25).map((row) => row.node.id)))}>
            {tn("canvas.choose.first", Math.min(25, rows.length))}
          </Button>
          <Button primary disabled={picked.size === 0} onClick={() => add(picked)}>{tn("canvas.choose.put", picked.size)}</Button>
        </>
      }
    >
      <FieldGroup legend={t("canvas.choose.how")}>
        <div class="fields">
          <SelectField
            label={t("canvas.choose.direction")}
            value={direction}
            onChange={(value) => setDirection(value as Direction)}
            choices={(["out", "in"] as const).map((value) => ({ value, label: t(`canvas.direction.${value}`) }))}
          />
          <SelectField
            label={t("canvas.choice.as")}
            value={as}
            onChange={(value) => setAs(value as Shape)}
            choices={(["tx", "address", "cluster"] as const).map((value) => ({ value, label: t(`canvas.as.${value}`) }))}
          />
          <SelectField
            label={t("canvas.choice.order")}
            value={order}
            onChange={(value) => setOrder(value as Order)}
            choices={(["value", "time", "tag"] as const).map((value) => ({ value, label: t(`canvas.order.${value}`) }))}
          />
        </div>
      </FieldGroup>
      <DataTable
        name="neighbours"
        caption={t("canvas.choose.caption")}
        rows={rows}
        rowKey={(row) => row.node.id}
        pageSize={25}
        total={left > 0 ? rows.length + left : undefined}
        onMore={left > 0 ? () => ask(parts.length * AT_ONCE) : undefined}
        selected={picked}
        onSelect={setPicked}
        empty={t("canvas.choose.none")}
        columns={[
          {
            id: "node",
            title: t("canvas.choose.node"),
            cell: (row) => <>{kindText(row.node)} <Named node={{ ...placed(row.node, 0, 0), members: [row.node.id] }} /></>,
            text: (row) => row.node.label,
          },
          { id: "amount", title: t("canvas.details.amount"), numeric: true, cell: (row) => <Amount sat={row.value_sat} />, key: (row) => row.value_sat },
          { id: "time", title: t("canvas.details.time"), cell: (row) => <Time utc={row.time_utc} />, key: (row) => row.time_utc },
          {
            id: "tags",
            title: t("canvas.details.tags"),
            cell: (row) => (
              <>
                {row.node.service !== null && <TagChip label={row.node.service.label} category={row.node.service.category} />}
                {row.node.tags.map((tag, index) => <TagChip key={index} label={tag.label} category={tag.category} source={tag.source} />)}
              </>
            ),
            key: (row) => row.node.service?.label ?? row.node.tags[0]?.label ?? "",
          },
        ]}
      />
    </Dialog>
  );
}

/** The neighbours that are not on the picture yet, with what passes between. */
function candidates(desk: Desk, parts: readonly FlowPart[], node: string, direction: Direction): Candidate[] {
  const picture = pictureOf(desk);
  const edges = new Map<string, FlowEdge[]>();
  for (const edge of parts.flatMap((part) => part.edges)) {
    const other = direction === "out" ? (edge.from === node ? edge.to : null) : edge.to === node ? edge.from : null;
    if (other === null) continue;
    const list = edges.get(other) ?? [];
    if (!list.some(({ id }) => id === edge.id)) list.push(edge);
    edges.set(other, list);
  }
  const seen = new Set<string>();
  return parts.flatMap((part) => part.nodes).flatMap((other) => {
    const between = edges.get(other.id);
    const shown = Object.hasOwn(picture.nodes, other.id) && !picture.nodes[other.id]?.hidden;
    if (between === undefined || shown || seen.has(other.id)) return [];
    seen.add(other.id);
    return [{
      node: other,
      value_sat: sum(between.map((edge) => edge.value_sat)),
      time_utc: between.map((edge) => edge.time_utc).find((time) => time !== null) ?? other.time_utc,
    }];
  });
}
