/** A question about a trace: as it stands in the form, in an address, and as the server takes it. */

export const KINDS = [
  "forward",
  "backward",
  "path",
  "between",
  "patterns",
  "ledger",
  "compare",
  "null-controls",
] as const;
export type Kind = (typeof KINDS)[number];
export type Direction = "forward" | "backward";

/** Everything as typed. What a kind does not ask for is left alone. */
export interface Question {
  kind: Kind;
  direction: Direction;
  /** One a line, or apart by spaces or commas. */
  seeds: string;
  case: string;
  /** "NAME = TXID:VOUT, TXID:VOUT=SATOSHIS", one a line. */
  claims: string;
  rules: string[];
  to: string;
  cross: string;
  from: string;
  until_end: string;
  max_hops: string;
  min_value_sat: string;
  min_height: string;
  max_height: string;
  since: string;
  until: string;
  max_txs: string;
  through: string;
  through_categories: string[];
  fiat: string;
  rates_of: string;
  max_paths: string;
  draws: string;
  number: string;
  patterns: string[];
  threshold: string;
  within_days: string;
  policy: string;
  as_of: string;
  /** Seeds as a CSV file, or books: uploaded, so in no address. */
  upload: string;
}

export const DEFAULT_TXS = "200000";

const SEEDED: readonly Kind[] = ["forward", "backward", "patterns", "compare", "null-controls"];

export function blank(kind: Kind): Question {
  return {
    kind,
    direction: kind === "backward" ? "backward" : "forward",
    seeds: "",
    case: "",
    claims: "",
    rules: kind === "forward" || kind === "backward" ? ["pro-rata", "index-fifo"] : kind === "null-controls" ? ["pro-rata"] : ["all"],
    to: "",
    cross: "",
    from: "",
    until_end: "",
    max_hops: "",
    min_value_sat: "",
    min_height: "",
    max_height: "",
    since: "",
    until: "",
    max_txs: DEFAULT_TXS,
    through: "",
    through_categories: [],
    fiat: "",
    rates_of: "",
    max_paths: "10",
    draws: "200",
    number: "1",
    patterns: [],
    threshold: "",
    within_days: "30",
    policy: "",
    as_of: "",
    upload: "",
  };
}

export const isSeeded = (kind: Kind): boolean => SEEDED.includes(kind);
export const hasRules = (kind: Kind): boolean => kind !== "patterns";
export const hasFiat = (kind: Kind): boolean =>
  kind === "forward" || kind === "backward" || kind === "compare" || kind === "path";
export const hasLimits = (kind: Kind): boolean => kind !== "ledger";
/** Whether the user may be shown a question of this kind's ends (`to`). */
export const hasTo = (kind: Kind): boolean => kind === "compare" || kind === "null-controls";

