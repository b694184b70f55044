/** What the server answers to a question about a trace. */

import type { Sat } from "../../shared/money";

export type Amounts = Record<string, Sat>;
export type Worths = Record<string, string | null>;
export type Scope = "transaction" | "account";

export interface RuleSums {
  rule: string;
  scope: Scope;
  seeds_sat: Sat;
  seeds_net_sat: Sat;
  totals: Amounts;
  held?: Amounts | null;
  fiat_totals?: Record<string, string> | null;
}

/** What every answer on a walk states. */
export interface Walk {
  tip_height: number;
  tip_hash: string;
  policy: string;
  run_id: string | null;
  direction: "forward" | "backward";
  seeds_sat: Sat;
  seeds_net_sat: Sat;
  seeds_basis: string;
  receipts: {
    count: number;
    received_sat: Sat;
    internal_count: number;
    internal_sat: Sat;
    left_out_count: number;
    left_out_sat: Sat;
  } | null;
  filters: Record<string, unknown>;
  visited_txs: number;
  reached_outputs: number;
  partial: boolean;
  stopped_by: "you" | "max_txs" | null;
}

export interface Destination {
  type: string;
  label: string | null;
  party: string | null;
  category: string | null;
  held: boolean;
  outputs: number;
  first_utc: string | null;
  last_utc: string | null;
  traced_sat: Amounts;
  fiat: Record<string, string> | null;
  unpriced: number;
}

export interface Arrival {
  time_utc: string | null;
  type: string;
  label: string | null;
  held: boolean;
  traced_sat: Amounts;
}

export interface FlowNode {
  kind: "seeds" | "wallet" | "wallets" | "service" | "end";
  name: string;
  party: string | null;
  category: string | null;
  count: number;
  basis: string;
}

export interface FlowLink {
  from: number;
  to: number;
  value_sat: Sat;
  basis: string;
}

export interface PartyFlow {
  rule: string;
  nodes: FlowNode[];
  links: FlowLink[];
  back: FlowLink[];
  back_sat: Sat;
  within: { node: number; value_sat: Sat }[];
}

export interface FiatTold {
  currency: string;
  days_without_rate: string[];
  without_rate: string[];
}

export interface Rate {
  unit: string;
  basis: string;
  data: string;
  precision: number | null;
  precision_low: number | null;
  precision_high: number | null;
}

export interface TraceAnswer extends Walk {
  rules: RuleSums[];
  accounts: { visited_txs: number; opened_books: number } | null;
  poison: { outputs: number; value_sat: Sat; totals: Amounts };
  claimants: { claimant: string; seeds_sat: Sat; totals: Record<string, Amounts> }[];
  destinations: Destination[];
  arrivals: { step: "day" | "month"; rows: Arrival[] };
  parties: PartyFlow[];
  fiat: FiatTold | null;
  mark_errors: Record<string, unknown>;
  control_errors: Record<string, Rate | null>;
  kept: { key: string; counts: Record<string, number> };
}

export interface Terminal {
  type: string;
  txid: string;
  vout: number | null;
  output_sat: Sat;
  label: string | null;
  coinjoin: string | null;
  address: string | null;
  height: number;
  time_utc: string;
  traced_sat: Amounts;
  account: string | null;
  fiat: Worths | null;
  mark: string[];
}

export interface Control {
  basis: string;
  by: string | null;
  label: string | null;
  probability: number | null;
}

export interface Hop {
  from: string;
  txid: string;
  to: string | null;
  output_sat: Sat;
  traced_sat: Amounts;
  from_address: string | null;
  to_address: string | null;
  height: number;
  time_utc: string;
  fiat: Worths | null;
  control: Control | null;
  mark: string[];
}

export interface Bound {
  least_sat: Sat;
  most_sat: Sat;
  least_known_sat: Sat;
  most_known_sat: Sat;
}

export interface CutPart {
  kind: string;
  at: string | null;
  account: string | null;
  value_sat: Sat;
}

export interface Compared {
  rank: number;
  destination: string;
  type: string;
  label: string | null;
  party: string | null;
  category: string | null;
  ends: number;
  traced_sat: Amounts;
  bounds: Partial<Record<Scope, Bound | null>>;
  cuts: Partial<Record<Scope, { least: Cut; most: Cut }>>;
  fiat: Worths | null;
  without_inference_sat: Sat | null;
}

export interface Cut {
  sat: Sat;
  count: number;
  parts: CutPart[];
}

