/** What the server answers about the chain: `src/peelchain/actions/looking`. */

import type { Sat } from "../../shared/money";

export type Fiat = Record<string, string | null> | null;

export interface Stamp {
  tip_height: number;
  tip_hash: string;
  network: string;
  policy: string | null;
  run_id: string | null;
}

export interface Service {
  party: string;
  label: string;
  kind: string;
  category: string | null;
  actor: string | null;
  jurisdictions: string[];
  tag_id: string;
}

export interface TagLine {
  tag_id: string;
  label: string;
  category: string | null;
  actor: string | null;
  source: string;
  confidence: string | null;
  lastmod: string | null;
}

export interface Party {
  name: string | null;
  cluster: string | null;
  cluster_scripts: number | null;
  service: Service | null;
  tags: TagLine[];
  tag_count: number;
}

export interface Measured {
  precision: number | null;
  precision_low: number | null;
  precision_high: number | null;
  unit: string;
  basis: string;
  data: string;
  made_by: string;
}

export interface CoinJoin {
  held: "coinjoin" | "lookalike";
  type: string;
  taken_for: string | null;
  links: boolean;
  participants_at_least: number;
  score: number;
  reasons: string[];
  measured: Measured | null;
}

export interface ChangeSaid {
  vout: number;
  held: "change" | "payment" | null;
  probability: number | null;
  why: { feature: string; adds: number }[];
  rules: { rule: string; verdict: "possible" | "ruled_out" | null; reason: string }[];
}

export interface TxInput extends Party {
  vin: number;
  state: string;
  prevout: string | null;
  value_sat: Sat | null;
  address: string | null;
  script_type: string | null;
  sequence: number;
  fiat: Fiat;
}

export interface TxOutput extends Party {
  vout: number;
  value_sat: Sat;
  address: string | null;
  script_type: string;
  script_pubkey: string;
  spent_by: string | null;
  spend: Spend;
  fiat: Fiat;
  payload: { hex: string; bytes: number; text: string | null } | null;
  change: ChangeSaid | null;
}

export interface Tx extends Stamp {
  txid: string;
  height: number;
  block_hash: string;
  time_utc: string;
  tx_index: number;
  version: number;
  locktime: number;
  size_bytes: number;
  weight: number;
  virtual_bytes: number;
  fee_sat: Sat | null;
  fee_fiat: Fiat;
  fee_rate_sat_vb: string | null;
  also_at_heights: number[];
  confirmations: number;
  is_coinbase: boolean;
  input_count: number;
  output_count: number;
  input_sat: Sat | null;
  output_sat: Sat;
  output_fiat: Fiat;
  inputs_from: number;
  outputs_from: number;
  coinjoin: CoinJoin | null;
  change: {
    silent: string | null;
    model: { sha256: string; intercept: number; change_from: number; payment_to: number } | null;
  };
  inputs: TxInput[];
  outputs: TxOutput[];
}

export interface Proof extends Stamp {
  transaction: { txid: string; height: number; index: number; branch: string[]; raw: string };
  block: {
    height: number;
    hash: string;
    header: string;
    merkle_root: string;
    time_utc: string;
    tx_count: number;
    coinbase: string;
    branch: string[];
  };
}

export interface Other {
  cluster: string;
  service: Service | null;
}

export interface PartyTx {
  txid: string;
  height: number;
  time_utc: string;
  received_sat: Sat;
  sent_sat: Sat;
  change_sat: Sat;
  balance_sat: Sat;
  fiat: Fiat;
  coinjoin: boolean;
  mined: boolean;
  with: Other[];
  with_count: number;
}

export interface Moment {
  height: number;
  time_utc: string;
  received_sat: Sat;
  sent_sat: Sat;
  balance_sat: Sat;
}

export interface Totals {
  received_sat: Sat;
  sent_sat: Sat;
  balance_sat: Sat;
  net_received_sat: Sat;
  net_sent_sat: Sat;
  tx_count: number;
  receipt_count: number;
  spend_count: number;
  first_seen_height: number;
  last_seen_height: number;
  first_seen_utc: string;
  last_seen_utc: string;
  over_time: Moment[];
  transactions: PartyTx[];
}

export interface AddressAnswer extends Stamp, Totals, Party {
  address: string | null;
  script_pubkey: string;
  script_type: string;
  paid_as_key: string[] | null;
}

export interface Counterparty extends Other {
  value_sat: Sat;
  txs: number;
}

export interface Member {
  name: string;
  script_type: string;
  received_sat: Sat | null;
  receipt_count: number | null;
  service: Service | null;
  tags: TagLine[];
  tag_count: number;
}

