import type { Sat } from "../../shared/money";

/** What the server says of a case's desk: /api/openapi.json and docs/commands.md. */

export interface Plan {
  report: number;
  of: "value" | "payers";
  weight: Sat;
  needed: Sat;
  covered: Sat;
  reached: boolean;
  at_least: number;
  proved: boolean;
  services: string[];
  steps: { entity: string; label: string; adds: Sat; sum: Sat; share: string; planned: boolean }[];
}

export interface Made<P = Record<string, unknown>> {
  entry: number;
  time_utc: string;
  parameters: P;
  files: string[];
}

export interface RequestMade extends Made {
  services: { entity: string; label: string; jurisdictions: string[]; rows: number }[];
  left_out: { without_amount: number; too_far: number };
}

export interface Preview {
  encoding: string;
  delimiter: string;
  headings: string[];
  rows: string[][];
}

export interface TableMade extends Made {
  table: { rows: number; users: number; addresses: number; encoding: string; problems: Record<string, number> };
  totals: {
    addresses_in_chain: number;
    users_paid: number;
    receipts: number;
    received_sat: Sat;
    internal_receipts: number;
    first_utc: string | null;
    last_utc: string | null;
  };
  cluster: { found: number; of: number; recall: string | null; outside: number; outside_sat: Sat; not_in_table: number; scripts: number } | null;
}

export interface Rejects {
  columns: string[];
  rows: string[][];
  first: number;
  count: number;
}

export interface Payers {
  entry: number;
  erased: number;
  as_recorded: boolean | null;
  payers: { ref: string; receipts: number; value_sat: Sat; first_utc: string; last_utc: string; user?: string }[];
  payers_count: number;
}

export interface Mismatch {
  row: number | null;
  finding: string;
  outpoint: string;
  kind: string;
  told: string;
  expected: string;
}

export interface ReturnMade {
  entry: number;
  time_utc: string;
  service: { entity: string; label: string };
  request: number;
  grade: string;
  counts: { rows: number; rejected: number; linked: number; agree: number; accounts: number };
  links: { row: number; outpoint: string; value_sat: Sat; account: string; person: string; agrees: number }[];
  mismatches: Mismatch[];
}

export interface Person {
  person: string;
  refs: string[];
  countries: string[];
  accounts: { account: string; label: string; payments: unknown[] }[];
  paid_sat: Sat;
  said?: Record<string, string>;
}

export interface Persons {
  persons: Person[];
  suggestions: { persons: string[]; by: string[] }[];
}

export interface Schedule {
  rules: string[];
  seeds_sat: Sat;
  totals: { subject_unspent_sat: Sat; others_unspent_sat: Record<string, Sat>; services_sat: Record<string, Sat>; elsewhere_sat: Record<string, Sat> };
  where: { entity: string | null; type: string; label: string; traced_sat: Record<string, Sat>; least_sat: Sat; most_sat: Sat; fiat: Record<string, string> }[];
  unspent: { id: string; outpoint: string; address: string | null; value_sat: Sat; traced_sat: Record<string, Sat>; least_sat: Sat; most_sat: Sat; fiat: Record<string, string>; time_utc: string; held_by: string | null }[];
  accounts: { id: string; label: string; address: string | null; value_sat: Sat; traced_sat: Record<string, Sat>; payments: number; holders: { person: string }[]; fiat: Record<string, string> }[];
}

export interface Referral {
  person: string;
  country: string;
  services: string[];
  grades: string[];
  payments: number;
  differing: number;
  value_sat: Sat;
  basis: string;
  approvals: number;
  role: string;
  lacks: string[];
}

export interface Reason {
  kind: string;
  id: string;
  rule: string | null;
  label: string | null;
  doubt: number | string;
}

export interface Challenged {
  finding: string;
  direction: string | null;
  label: string | null;
  was_sat: Sat;
  effect: string;
  becomes: { label: string; traced_sat: Sat } | null;
  rests_on_facts: boolean;
  proved: boolean;
  at_least: number | null;
  smallest: Reason[] | null;
}

export interface Disclosure {
  broken: string | null;
  undisclosed: number;
  not_standing: number;
  entries: { entry: number; time_utc: string; kind: string; id: string | null; state: string; what: string; disclosed: { entry: number; how: string; to: string | null; withheld: string[] }[]; against: boolean }[];
}
