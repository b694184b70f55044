//! Golden traces worked by hand, and what must hold on any chain. Parity with the oracle is tested
//! from Python.

use super::*;

/// A chain under construction: one transaction a block.
#[derive(Default)]
struct Builder {
    tx_height: Vec<i32>,
    tx_first_txin: Vec<i64>,
    tx_first_txout: Vec<i64>,
    txin_prev_txout: Vec<i64>,
    txout_value: Vec<i64>,
    txout_script: Vec<i64>,
    txout_tx: Vec<i64>,
    txout_spender: Vec<i64>,
    txout_unspendable: Vec<bool>,
}

impl Builder {
    fn new() -> Builder {
        Builder {
            tx_first_txin: vec![0],
            tx_first_txout: vec![0],
            ..Builder::default()
        }
    }

    /// Adds a transaction; outputs get a script of their own, numbered as the txout.
    fn tx(&mut self, prevouts: &[i64], values: &[i64]) -> &mut Builder {
        let tx = self.tx_height.len() as i64;
        self.tx_height.push(tx as i32);
        self.txin_prev_txout.extend_from_slice(prevouts);
        for prevout in prevouts.iter().filter(|prevout| **prevout >= 0) {
            self.txout_spender[*prevout as usize] = tx;
        }
        for value in values {
            self.txout_script.push(self.txout_value.len() as i64);
            self.txout_value.push(*value);
            self.txout_tx.push(tx);
            self.txout_spender.push(-1);
            self.txout_unspendable.push(false);
        }
        self.tx_first_txin.push(self.txin_prev_txout.len() as i64);
        self.tx_first_txout.push(self.txout_value.len() as i64);
        self
    }

    fn chain(&self) -> Chain<'_> {
        Chain {
            tx_height: &self.tx_height,
            tx_first_txin: &self.tx_first_txin,
            tx_first_txout: &self.tx_first_txout,
            txin_prev_txout: &self.txin_prev_txout,
            txout_value: &self.txout_value,
            txout_script: &self.txout_script,
            txout_tx: &self.txout_tx,
            txout_spender: &self.txout_spender,
            txout_unspendable: &self.txout_unspendable,
        }
    }
}

fn request<'a>(direction: Direction, seeds: &'a [i64], traced: &'a [i64]) -> Request<'a> {
    Request {
        direction,
        rules: match direction {
            Direction::Forward => &Rule::ALL,
            Direction::Backward => &[Rule::ProRata, Rule::IndexFifo, Rule::IndexLifo],
        },
        seed_txouts: seeds,
        seed_traced_sat: traced,
        seed_claimants: None,
        boundary_scripts: &[],
        boundary_kinds: &[],
        boundary_clusters: &[],
        boundary_cluster_kinds: &[],
        exempt_scripts: &[],
        coinjoin_txs: &[],
        target_scripts: &[],
        target_txouts: &[],
        limits: Limits::default(),
        max_txs: None,
        hops: true,
        paths: true,
        graph: true,
    }
}

fn run(builder: &Builder, request: &Request<'_>) -> Result<Vec<Flow>, TraceError> {
    trace(&mut builder.chain(), request, &mut |_| Pace::GoOn).map(|outcome| outcome.flows)
}

/// (type, tx, txout, traced) of each terminal.
fn rest(flow: &Flow) -> Vec<(&'static str, i64, i64, i64)> {
    let t = &flow.terminals;
    (0..t.types.len())
        .map(|i| {
            (
                Terminal::NAMES[t.types[i] as usize],
                t.txs[i],
                t.txouts[i],
                t.traced_sat[i],
            )
        })
        .collect()
}

/// (from, to, traced) of each hop.
fn moves(flow: &Flow) -> Vec<(i64, i64, i64)> {
    let h = &flow.hops;
    (0..h.txs.len())
        .map(|i| (h.from_txouts[i], h.to_txouts[i], h.traced_sat[i]))
        .collect()
}

/// Two coinbases of 10 merge into 7 and 12 with a fee of 1.
fn merge() -> Builder {
    let mut chain = Builder::new();
    chain
        .tx(&[COINBASE_INPUT], &[10])
        .tx(&[COINBASE_INPUT], &[10])
        .tx(&[0, 1], &[7, 12]);
    chain
}