export interface ClusterAnswer extends Stamp, Partial<Totals> {
  basis: string;
  asked: string;
  cluster: string;
  scripts: number;
  service: Service | null;
  services: (Service & { scripts: number })[];
  conflicts: { address: string | null; winner: Service; others: Service[] }[];
  tags: TagLine[];
  tag_count: number;
  summed: boolean;
  most_scripts: number;
  links_by_rule: Record<string, number> | null;
  members: Member[];
  counterparties?: {
    complete: boolean;
    txs: number;
    in: Counterparty[];
    out: Counterparty[];
    in_count: number;
    out_count: number;
    mined: { txs: number; value_sat: Sat };
    shared: { txs: number; value_sat: Sat };
  };
  coinjoins?: { count: number; first: { txid: string; type: string }[] };
}

export interface Entity {
  party: string;
  label: string;
  kind: string;
  category: string | null;
  actor: string | null;
  jurisdictions: string[];
  scope: "cluster" | "address";
  cluster: string;
  address: string | null;
  scripts: number;
  tags: number;
  contested: boolean;
  tag_id: string;
}

export interface EntityShown extends Entity {
  anchors: (Omit<TagLine, "category"> & { address: string; valid_from: string | null; valid_until: string | null })[];
  anchors_in_all: number;
  links: { txid: string; rule: string; address_a: string | null; address_b: string | null }[];
}

export interface ServiceAnswer extends Stamp {
  asked: string;
  actors: {
    actor: string;
    label: string;
    uri: string | null;
    lastmod: string | null;
    source: string | null;
    jurisdictions: string[] | null;
    categories: string[] | null;
    aliases: string[] | null;
  }[];
  entities: EntityShown[];
}

export interface BlockAnswer extends Stamp {
  height: number;
  hash: string;
  prev_hash: string | null;
  next_height: number | null;
  header: string;
  version: number;
  merkle_root: string;
  time_utc: string;
  bits: string;
  nonce: number;
  size_bytes: number;
  tx_count: number;
  confirmations: number;
  subsidy_sat: Sat;
  coinbase: { script: string; texts: string[]; pools: string[] } | null;
  transactions: BlockTx[];
}

export interface BlockTx {
  txid: string;
  tx_index: number;
  input_count: number;
  output_count: number;
  output_sat: Sat;
  fiat: Fiat;
  fee_sat: Sat | null;
  weight: number;
  coinjoin: boolean;
  payer: Other | null;
}

export interface TagShown {
  tag_id: string;
  address: string;
  label: string;
  category: string | null;
  actor: string | null;
  source: string;
  creator: string | null;
  confidence: string | null;
  is_cluster_definer: boolean | null;
  lastmod: string | null;
  abuse: string | null;
  context: string | null;
  valid_from: string | null;
  valid_until: string | null;
  derived_from: string | null;
  in_chain: boolean;
  state: string;
  records: { recorded_utc: string; file: string }[];
  changes: { change: string; replacement: string | null; by: string; reason: string; recorded_utc: string }[];
}

interface Seen {
  shape: { type: string; reasons: string[] } | null;
  may_be_payjoin: boolean;
}

export interface WhyLink extends Seen {
  txid: string;
  rule: string;
  script_a: string;
  script_b: string;
  measured: Measured | null;
}

export interface CutTx extends Seen {
  txid: string;
  scripts_a: number;
  scripts_b: number;
  scripts_apart: number;
}

interface Paid {
  count: number;
  value_sat: Sat;
  first: string[];
}

export interface WhyAnswer extends Stamp {
  a: string;
  b: string;
  joined: boolean;
  service_a: Service | null;
  service_b: Service | null;
  links: WhyLink[];
  joint_truth: { at_least: number | null; at_least_low: number | null; weakest_link: string | null } | null;
  weakest_cut: {
    size: number | null;
    more_than: number | null;
    transactions: CutTx[];
    only: boolean | null;
    alone: string[];
    scripts_a: number | null;
    scripts_b: number | null;
    scripts_apart: number | null;
  } | null;
  nearest: {
    left_out: { txid: string; reason: string; script_a: string; script_b: string; evidence: string[] }[] | null;
    left_out_complete: boolean;
    payments: {
      complete: boolean;
      a_to_b: Paid;
      b_to_a: Paid;
      shared_counterparties: { count: number; first: string[] };
    };
  } | null;
  superclusters: { address: string; scripts: number; services: string[]; jump_count: number }[] | null;
  places: Record<string, { height: number; time_utc: string }>;
}

export interface Hit {
  kind: string;
  label: string;
  to: string;
  why: string;
  time_utc?: string;
  height?: number;
  value_sat?: Sat;
  category?: string | null;
  count?: number;
  scripts?: number | null;
  service?: Service | null;
  case?: string;
  text?: string;
}

export interface Mend {
  address: string;
  how: string;
  at: number;
  was: string;
  now: string;
  in_chain: boolean;
  to: string;
}

export interface SearchAnswer extends Stamp {
  hits: Hit[];
  problem: { message: string; mends: Mend[]; valid?: boolean } | null;
}

/** Whether an output is spent; a partial store may not have fetched what spends it. */
export type Spend = "spent" | "unspent" | "not_fetched";
