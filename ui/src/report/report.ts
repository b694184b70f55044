/** report.json, read and checked. Its format is in docs/evidence-format.md. */

import { satoshis } from "../shared/money";

export interface Movement {
  id: string;
  entity: string;
  label: string;
  outpoint: string;
  address: string;
  time: string;
  height: number;
  value: bigint;
  traced: Record<string, bigint>;
  fiat: Record<string, string>;
  /** Outpoints in the direction of the money. */
  path: string[];
  hops: number;
  basis: string;
}

export interface Receipt {
  id: string;
  outpoint: string;
  address: string;
  time: string;
  height: number;
  value: bigint;
  fiat: Record<string, string>;
}

export interface Service {
  entity: string;
  label: string;
  count: number;
  traced: Record<string, bigint>;
  fiat: Record<string, string>;
}

export interface Report {
  title: string;
  date: string;
  network: string;
  tipHeight: number;
  tipHash: string;
  subject: string;
  receiptCount: number;
  received: bigint;
  internal: bigint;
  inflow: bigint;
  outflow: bigint;
  fiat: Record<string, string>;
  receipts: Receipt[];
  inflows: Movement[];
  outflows: Movement[];
  servicesIn: Service[];
  servicesOut: Service[];
  withoutRate: string[];
  /** Sentences on what is in doubt; null in a report that says nothing of it. */
  doubts: string[] | null;
  rules: string[];
  currencies: string[];
}

/** The report in a JSON text; throws an Error that names the field at fault. */
export function readReport(json: string): Report {
  const root = object(JSON.parse(json), "report");
  const totals = object(root["totals"], "totals");
  const tip = object(root["tip"], "tip");
  const services = object(root["by_service"], "by_service");
  const servicesIn = list(services["inflows"], "by_service.inflows", service);
  const servicesOut = list(services["outflows"], "by_service.outflows", service);
  const labels = new Map([...servicesIn, ...servicesOut].map((s) => [s.entity, s.label]));
  const receipts = list(root["receipts"], "receipts", receipt);
  const flow = (value: unknown, where: string): Movement => movement(value, where, labels);
  const inflows = list(root["inflows"], "inflows", flow);
  const outflows = list(root["outflows"], "outflows", flow);
  const flows = [...inflows, ...outflows];
  const doubts = root["doubts"] === undefined ? null : object(root["doubts"], "doubts");
  return {
    title: text(root["title"], "title"),
    date: text(root["date_utc"], "date_utc"),
    network: text(root["network"], "network"),
    tipHeight: whole(tip["height"], "tip.height"),
    tipHash: text(tip["hash"], "tip.hash"),
    subject: text(root["subject"], "subject"),
    receiptCount: whole(totals["receipts"], "totals.receipts"),
    received: satoshis(totals["received_sat"], "totals.received_sat"),
    internal: satoshis(totals["internal_sat"], "totals.internal_sat"),
    inflow: satoshis(totals["inflow_sat"], "totals.inflow_sat"),
    outflow: satoshis(totals["outflow_sat"], "totals.outflow_sat"),
    fiat: fiat(totals["fiat"], "totals.fiat"),
    receipts,
    inflows,
    outflows,
    servicesIn,
    servicesOut,
    withoutRate: list(root["without_rate"], "without_rate", text),
    doubts: doubts && list(doubts["sentences"], "doubts.sentences", text),
    rules: list(root["rules"], "rules", text),
    currencies: names([...receipts, ...flows].map((f) => f.fiat)),
  };
}

function receipt(value: unknown, where: string): Receipt {
  const row = object(value, where);
  return {
    id: text(row["id"], `${where}.id`),
    outpoint: text(row["outpoint"], `${where}.outpoint`),
    // A script without an address form has none.
    address: row["address"] === null ? "" : text(row["address"], `${where}.address`),
    time: text(row["time_utc"], `${where}.time_utc`),
    height: whole(row["height"], `${where}.height`),
    value: satoshis(row["value_sat"], `${where}.value_sat`),
    fiat: fiat(row["fiat"], `${where}.fiat`),
  };
}

function movement(value: unknown, where: string, labels: Map<string, string>): Movement {
  const row = object(value, where);
  const entity = text(row["entity"], `${where}.entity`);
  return {
    ...receipt(value, where),
    entity,
    label: labels.get(entity) ?? entity,
    traced: amounts(row["traced_sat"], `${where}.traced_sat`),
    path: list(row["path"], `${where}.path`, text),
    hops: whole(row["hops"], `${where}.hops`),
    basis: text(row["basis"], `${where}.basis`),
  };
}

function service(value: unknown, where: string): Service {
  const row = object(value, where);
  return {
    entity: text(row["entity"], `${where}.entity`),
    label: text(row["label"], `${where}.label`),
    count: whole(row["count"], `${where}.count`),
    traced: amounts(row["traced_sat"], `${where}.traced_sat`),
    fiat: fiat(row["fiat"], `${where}.fiat`),
  };
}

function object(value: unknown, where: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Error(`${where} is not an object`);
  }
  return value as Record<string, unknown>;
}

function list<T>(value: unknown, where: string, read: (v: unknown, where: string) => T): T[] {
  if (!Array.isArray(value)) throw new Error(`${where} is not a list`);
  return value.map((item, index) => read(item, `${where}[${index}]`));
}

function text(value: unknown, where: string): string {
  if (typeof value !== "string") throw new Error(`${where} is not a text`);
  return value;
}

function whole(value: unknown, where: string): number {
  if (!Number.isSafeInteger(value)) throw new Error(`${where} is not a whole number`);
  return value as number;
}

function amounts(value: unknown, where: string): Record<string, bigint> {
  return Object.fromEntries(
    Object.entries(object(value, where)).map(([k, v]) => [k, satoshis(v, `${where}.${k}`)]),
  );
}

function fiat(value: unknown, where: string): Record<string, string> {
  const read = Object.entries(object(value, where));
  for (const [currency, amount] of read) {
    if (typeof amount !== "string" || !/^-?\d+(\.\d+)?$/.test(amount)) {
      throw new Error(`${where}.${currency} is not a decimal text`);
    }
  }
  return Object.fromEntries(read) as Record<string, string>;
}

function names(records: Record<string, unknown>[]): string[] {
  return [...new Set(records.flatMap((r) => Object.keys(r)))].sort();
}
