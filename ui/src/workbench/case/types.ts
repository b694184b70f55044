/** What the server says of a case. */

import type { Sat } from "../../shared/money";

export type Fiat = Record<string, string | null>;
export type BySat = Record<string, Sat>;

export interface CaseRow {
  case: string;
  title: string | null;
  subject: string | null;
  network: string | null;
  entries: number;
  reports: number;
  last_utc: string | null;
  broken: string | null;
  error: string | null;
}

export interface Totals {
  fiat: Fiat;
  inflow_sat: Sat;
  internal_sat: Sat;
  outflow_sat: Sat;
  receipts: number;
  received_sat: Sat;
}

export interface RunRow {
  entry: number;
  time_utc: string;
  seeds: string[];
  rules: string[];
  tip_height: number;
  as_of: string | null;
  without_tags: string[];
  totals: Totals;
}

export interface EvidenceRow {
  entry: number;
  time_utc: string;
  what: string;
}

export interface HypothesisRow {
  id: string;
  entry: number;
  time_utc: string;
  text: string;
  for: EvidenceRow[];
  against: EvidenceRow[];
}

export interface NoteRow {
  entry: number;
  time_utc: string;
  text: string;
  about: string[];
}

export interface DecisionRow {
  entry: number;
  time_utc: string;
  text: string;
  by: string;
  on: string[];
}

export interface Moved {
  run: number;
  made_on: { height: number; hash: string; policy: string };
  now: { height: number; hash: string; policy: string };
  blocks: number;
  on_chain: boolean;
  imports_added: string[];
  imports_gone: string[];
  moved: boolean;
}

export interface Glance {
  case: string;
  title: string;
  subject: string;
  network: string;
  entries: number;
  undone: number;
  first_utc: string | null;
  last_utc: string | null;
  last_hash: string | null;
  broken: string | null;
  seeds: string[];
  runs: RunRow[];
  reports: { entry: number; time_utc: string; run: number; digest: string }[];
  hypotheses: HypothesisRow[];
  notes: NoteRow[];
  decisions: DecisionRow[];
  exhibits: { id: string; entry: number; of: string; text: string }[];
  made: Record<string, number>;
  moved: Moved | null;
}

export interface JournalRow {
  entry: number;
  time_utc: string;
  kind: string;
  id: string | null;
  state: "stands" | "undone" | "withheld";
  undone_by: number | null;
  what: string;
  texts: Record<string, string>;
  withheld: string[];
  rests_on: number[];
  used_by: number[];
  outputs: number;
  prev: string;
  hash: string;
  signed: string;
}

export interface JournalPage {
  broken: string | null;
  holds: boolean;
  total: number;
  matching: number;
  kinds: Record<string, number>;
  last_hash: string | null;
  first: number;
  entries: JournalRow[];
}

export interface MadeFile {
  name: string;
  file: string;
  sha256: string;
  size_bytes: number | null;
}

export interface JournalEntry extends Omit<JournalRow, "outputs"> {
  body: unknown;
  signer: string | null;
  signature: string | null;
  outputs: MadeFile[];
}

export interface ExhibitRow {
  id: string;
  entry: number;
  time_utc: string;
  type: "file" | "reference";
  of: Record<string, unknown> | null;
  sha256: string | null;
  size_bytes: number | null;
  file: string | null;
  text: string | null;
  copy: "whole" | "changed" | "missing" | null;
}

export interface ServiceSum {
  count: number;
  entity: string;
  label: string;
  fiat: Fiat;
  traced_sat: BySat;
}

export interface ReportSummary {
  entry: number;
  time_utc: string;
  run: number;
  digest: string;
  stale: boolean;
  title: string;
  language: string;
  tip: { height: number; hash: string };
  rules: string[];
  totals: Totals;
  by_service: { inflows: ServiceSum[]; outflows: ServiceSum[] };
  sentences: string[];
  would_change: {
    finding: string;
    label: string;
    direction: string | null;
    outcome: string;
    size: number | null;
    minimum: boolean;
    was_sat: Sat;
  }[];
  counts: Record<FindingList, number>;
  files: MadeFile[];
}

export type FindingList = "receipts" | "inflows" | "outflows";

export interface FindingRow {
  id: string;
  outpoint: string;
  address: string | null;
  height: number;
  time_utc: string;
  value_sat: Sat;
  traced_sat?: BySat;
  fiat: Fiat;
  hops?: number;
  entity?: string;
  label: string | null;
  basis: string;
  truth_low: string | null;
  least_sat: Sat | null;
  most_sat: Sat | null;
}

export interface FindingPage {
  entry: number;
  rules: string[];
  total: number;
  matching: number;
  rows: FindingRow[];
}

export interface Finding extends Omit<FindingRow, "deposit_candidates"> {
  path?: string[];
  receipts?: string[];
  deposit_candidates?: string[];
  assurance: {
    facts: number;
    inferences: { kind: string; rule: string; count: number; precision: string | null; precision_low: string | null; data: string | null }[];
    alternatives: { kind: string; count: number; txids: string[] }[];
  } | null;
}

export interface Verified {
  ok: boolean;
  digest: string;
  expected: string | null;
  bundle: string;
  checked: Record<string, number>;
  failures: string[];
  unchecked: string[];
  withheld: Record<string, number>;
  opened: string[];
  timestamps: { time_utc: string; authority: string; trusted: boolean }[];
  kernel: { inputs: number; transactions: number; lacking: number } | null;
}

export interface Replayed {
  agrees: boolean;
  broken: string | null;
  software: string;
  entries: {
    entry: number;
    kind: string;
    state: string;
    result: string;
    differs: string[];
    why: string | null;
    files: { file: string; state: string }[];
  }[];
}

export interface SeedTold {
  seed: string;
  kind: "address" | "txid" | "outpoint";
  error: string | null;
  in_chain: boolean;
  scripts: number | null;
}
