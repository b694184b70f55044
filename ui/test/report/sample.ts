/** A small report in the form of docs/evidence-format.md, with text that would like to be markup. */

export const HOSTILE = '<img src=x onerror="document.title=1"></script><script>alert(1)</script>';

const place = (n: number) => ({
  outpoint: `${String(n).padStart(64, "0")}:${n}`,
  address: `bcrt1q${n}`,
  time_utc: `2024-01-0${n}T12:00:00Z`,
  height: 100 + n,
});

export function sample() {
  return {
    title: HOSTILE,
    date_utc: "2024-01-31T12:00:00Z",
    network: "regtest",
    tip: { height: 1500, hash: "ab".repeat(32), chainwork: "00".repeat(32) },
    subject: "site",
    rules: ["pro_rata", "index_fifo"],
    totals: {
      receipts: 2,
      received_sat: 300_000_000,
      internal_sat: 0,
      inflow_sat: 250_000_000,
      outflow_sat: 100_000_001,
      fiat: { EUR: "120000.00" },
    },
    receipts: [
      { id: "R1", ...place(1), value_sat: 100_000_000, fiat: { EUR: "40000.00" } },
      { id: "R2", ...place(2), address: null, value_sat: 200_000_000, fiat: {} },
    ],
    inflows: [2, 9, 10].map((n, index) => ({
      id: `I${n}`,
      entity: index === 0 ? "e1" : "e2",
      ...place(index + 3),
      value_sat: n * 100_000_000,
      traced_sat: { pro_rata: n, index_fifo: 0 },
      fiat: { EUR: `${n}.00` },
      receipts: ["R1"],
      path: [place(index + 3).outpoint, ...Array.from({ length: index }, (_, n) => place(n + 6).outpoint)],
      hops: index,
      basis: "inference",
    })),
    outflows: [],
    by_service: {
      inflows: [
        { entity: "e1", label: HOSTILE, count: 1, traced_sat: { pro_rata: 2, index_fifo: 0 }, fiat: {} },
        { entity: "e2", label: "Exchange B", count: 2, traced_sat: { pro_rata: 19 }, fiat: {} },
      ],
      outflows: [],
    },
    without_rate: [place(2).outpoint],
    doubts: { sentences: [`Of 2 transactions of ${HOSTILE}, 1 may be a PayJoin.`] },
  };
}