/** The words of a pasted list: apart by spaces, commas, semicolons or lines; quotes and # notes go. */
export function words(text: string): string[] {
  const found = text
    .split("\n")
    .map((line) => line.replace(/(^|\s)#.*$/, ""))
    .join("\n")
    .split(/[\s,;]+/)
    .map((word) => word.replace(/^["']+|["']+$/g, ""))
    .filter((word) => word !== "");
  return [...new Set(found)];
}

/** The lines of a list whose items may have spaces, such as names of services. */
export function lines(text: string): string[] {
  return [...new Set(text.split("\n").map((line) => line.trim()).filter((line) => line !== ""))];
}

// A question keeps its address short: what is as in a new form is left out.
const LISTS = { seed: "seeds", to: "to", cross: "cross", from: "from", end: "until_end", through: "through", claim: "claims" } as const;
const PLAIN = [
  "case",
  "max_hops",
  "min_value_sat",
  "min_height",
  "max_height",
  "since",
  "until",
  "max_txs",
  "fiat",
  "rates_of",
  "max_paths",
  "draws",
  "number",
  "threshold",
  "within_days",
  "policy",
  "as_of",
] as const;

/** The question as the query of an address, without its question mark. */
export function toQuery(question: Question): URLSearchParams {
  const usual = blank(question.kind);
  const query = new URLSearchParams();
  if (question.kind !== "forward") query.set("kind", question.kind);
  if (question.direction !== usual.direction) query.set("direction", question.direction);
  for (const [name, field] of Object.entries(LISTS)) {
    for (const each of listOf(question, field)) query.append(name, each);
  }
  if (question.rules.join() !== usual.rules.join()) for (const rule of question.rules) query.append("rule", rule);
  for (const category of question.through_categories) query.append("through_category", category);
  for (const pattern of question.patterns) query.append("pattern", pattern);
  for (const name of PLAIN) {
    const value = question[name].trim();
    if (value !== usual[name]) query.set(name, value);
  }
  return query;
}

/** The question that an address asks. `kind` is that of the page where the address names none. */
export function fromQuery(query: URLSearchParams, kind: Kind = "forward"): Question {
  const named = query.get("kind");
  const is = KINDS.find((each) => each === named) ?? kind;
  const question = blank(is);
  if (query.get("direction") === "backward") question.direction = "backward";
  for (const [name, field] of Object.entries(LISTS)) question[field] = query.getAll(name).join("\n");
  const rules = query.getAll("rule");
  if (rules.length > 0) question.rules = rules;
  question.through_categories = query.getAll("through_category");
  question.patterns = query.getAll("pattern");
  for (const name of PLAIN) {
    const value = query.get(name);
    if (value !== null) question[name] = value;
  }
  return question;
}

/** Whether an address asks anything at all. */
export function asks(query: URLSearchParams): boolean {
  return ["seed", "case", "from", "end", "claim", "rule", "direction", "kind"].some((name) => query.has(name));
}

function listOf(question: Question, field: (typeof LISTS)[keyof typeof LISTS]): string[] {
  const spaced = field === "seeds" || field === "cross";
  return spaced ? words(question[field]) : lines(question[field]);
}

export type Faults = Partial<Record<keyof Question, string>>;

/** A fault's key in the catalogue, under `trace.fault`, by the field that has it. */
export function faults(question: Question): Faults {
  const found: Faults = {};
  const { kind } = question;
  if (isSeeded(kind)) {
    const nothing =
      words(question.seeds).length === 0 && question.case === "" && question.upload === "" && lines(question.claims).length === 0;
    if (nothing) found.seeds = "no_seeds";
    if (words(question.seeds).some((word) => word.startsWith("@"))) found.seeds = "no_file";
    if (lines(question.claims).some((line) => claimOf(line) === null)) found.claims = "claim";
  }
  if (kind === "path" || kind === "between") {
    if (lines(question.from).length === 0) found.from = "no_start";
    if (lines(question.until_end).length === 0) found.until_end = "no_end";
  }
  if (kind === "path") {
    if (lines(question.from).length > 1) found.from = "one_end";
    if (lines(question.until_end).length > 1) found.until_end = "one_end";
  }
  if (kind === "ledger" && question.upload === "") found.upload = "no_books";
  if (hasRules(kind) && question.rules.length === 0) found.rules = "no_rule";
  const whole: (keyof Question)[] = ["max_hops", "min_value_sat", "min_height", "max_height", "max_txs"];
  if (hasLimits(kind)) {
    for (const name of whole) {
      if (!/^\d{0,16}$/.test(String(question[name]).trim())) found[name] = "whole";
    }
    for (const name of ["since", "until", "as_of"] as const) {
      if (!isMoment(question[name])) found[name] = "date";
    }
    if (question.since !== "" && question.min_height !== "") found.since = "twice";
    if (question.until !== "" && question.max_height !== "") found.until = "twice";
    if (question.max_txs.trim() === "0") found.max_txs = "positive";
  }
  if (kind === "path" && !/^[1-9]\d{0,2}$/.test(question.max_paths.trim())) found.max_paths = "positive";
  if (kind === "null-controls") {
    if (!/^[1-9]\d{0,4}$/.test(question.draws.trim())) found.draws = "positive";
    if (!/^\d{1,15}$/.test(question.number.trim())) found.number = "whole";
  }
  if (kind === "patterns") {
    if (!/^(\d{1,12}(\.\d{1,8})? ?[A-Za-z]{3})?$/.test(question.threshold.trim())) found.threshold = "sum";
    else if (question.patterns.includes("structuring") && question.threshold.trim() === "") found.threshold = "threshold";
    if (!/^\d{1,5}$/.test(question.within_days.trim())) found.within_days = "whole";
  }
  return found;
}

function isMoment(text: string): boolean {
  return /^(\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}Z?)?)?$/.test(text.trim());
}

function claimOf(line: string): { claimant: string; outpoints: string[] } | null {
  const parts = /^([^=:,]+)=(.+)$/.exec(line);
  const outpoints = (parts?.[2] ?? "").split(/[\s,;]+/).filter((word) => word !== "");
  return parts === null || outpoints.length === 0 ? null : { claimant: (parts[1] ?? "").trim(), outpoints };
}

/** Where the question is asked, and what is sent there. */
export function toRequest(question: Question): { path: string; body: Record<string, unknown> } {
  const { kind } = question;
  const path = `/api/traces/${kind}`;
  const number = (text: string): number | null => (text.trim() === "" ? null : Number(text.trim()));
  const text = (value: string): string | null => (value.trim() === "" ? null : value.trim());
  if (kind === "ledger") return { path, body: { upload: question.upload, rules: question.rules } };
  const limits = {
    max_hops: number(question.max_hops),
    min_value_sat: number(question.min_value_sat),
    min_height: number(question.min_height),
    max_height: number(question.max_height),
    since: text(question.since),
    until: text(question.until),
    max_txs: number(question.max_txs),
    // controls and patterns stop at every service
    ...(kind === "null-controls" || kind === "patterns"
      ? {}
      : { through: lines(question.through), through_categories: question.through_categories }),
  };
  const known = { limits, policy: text(question.policy), as_of: text(question.as_of) };
  const money = hasFiat(kind) && question.fiat !== "" ? { fiat: question.fiat, rates_of: text(question.rates_of) } : {};
  if (kind === "path") {
    const ends = { start: lines(question.from)[0], end: lines(question.until_end)[0] };
    return { path, body: { ...known, ...money, ...ends, rules: question.rules, max_paths: number(question.max_paths) } };
  }
  if (kind === "between") {
    return { path, body: { ...known, start: lines(question.from), end: lines(question.until_end), rules: question.rules } };
  }
  const seeded = {
    ...known,
    seeds: words(question.seeds),
    claims: kind === "null-controls" || kind === "patterns" ? [] : lines(question.claims).map(claimOf),
    case: text(question.case),
    upload: text(question.upload),
  };
  switch (kind) {
    case "compare":
      return {
        path,
        body: { ...seeded, ...money, direction: question.direction, rules: question.rules, to: lines(question.to), cross: words(question.cross) },
      };
    case "null-controls":
      return {
        path,
        body: {
          ...seeded,
          direction: question.direction,
          rule: question.rules[0],
          to: lines(question.to),
          draws: number(question.draws),
          number: number(question.number),
        },
      };
    case "patterns":
      return {
        path,
        body: {
          ...seeded,
          direction: question.direction,
          patterns: question.patterns,
          threshold: text(question.threshold),
          within_days: number(question.within_days),
        },
      };
    default:
      return { path, body: { ...seeded, ...money, rules: question.rules } };
  }
}

const KEPT = "peelchain.question.";

/** Keeps how a question of a kind was asked last, without its seeds: they may be a case's secret. */
export function remember(question: Question): void {
  const { seeds, case: of, claims, from, until_end, to, cross, upload, ...rest } = question;
  void [seeds, of, claims, from, until_end, to, cross, upload];
  try {
    localStorage.setItem(KEPT + question.kind, JSON.stringify(rest));
  } catch {
    // A browser that keeps nothing asks as at first.
  }
}

/** A blank question of a kind, as one was asked last. */
export function recalled(kind: Kind): Question {
  const usual = blank(kind);
  try {
    const kept = JSON.parse(localStorage.getItem(KEPT + kind) ?? "{}") as Record<string, unknown>;
    for (const [name, value] of Object.entries(kept)) {
      const old = (usual as unknown as Record<string, unknown>)[name];
      const fits = Array.isArray(old)
        ? Array.isArray(value) && value.every((each) => typeof each === "string")
        : typeof value === typeof old;
      if (old !== undefined && fits && name !== "kind") (usual as unknown as Record<string, unknown>)[name] = value;
    }
  } catch {
    // What cannot be read is asked as at first.
  }
  return usual;
}
