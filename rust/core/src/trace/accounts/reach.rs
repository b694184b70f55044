//! The walk: which accounts value from the seeds gets into, and what happens in their books.

use std::collections::{BTreeMap, BinaryHeap, HashMap};

use super::journal::{Holding, Journal, Origin, Position, Receipt, Rest};
use super::opening::{Book, Shelved};
use super::owners::Accounts;
use super::transaction::{Made, Payer, Reader, Transaction};
use super::{AccountRequest, seeds};
use crate::trace::{
    ChainSource, Direction, MAX_MONEY_SAT, NO_TERMINAL, Pace, Progress, Pulse, Terminal, TraceError,
};

/// Why books are closed with the walk, and not by the chain's end.
enum Closing {
    At(i64),
    Stopped,
}

const PULSE_EVERY: u64 = 1 << 12;

/// The state of the walk.
pub struct Walker<'a, C: ChainSource, A: Accounts> {
    pub reader: Reader<'a, C, A>,
    pub request: &'a AccountRequest<'a>,
    pub forward: bool,
    pub open: BTreeMap<i64, Book>,
    pub shelved: HashMap<i64, Shelved>,
    /// Keys of transactions, the next one greatest. One may be in it several times.
    pub pending: BinaryHeap<i64>,
    /// Whether the seed's transaction was come to.
    pub seed_is_done: Vec<bool>,
    pub journal: Journal,
    pub txouts: Vec<i64>,
}

/// The books that value from the seeds gets into, in the order of the walk.
pub fn reach<C: ChainSource, A: Accounts>(
    chain: &mut C,
    accounts: &mut A,
    request: &AccountRequest<'_>,
    pulse: Pulse<'_>,
) -> Result<Journal, TraceError> {
    let (found, claimants) = seeds::seeds(chain, request)?;
    let seed_txouts: Vec<i64> = found.iter().map(|seed| seed.txout).collect();
    let mut walker = Walker {
        reader: Reader::new(chain, accounts, request, &seed_txouts)?,
        request,
        forward: request.direction == Direction::Forward,
        open: BTreeMap::new(),
        shelved: HashMap::new(),
        pending: BinaryHeap::new(),
        seed_is_done: vec![false; seed_txouts.len()],
        journal: Journal::new(found, claimants),
        txouts: Vec::new(),
    };
    for txout in &seed_txouts {
        let tx = walker.reader.chain.maker(*txout)?;
        let key = walker.key(tx);
        walker.pending.push(key);
    }
    walker.walk(pulse)?;
    Ok(walker.journal)
}

