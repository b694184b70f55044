//! What happened in the books of the accounts that value reached, whatever rule reads them.

use std::ops::Range;

/// Where the value of a receipt comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// From where nothing traced can come.
    Clean,
    /// A position of the same turn.
    Position(usize),
    /// A seed, by its place in `Journal::seeds`.
    Seed(usize),
}

#[derive(Clone, Copy, Debug)]
pub struct Receipt {
    pub slot: usize,
    pub value_sat: i64,
    pub origin: Origin,
}

/// An account hands on the positions from the last payment's up to `end_position`.
#[derive(Clone, Copy, Debug)]
pub struct Payment {
    pub slot: usize,
    end_position: usize,
    /// What the account then holds.
    pub rest_sat: i64,
}

/// One output or fee that an account hands value on by.
#[derive(Clone, Copy, Debug)]
pub struct Position {
    /// The transaction of the payment.
    pub tx: i64,
    /// -1 for the fee.
    pub txout: i64,
    /// The transaction that made the output, or paid the fee.
    pub made_in: i64,
    pub value_sat: i64,
    /// The account the value goes on to, -1 where it ends.
    pub to_account: i64,
    /// Code of `Terminal`, `NO_TERMINAL` where the value goes on.
    pub end: u8,
}

/// One transaction of the walk: payments come first, then openings, then receipts.
#[derive(Clone, Copy, Debug)]
struct Turn {
    end_payment: usize,
    end_opening: usize,
    end_receipt: usize,
}

/// A seed: what of one output is whose, from the first satoshi of its line on.
#[derive(Clone, Debug)]
pub struct Seed {
    pub txout: i64,
    pub value_sat: i64,
    /// (place of the claimant, satoshis), rising.
    pub claims: Vec<(usize, i64)>,
}

/// A seed that ends where it is.
#[derive(Clone, Copy, Debug)]
pub struct Rest {
    pub seed: usize,
    pub made_in: i64,
    pub end: u8,
}

/// What an account holds when its books are closed.
#[derive(Clone, Copy, Debug)]
pub struct Holding {
    pub slot: usize,
    /// `Terminal::Unspent`, or `Terminal::Cut` where it goes on beyond the walk.
    pub end: u8,
    /// The transaction that was not walked through, -1 for none.
    pub tx: i64,
    pub balance_sat: i64,
}

/// The books in the order of the walk.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    /// As the request names them, rising.
    pub claimants: Vec<i64>,
    pub seeds: Vec<Seed>,
    pub rests: Vec<Rest>,
    /// The account of each slot: books closed and opened again are another slot.
    pub slot_accounts: Vec<i64>,
    pub positions: Vec<Position>,
    pub holdings: Vec<Holding>,
    pub walked_txs: u64,
    /// Whether the walk was stopped before its end.
    pub partial: bool,
    payments: Vec<Payment>,
    /// What an account holds, none of it traced, when its books are opened.
    openings_sat: Vec<i64>,
    receipts: Vec<Receipt>,
    turns: Vec<Turn>,
}

impl Journal {
    pub fn new(seeds: Vec<Seed>, claimants: Vec<i64>) -> Journal {
        Journal {
            claimants,
            seeds,
            ..Journal::default()
        }
    }

    /// Adds the payment of what was pushed to `positions` since the last.
    pub fn pay(&mut self, slot: usize, rest_sat: i64) {
        self.payments.push(Payment {
            slot,
            end_position: self.positions.len(),
            rest_sat,
        });
    }

    pub fn open(&mut self, account: i64, value_sat: i64) -> usize {
        let slot = self.slot_accounts.len();
        self.slot_accounts.push(account);
        self.openings_sat.push(value_sat);
        slot
    }

    pub fn receive(&mut self, receipt: Receipt) {
        self.receipts.push(receipt);
    }

    /// Ends a transaction; one in which nothing was written leaves no trace.
    pub fn end_turn(&mut self) {
        let turn = Turn {
            end_payment: self.payments.len(),
            end_opening: self.openings_sat.len(),
            end_receipt: self.receipts.len(),
        };
        let before = self.turns.last();
        let written = before.map_or(0, |t| t.end_payment + t.end_opening + t.end_receipt);
        if turn.end_payment + turn.end_opening + turn.end_receipt > written {
            self.turns.push(turn);
        }
    }

    pub fn turn_count(&self) -> usize {
        self.turns.len()
    }

    /// The payments of a turn, each with its positions.
    pub fn payments(&self, turn: usize) -> impl Iterator<Item = (Payment, Range<usize>)> + '_ {
        let start = self.before(turn).map_or(0, |t| t.end_payment);
        (start..self.turns[turn].end_payment).map(|at| {
            let first = at
                .checked_sub(1)
                .map_or(0, |before| self.payments[before].end_position);
            (self.payments[at], first..self.payments[at].end_position)
        })
    }

    /// The satoshis of the slots opened in a turn, in their order.
    pub fn openings_sat(&self, turn: usize) -> &[i64] {
        let start = self.before(turn).map_or(0, |t| t.end_opening);
        &self.openings_sat[start..self.turns[turn].end_opening]
    }

    pub fn receipts(&self, turn: usize) -> &[Receipt] {
        let start = self.before(turn).map_or(0, |t| t.end_receipt);
        &self.receipts[start..self.turns[turn].end_receipt]
    }

    fn before(&self, turn: usize) -> Option<&Turn> {
        turn.checked_sub(1).map(|at| &self.turns[at])
    }
}