#[test]
fn forward_through_a_merge() {
    let flows = run(&merge(), &request(Direction::Forward, &[1], &[10])).unwrap();
    // Half of all: 3.5, 6, 0.5. The tie of remainders goes to the lower position, not to the fee.
    assert_eq!(
        rest(&flows[0]),
        [("unspent", 2, 2, 4), ("unspent", 2, 3, 6)]
    );
    // The second input's satoshis are the last ten: 9 of the second output and the fee.
    assert_eq!(rest(&flows[1]), [("unspent", 2, 3, 9), ("fee", 2, -1, 1)]);
    assert_eq!(moves(&flows[1]), [(1, 3, 9), (1, -1, 1)]);
}

#[test]
fn backward_through_a_merge() {
    let flows = run(&merge(), &request(Direction::Backward, &[2], &[7])).unwrap();
    // 3.5 each: the tie goes to the lower vin.
    assert_eq!(
        rest(&flows[0]),
        [("coinbase", 0, 0, 4), ("coinbase", 1, 1, 3)]
    );
    assert_eq!(moves(&flows[0]), [(0, 2, 4), (1, 2, 3)]);
    assert_eq!(rest(&flows[1]), [("coinbase", 0, 0, 7)]);
}

#[test]
fn pro_rata_hops_have_both_margins() {
    let mut chain = Builder::new();
    chain
        .tx(&[COINBASE_INPUT], &[3])
        .tx(&[COINBASE_INPUT], &[3])
        .tx(&[0, 1], &[2, 2, 1]);
    let flows = run(&chain, &request(Direction::Forward, &[0, 1], &[2, 1])).unwrap();
    // 3 of 6: exactly 1, 1, 0.5 and 0.5 (fee): the tie goes to vout 2.
    assert_eq!(
        rest(&flows[0]),
        [
            ("unspent", 2, 2, 1),
            ("unspent", 2, 3, 1),
            ("unspent", 2, 4, 1)
        ]
    );
    // Row 0 shares its 2 over lacks 1, 1, 1 (ties low); row 1 has what is left.
    assert_eq!(moves(&flows[0]), [(0, 2, 1), (0, 3, 1), (1, 4, 1)]);
}

#[test]
fn a_flow_ends_at_another_seed_which_starts_whole() {
    let mut chain = Builder::new();
    chain
        .tx(&[COINBASE_INPUT], &[10])
        .tx(&[0], &[8, 2])
        .tx(&[1], &[8]);
    for flow in run(&chain, &request(Direction::Forward, &[0, 1], &[10, 8])).unwrap() {
        assert_eq!(
            rest(&flow),
            [
                ("seed", 1, 1, 8),
                ("unspent", 1, 2, 2),
                ("unspent", 2, 3, 8)
            ]
        );
    }
}

#[test]
fn terminals_of_every_type() {
    let mut chain = Builder::new();
    chain
        .tx(&[COINBASE_INPUT], &[100])
        .tx(&[0], &[10, 20, 30, 15, 5, 0]);
    chain.tx(&[3], &[30]).tx(&[4], &[15]);
    chain.txout_unspendable[5] = true;
    let coinjoins = [2];
    let mut asked = request(Direction::Forward, &[0], &[100]);
    asked.boundary_scripts = &[1, 2];
    let kinds = [Terminal::Service as u8, Terminal::Mixer as u8];
    asked.boundary_kinds = &kinds;
    asked.coinjoin_txs = &coinjoins;
    asked.limits.max_height = Some(2);
    for flow in run(&chain, &asked).unwrap() {
        assert_eq!(
            rest(&flow),
            [
                ("service", 1, 1, 10),
                ("mixer", 1, 2, 20),
                ("coinjoin", 1, 3, 30),
                ("cut", 1, 4, 15),
                ("unspendable", 1, 5, 5),
                ("fee", 1, -1, 20),
            ]
        );
    }
    asked.exempt_scripts = &[1];
    assert_eq!(
        rest(&run(&chain, &asked).unwrap()[0])[0],
        ("unspent", 1, 1, 10)
    );
}

