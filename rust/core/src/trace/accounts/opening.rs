//! Opening the books of accounts, and finding the place in them again.

use super::owners::Accounts;
use super::reach::Walker;
use super::transaction::{Payer, Transaction};
use crate::trace::{ChainSource, MAX_MONEY_SAT, TraceError};

/// Books that are open.
pub struct Book {
    pub slot: usize,
    /// Accounts from the nearest seed's, as far as the walk has come.
    pub hops: u32,
    pub balance_sat: i64,
    /// What is still to come, the next one last.
    pub events: Vec<Event>,
}

/// A transaction that pays an account or is paid by it.
#[derive(Clone, Copy)]
pub struct Event {
    pub tx: i64,
    /// What the account holds more after it than before.
    pub gain_sat: i64,
    /// Whether the account hands value on there: forward it pays, backward it is paid.
    pub hands_on: bool,
}

/// Books that were open once. An account that is emptied and filled again and again would else be
/// looked up in full each time.
pub struct Shelved {
    pub balance_sat: i64,
    pub events: Vec<Event>,
}

impl<C: ChainSource, A: Accounts> Walker<'_, C, A> {
    /// Opens an account's books at a transaction, unless they are open.
    pub fn touch(
        &mut self,
        account: i64,
        hops: u32,
        transaction: &Transaction,
    ) -> Result<(), TraceError> {
        if let Some(book) = self.open.get_mut(&account) {
            book.hops = book.hops.min(hops);
            return Ok(());
        }
        let (balance_sat, events) = match self.shelved.remove(&account) {
            Some(shelved) => self.reopened(account, shelved, transaction),
            None => self.looked_up(account, transaction)?,
        };
        if !(0..=MAX_MONEY_SAT).contains(&balance_sat) {
            return Err(TraceError::Chain(format!(
                "account {account} holds {balance_sat} sat, which is no amount of money"
            )));
        }
        if let Some(next) = events.last() {
            self.pending.push(self.key(next.tx));
        }
        let slot = self.journal.open(account, balance_sat);
        self.open.insert(
            account,
            Book {
                slot,
                hops,
                balance_sat,
                events,
            },
        );
        Ok(())
    }

    pub fn shelve(&mut self, account: i64, book: Book) {
        if !book.events.is_empty() {
            let shelved = Shelved {
                balance_sat: book.balance_sat,
                events: book.events,
            };
            self.shelved.insert(account, shelved);
        }
    }

    /// What an account holds at a transaction apart from what it receives there, and what is to
    /// come, by all the outputs that pay it.
    fn looked_up(
        &mut self,
        account: i64,
        transaction: &Transaction,
    ) -> Result<(i64, Vec<Event>), TraceError> {
        let tx = transaction.tx;
        let mut balance_sat = i128::from(self.internal_sat(account, transaction));
        let mut txouts = std::mem::take(&mut self.txouts);
        self.reader.accounts.outputs(account, &mut txouts)?;
        let mut events = Vec::new();
        for txout in &txouts {
            let value_sat = self.reader.chain.value_sat(*txout)?;
            if value_sat == 0 || self.reader.chain.is_unspendable(*txout)? {
                continue;
            }
            let made = self.reader.chain.maker(*txout)?;
            let spent = self.reader.chain.spender(*txout)?;
            if spent != -1 && spent <= made {
                return Err(TraceError::Chain(format!(
                    "txout {txout} is spent by a transaction no later than the one that made it"
                )));
            }
            if made < tx && (spent == -1 || spent > tx) {
                balance_sat += i128::from(value_sat);
            }
            for (event, gain_sat, hands_on) in [
                (made, value_sat, !self.forward),
                (spent, -value_sat, self.forward),
            ] {
                let to_come = if self.forward { event > tx } else { event < tx };
                if event != -1 && to_come {
                    events.push(Event {
                        tx: event,
                        gain_sat,
                        hands_on,
                    });
                }
            }
        }
        self.txouts = txouts;
        let balance_sat = i64::try_from(balance_sat).unwrap_or(i64::MAX);
        events.sort_unstable_by_key(|event| self.key(event.tx));
        // One event a transaction.
        events.dedup_by(|event, kept| {
            let same = event.tx == kept.tx;
            if same {
                kept.gain_sat = kept.gain_sat.saturating_add(event.gain_sat);
                kept.hands_on |= event.hands_on;
            }
            same
        });
        Ok((balance_sat, events))
    }

    /// The same by where its books were left.
    fn reopened(
        &self,
        account: i64,
        shelved: Shelved,
        transaction: &Transaction,
    ) -> (i64, Vec<Event>) {
        let Shelved {
            mut balance_sat,
            mut events,
        } = shelved;
        let at = self.key(transaction.tx);
        while let Some(event) = events.last().filter(|event| self.key(event.tx) >= at) {
            if event.tx != transaction.tx {
                let gain_sat = if self.forward {
                    event.gain_sat
                } else {
                    -event.gain_sat
                };
                balance_sat = balance_sat.saturating_add(gain_sat);
            }
            events.pop();
        }
        let moved_sat: i64 = if self.forward {
            let spent = transaction.spent_by(account);
            spent.map(|spent| spent.value_sat).sum()
        } else {
            let own = transaction
                .made
                .iter()
                .filter(|made| made.account == account);
            let spendable = own.filter(|made| !made.unspendable);
            spendable.map(|made| made.value_sat).sum()
        };
        let internal_sat = self.internal_sat(account, transaction);
        (balance_sat.saturating_add(internal_sat - moved_sat), events)
    }

    fn internal_sat(&self, account: i64, transaction: &Transaction) -> i64 {
        match transaction.payer {
            Payer::One(payer) if payer == account => transaction.internal_sat(self.forward),
            _ => 0,
        }
    }

    /// Goes on to the next event of the accounts in a transaction; forgets those that hold nothing.
    pub fn advance(&mut self, transaction: &Transaction) {
        let forward = self.forward;
        let key = |tx: i64| if forward { -tx } else { tx };
        for account in transaction.accounts() {
            let Some(book) = self.open.get_mut(&account) else {
                continue;
            };
            while book
                .events
                .last()
                .is_some_and(|event| key(event.tx) >= key(transaction.tx))
            {
                book.events.pop();
            }
            if book.balance_sat > 0 {
                if let Some(next) = book.events.last() {
                    self.pending.push(key(next.tx));
                }
            } else if let Some(book) = self.open.remove(&account) {
                self.shelve(account, book);
            }
        }
    }
}