impl<C: ChainSource, A: Accounts> Walker<'_, C, A> {
    /// What `pending` holds for a transaction.
    pub fn key(&self, tx: i64) -> i64 {
        if self.forward { -tx } else { tx }
    }

    fn walk(&mut self, pulse: Pulse<'_>) -> Result<(), TraceError> {
        let mut done = 0;
        while let Some(key) = self.pending.pop() {
            while self.pending.peek() == Some(&key) {
                self.pending.pop();
            }
            let tx = if self.forward { -key } else { key };
            if self.must_stop(done, pulse)? {
                self.stop()?;
                return Ok(());
            }
            done += 1;
            let transaction = self.reader.read(tx)?;
            if self.forward {
                self.forward(&transaction)?;
            } else {
                self.backward(&transaction)?;
            }
            self.journal.end_turn();
            self.advance(&transaction);
        }
        for (account, book) in &self.open {
            // Backward, what an account holds before its first receipt is nothing.
            if book.balance_sat > 0 && !self.forward {
                return Err(TraceError::Chain(format!(
                    "account {account} holds {} sat before it was paid any",
                    book.balance_sat
                )));
            }
            self.journal.holdings.push(Holding {
                slot: book.slot,
                end: Terminal::Unspent as u8,
                tx: -1,
                balance_sat: book.balance_sat,
            });
        }
        Ok(())
    }

    fn must_stop(&self, done: u64, pulse: Pulse<'_>) -> Result<bool, TraceError> {
        let walked = self.journal.walked_txs;
        if self.request.max_txs.is_some_and(|most| walked >= most) {
            return Ok(true);
        }
        if done % PULSE_EVERY != 0 || done == 0 {
            return Ok(false);
        }
        match pulse(Progress {
            stage: "reach",
            done,
            total: None,
        }) {
            Pace::GoOn => Ok(false),
            Pace::StopAndKeep => Ok(true),
            Pace::Abort => Err(TraceError::Cancelled),
        }
    }

    /// Closes all books where the walk stands; seeds not come to end where they are.
    fn stop(&mut self) -> Result<(), TraceError> {
        let accounts: Vec<i64> = self.open.keys().copied().collect();
        for account in accounts {
            self.journal.partial |= self.close(account, &Closing::Stopped);
        }
        for at in 0..self.seed_is_done.len() {
            if !self.seed_is_done[at] {
                let made_in = self.reader.chain.maker(self.journal.seeds[at].txout)?;
                self.rest(at, made_in, Terminal::Cut);
                self.journal.partial = true;
            }
        }
        Ok(())
    }

    /// Closes books with what they hold; gives whether that goes on beyond the walk.
    fn close(&mut self, account: i64, closing: &Closing) -> bool {
        let Some(book) = self.open.remove(&account) else {
            return false;
        };
        let tx = match closing {
            Closing::At(tx) => Some(*tx),
            Closing::Stopped => {
                let next = book.events.iter().rev().find(|event| event.hands_on);
                next.map(|event| event.tx)
            }
        };
        let end = tx.map_or(Terminal::Unspent, |_| Terminal::Cut);
        self.journal.holdings.push(Holding {
            slot: book.slot,
            end: end as u8,
            tx: tx.unwrap_or(-1),
            balance_sat: book.balance_sat,
        });
        self.shelve(account, book);
        tx.is_some()
    }

    fn forward(&mut self, transaction: &Transaction) -> Result<(), TraceError> {
        let tx = transaction.tx;
        let mut payers = transaction.payers();
        payers.retain(|account| self.open.contains_key(account));
        if !payers.is_empty() && self.is_outside(transaction.height) {
            for account in payers.drain(..) {
                self.close(account, &Closing::At(tx));
            }
        }
        let first = self.journal.positions.len();
        let mut hops = None;
        match transaction.payer {
            Payer::One(account) if !payers.is_empty() => {
                let from_hops = self.open[&account].hops;
                hops = Some(from_hops.saturating_add(1));
                self.journal.walked_txs += 1;
                for made in &transaction.made {
                    if transaction.is_internal(made, true) {
                        continue;
                    }
                    let end = self.end_forward(made, from_hops.saturating_add(1), true)?;
                    self.push_position(transaction, made.txout, tx, made.value_sat, {
                        end.map_or(Ok(made.account), Err)
                    });
                }
                if transaction.fee_sat > 0 {
                    let fee = Err(Terminal::Fee);
                    self.push_position(transaction, -1, tx, transaction.fee_sat, fee);
                }
                self.pay(account, first)?;
            }
            Payer::Foreign(end) => {
                for account in payers {
                    let from = self.journal.positions.len();
                    for spent in transaction.spent_by(account) {
                        let txout = spent.txout;
                        let made_in = self.reader.chain.maker(txout)?;
                        self.push_position(transaction, txout, made_in, spent.value_sat, Err(end));
                    }
                    self.pay(account, from)?;
                }
            }
            _ => {}
        }
        self.receive_outputs(transaction, first, hops)
    }

    /// The receipts of a transaction's outputs, books being opened where value comes in.
    fn receive_outputs(
        &mut self,
        transaction: &Transaction,
        first: usize,
        hops: Option<u32>,
    ) -> Result<(), TraceError> {
        let mut receipts = Vec::new();
        let mut position = first;
        let walked = hops.is_some();
        for made in &transaction.made {
            let internal = transaction.is_internal(made, true);
            let mut origin = Origin::Clean;
            if walked && !internal {
                if self.journal.positions[position].end == NO_TERMINAL {
                    origin = Origin::Position(position);
                }
                position += 1;
            }
            let mut account_hops = hops;
            if let Some(seed) = made.seed {
                self.seed_is_done[seed] = true;
                account_hops = Some(0);
                match self.end_forward(made, 0, false)? {
                    Some(end) => self.rest(seed, transaction.tx, end),
                    None => origin = Origin::Seed(seed),
                }
            }
            if made.unspendable || internal {
                continue;
            }
            if origin != Origin::Clean {
                self.touch(made.account, account_hops.unwrap_or(0), transaction)?;
            }
            receipts.push((made.account, made.value_sat, origin));
        }
        self.receive(receipts)
    }

    fn backward(&mut self, transaction: &Transaction) -> Result<(), TraceError> {
        let tx = transaction.tx;
        let outside = self.is_outside(transaction.height);
        let mut receivers: Vec<i64> = Vec::new();
        for made in &transaction.made {
            let received = !made.unspendable && !transaction.is_internal(made, false);
            if received && self.open.contains_key(&made.account) {
                receivers.push(made.account);
            }
        }
        receivers.sort_unstable();
        receivers.dedup();
        let mut origins = vec![Origin::Clean; transaction.made.len()];
        let mut hops = None;
        for account in receivers {
            if outside {
                self.close(account, &Closing::At(tx));
                continue;
            }
            let first = self.journal.positions.len();
            let to_hops = self.open[&account].hops.saturating_add(1);
            for (made, origin) in transaction.made.iter().zip(&mut origins) {
                if made.account != account
                    || made.unspendable
                    || transaction.is_internal(made, false)
                {
                    continue;
                }
                let to = match self.end_backward(transaction, made, to_hops, true)? {
                    Ok(account) => {
                        *origin = Origin::Position(self.journal.positions.len());
                        hops = Some(hops.map_or(to_hops, |least: u32| least.min(to_hops)));
                        Ok(account)
                    }
                    Err(end) => Err(end),
                };
                self.push_position(transaction, made.txout, tx, made.value_sat, to);
            }
            self.pay(account, first)?;
        }
        for (made, origin) in transaction.made.iter().zip(&mut origins) {
            let Some(seed) = made.seed else { continue };
            self.seed_is_done[seed] = true;
            match self.end_backward(transaction, made, 0, false)? {
                Ok(_) => {
                    *origin = Origin::Seed(seed);
                    hops = Some(0);
                }
                Err(end) => self.rest(seed, tx, end),
            }
        }
        self.receive_payments(transaction, &origins, hops)
    }

    /// What accounts pay in a transaction: read backward they are paid it, the last first.
    fn receive_payments(
        &mut self,
        transaction: &Transaction,
        origins: &[Origin],
        hops: Option<u32>,
    ) -> Result<(), TraceError> {
        let mut receipts = Vec::new();
        match transaction.payer {
            Payer::One(account) => {
                if let Some(hops) = hops {
                    self.journal.walked_txs += 1;
                    self.touch(account, hops, transaction)?;
                }
                receipts.push((account, transaction.fee_sat, Origin::Clean));
                for (made, origin) in transaction.made.iter().zip(origins).rev() {
                    if !transaction.is_internal(made, false) {
                        receipts.push((account, made.value_sat, *origin));
                    }
                }
            }
            Payer::Foreign(_) => {
                let spent = transaction.spent.iter().rev();
                receipts.extend(spent.map(|s| (s.account, s.value_sat, Origin::Clean)));
            }
            Payer::Nobody => {}
        }
        self.receive(receipts)
    }

    /// What ends value at an output of a payment, or at a seed where it does not come `from_payer`.
    fn end_forward(
        &mut self,
        made: &Made,
        hops: u32,
        from_payer: bool,
    ) -> Result<Option<Terminal>, TraceError> {
        if from_payer && made.seed.is_some() {
            return Ok(Some(Terminal::Seed));
        }
        if made.is_target {
            return Ok(Some(Terminal::Target));
        }
        if made.unspendable {
            return Ok(Some(Terminal::Unspendable));
        }
        if made.boundary.is_some() {
            return Ok(made.boundary);
        }
        self.cut(made.value_sat, hops, made.account)
    }

    /// What ends value at an output read backward, else the account that paid it.
    fn end_backward(
        &mut self,
        transaction: &Transaction,
        made: &Made,
        hops: u32,
        to_payee: bool,
    ) -> Result<Result<i64, Terminal>, TraceError> {
        if to_payee && made.seed.is_some() {
            return Ok(Err(Terminal::Seed));
        }
        if made.is_target {
            return Ok(Err(Terminal::Target));
        }
        if let Some(barrier) = transaction.barrier {
            return Ok(Err(barrier));
        }
        let Payer::One(payer) = transaction.payer else {
            return Ok(Err(match transaction.payer {
                Payer::Foreign(end) => end,
                _ => Terminal::Coinbase,
            }));
        };
        if self.is_outside(transaction.height) {
            return Ok(Err(Terminal::Cut));
        }
        Ok(self
            .cut(made.value_sat, hops, payer)?
            .map_or(Ok(payer), Err))
    }

    fn cut(
        &mut self,
        value_sat: i64,
        hops: u32,
        account: i64,
    ) -> Result<Option<Terminal>, TraceError> {
        let limits = &self.request.limits;
        let mut cut = limits.max_hops.is_some_and(|most| hops > most)
            || limits.min_value_sat.is_some_and(|least| value_sat < least);
        if !cut && let Some(most) = self.request.max_account_outputs {
            cut = self.reader.accounts.output_count(account)? > most;
        }
        Ok(cut.then_some(Terminal::Cut))
    }

    fn is_outside(&self, height: i32) -> bool {
        let limits = &self.request.limits;
        limits.min_height.is_some_and(|least| height < least)
            || limits.max_height.is_some_and(|most| height > most)
    }

    fn rest(&mut self, seed: usize, made_in: i64, end: Terminal) {
        self.journal.rests.push(Rest {
            seed,
            made_in,
            end: end as u8,
        });
    }

    fn push_position(
        &mut self,
        transaction: &Transaction,
        txout: i64,
        made_in: i64,
        value_sat: i64,
        to: Result<i64, Terminal>,
    ) {
        self.journal.positions.push(Position {
            tx: transaction.tx,
            txout,
            made_in,
            value_sat,
            to_account: to.unwrap_or(-1),
            end: to.err().map_or(NO_TERMINAL, |end| end as u8),
        });
    }

    /// Writes the payment of the positions from `first` on into an account's books.
    fn pay(&mut self, account: i64, first: usize) -> Result<(), TraceError> {
        let positions = &self.journal.positions[first..];
        let paid_sat: i64 = positions.iter().map(|position| position.value_sat).sum();
        let Some(book) = self.open.get_mut(&account) else {
            return Ok(());
        };
        if paid_sat > book.balance_sat {
            return Err(TraceError::Chain(format!(
                "account {account} hands on {paid_sat} sat of {} sat",
                book.balance_sat
            )));
        }
        book.balance_sat -= paid_sat;
        let (slot, rest_sat) = (book.slot, book.balance_sat);
        if !positions.is_empty() {
            self.journal.pay(slot, rest_sat);
        }
        Ok(())
    }

    /// Writes receipts into the books that are open.
    fn receive(&mut self, receipts: Vec<(i64, i64, Origin)>) -> Result<(), TraceError> {
        for (account, value_sat, origin) in receipts {
            let Some(book) = self.open.get_mut(&account) else {
                continue;
            };
            book.balance_sat += value_sat;
            if book.balance_sat > MAX_MONEY_SAT {
                return Err(TraceError::Chain(format!(
                    "account {account} holds {} sat, more than all money",
                    book.balance_sat
                )));
            }
            let slot = book.slot;
            if value_sat > 0 {
                self.journal.receive(Receipt {
                    slot,
                    value_sat,
                    origin,
                });
            }
        }
        Ok(())
    }
}