#[test]
fn hops_are_counted_by_the_shortest_way() {
    let mut chain = Builder::new();
    // 0 -> 1,2; 1 -> 3; (3, 2) -> 4; 4 -> 5: output 4 is two hops from the seed by way of 2.
    chain
        .tx(&[COINBASE_INPUT], &[8])
        .tx(&[0], &[4, 4])
        .tx(&[1], &[4])
        .tx(&[3, 2], &[8]);
    chain.tx(&[4], &[8]);
    let mut asked = request(Direction::Forward, &[0], &[8]);
    asked.limits.max_hops = Some(2);
    assert_eq!(
        rest(&run(&chain, &asked).unwrap()[0]),
        [("cut", 2, 3, 4), ("cut", 3, 4, 4)]
    );
    asked.limits.max_hops = Some(3);
    assert_eq!(
        rest(&run(&chain, &asked).unwrap()[0]),
        [("unspent", 4, 5, 8)]
    );
    asked.limits.max_hops = Some(0);
    assert_eq!(rest(&run(&chain, &asked).unwrap()[0]), [("cut", 0, 0, 8)]);
}

#[test]
fn all_the_money_passes_without_overflow() {
    let (all, half) = (MAX_MONEY_SAT, MAX_MONEY_SAT / 2);
    let mut chain = Builder::new();
    chain
        .tx(&[COINBASE_INPUT], &[half])
        .tx(&[COINBASE_INPUT], &[half]);
    chain.tx(&[0, 1], &[all - 1]).tx(&[2], &[half, half - 1]);
    for direction in [Direction::Forward, Direction::Backward] {
        let (seeds, traced) = match direction {
            Direction::Forward => ([0], [half]),
            Direction::Backward => ([4], [half - 1]),
        };
        for flow in run(&chain, &request(direction, &seeds, &traced)).unwrap() {
            assert_eq!(flow.terminals.traced_sat.iter().sum::<i64>(), traced[0]);
        }
    }
}

#[test]
fn what_is_not_fetched_ends_both_ways() {
    let mut chain = Builder::new();
    chain
        .tx(&[COINBASE_INPUT], &[8])
        .tx(&[NOT_FETCHED, 0], &[20]);
    let flows = run(&chain, &request(Direction::Backward, &[1], &[20])).unwrap();
    assert_eq!(rest(&flows[0]), [("unresolved", 1, 1, 20)]);
    let flows = run(&chain, &request(Direction::Forward, &[0], &[8])).unwrap();
    assert_eq!(rest(&flows[0]), [("unresolved", 0, 0, 8)]);
}

#[test]
fn refuses_what_cannot_be_traced() {
    let chain = merge();
    for (seeds, traced, words) in [
        (&[0, 0][..], &[1, 1][..], "given twice"),
        (&[0], &[11], "has 10 sat but 11"),
        (&[0], &[0], "has 10 sat but 0"),
        (&[9], &[1], "not in the chain"),
        (&[-1], &[1], "not in the chain"),
        (&[0], &[], "one amount for each"),
    ] {
        let error = run(&chain, &request(Direction::Forward, seeds, traced)).unwrap_err();
        assert!(matches!(error, TraceError::Request(_)));
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn a_damaged_chain_is_an_error() {
    let damage: [fn(&mut Builder); 8] = [
        |chain| chain.txout_spender[0] = 99,
        |chain| chain.txout_spender[0] = 1,
        |chain| chain.txout_spender[0] = 0,
        |chain| chain.txout_value[2] = 90,
        |chain| chain.txout_value[2] = -1,
        |chain| chain.txout_value[1] = i64::MAX,
        |chain| chain.txin_prev_txout[2] = 77,
        |chain| chain.tx_first_txout[3] = 77,
    ];
    for (at, harm) in damage.iter().enumerate() {
        let mut chain = merge();
        harm(&mut chain);
        let error = run(&chain, &request(Direction::Forward, &[0], &[10])).unwrap_err();
        assert!(matches!(error, TraceError::Chain(_)), "{at}: {error}");
    }
}

#[test]
fn a_pulse_can_cancel() {
    let chain = merge();
    let outcome = trace(
        &mut chain.chain(),
        &request(Direction::Forward, &[0], &[1]),
        &mut |_| Pace::Abort,
    );
    assert!(matches!(outcome, Err(TraceError::Cancelled)));
}

#[test]
fn every_reached_end_has_a_shortest_path() {
    let chain = merge();
    let request = request(Direction::Forward, &[0, 1], &[10, 1]);
    let reached = trace(&mut chain.chain(), &request, &mut |_| Pace::GoOn)
        .unwrap()
        .reached;
    assert_eq!(reached.txouts, [0, 1, 2, 3]);
    assert_eq!(reached.via, [-1, -1, 0, 0]);
    let unspent = Terminal::Unspent as u8;
    assert_eq!(reached.types, [NO_TERMINAL, NO_TERMINAL, unspent, unspent]);
}