export interface CompareAnswer extends Walk {
  rules: RuleSums[];
  destinations: Compared[];
  bounds_missing: Partial<Record<Scope, number>>;
  poison: { outputs: number; value_sat: Sat; totals: Amounts };
  fiat: FiatTold | null;
  crossing: {
    partial: boolean;
    coinjoins: {
      txid: string;
      type: string | null;
      reached: boolean;
      entering: number;
      anonymity_sets: { vout: number; equal_outputs: number; possible_inputs: number }[];
    }[];
    destinations: {
      destination: string;
      type: string;
      label: string | null;
      wide: Bound;
      narrowed: Bound;
    }[];
  } | null;
}

interface Counted {
  count: number;
  of: number;
  share: number | null;
  low: number;
  high: number;
}

export interface NullDestination {
  destination: string;
  arrived_sat: Sat;
  share: number;
  reaching_seeds: number;
  rank: number;
  null: {
    draws: number;
    draws_reaching: Counted;
    draws_with_as_much: Counted;
    seeds_reaching: Counted;
    share: Record<"least" | "low" | "median" | "high" | "most", number | null>;
  };
}

export interface NullAnswer extends Walk {
  rule: string;
  number: number;
  draws: number;
  draws_asked: number;
  matching: {
    seeds: number;
    without_match: number;
    left_out: number;
    candidates_least: number;
    candidates_median: number;
    candidates_distinct: number;
    window_blocks_median: number;
    window_blocks_most: number;
    value_factor_most: number;
  };
  destinations: NullDestination[];
}

export interface EndTold {
  text: string;
  kind: string;
  outputs: number;
  scripts: number;
  basis: string;
}

interface PathOutput {
  outpoint: string;
  address: string | null;
  value_sat: Sat;
  height: number;
  time_utc: string;
}

export interface PathStep extends PathOutput {
  txid: string;
  traced_sat: Amounts;
  control: Control;
}

export interface FoundPath {
  rank: number;
  hops: number;
  joint_truth: { at_least: number | null; at_least_low: number | null };
  inferences: number;
  unknown_hops: number;
  without_inference: boolean;
  bottleneck_sat: Sat;
  fiat: string | null;
  carried_at_most_sat: Amounts;
  start: PathOutput;
  steps: PathStep[];
}

export interface PathAnswer extends Walk {
  from: EndTold;
  to: EndTold;
  rules: string[];
  paths: FoundPath[];
  more: boolean;
  control_errors: Record<string, Rate | null>;
  fiat: { currency: string; days_without_rate: string[] } | null;
}

export interface BetweenAnswer extends Walk {
  bounds_missing: Partial<Record<Scope, number>>;
  from: EndTold[];
  to: (EndTold & {
    traced_sat: Amounts;
    bounds: { transaction: Bound | null };
    direct: { outputs: number; value_sat: Sat };
  })[];
  rules: RuleSums[];
  traced_sat: Amounts;
  bounds: { transaction: Bound | null };
  direct: { outputs: number; value_sat: Sat };
  pairs: { from: string; to: string; traced_sat: Amounts; direct: { outputs: number; value_sat: Sat } }[];
}

export interface Pattern {
  pattern: string;
  txids: string[];
  outputs: string[];
  aside: string[];
  first: { height: number; time_utc: string };
  last: { height: number; time_utc: string };
  stratum: string;
  reasons: string[];
  stopped_because: string[];
}

export interface PatternsAnswer extends Walk {
  looked_at_txs: number;
  looked_for: string[];
  patterns: Pattern[];
  errors: Record<string, Record<string, Rate | null>>;
  without_rate: string[];
}

export interface LedgerAnswer {
  books: string;
  receipts: number;
  received_sat: Sat;
  paid_sat: Sat;
  balance_sat: Sat;
  claimed_sat: Sat;
  claimants: { claimant: string; claimed_sat: Sat }[];
  rules: {
    rule: string;
    claimed_sat: Sat;
    paid_sat: Sat;
    held_sat: Sat;
    own_paid_sat: Sat;
    own_held_sat: Sat;
    claimants: { claimant: string; claimed_sat: Sat; paid_sat: Sat; held_sat: Sat }[];
  }[];
  payments: {
    row: number;
    reference: string | null;
    value_sat: Sat;
    shares: { rule: string; claims: { claimant: string; share_sat: Sat }[]; own_sat: Sat }[];
  }[];
}

export interface Choices {
  rules: { rule: string; scope: Scope; backward: boolean }[];
  services: { label: string; party: string; category: string | null; kind: string }[];
  services_in_all: number;
  categories: string[];
  rates: { currency: string; source: string }[];
  patterns: string[];
  policies: string[];
}

export interface SeedTold {
  text: string;
  kind?: string;
  scripts?: number;
  outputs?: number;
  value_sat?: Sat;
  basis?: string;
  error: string | null;
}
