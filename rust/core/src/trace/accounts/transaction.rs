//! A transaction as the books see it: who pays, who is paid, and what stops value there.

use super::AccountRequest;
use super::owners::Accounts;
use crate::trace::ids::SortedIds;
use crate::trace::{
    COINBASE_INPUT, ChainSource, Direction, MAX_MONEY_SAT, NOT_FETCHED, Terminal, TraceError,
};

/// Who a transaction's inputs say pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payer {
    /// A coinbase.
    Nobody,
    One(i64),
    /// Not one account's payment, and why value ends there: a CoinJoin, inputs that are not known,
    /// or several accounts.
    Foreign(Terminal),
}

/// An output of value.
#[derive(Clone, Copy, Debug)]
pub struct Made {
    pub txout: i64,
    pub value_sat: i64,
    pub account: i64,
    pub unspendable: bool,
    pub is_target: bool,
    pub boundary: Option<Terminal>,
    /// Its place among the seeds.
    pub seed: Option<usize>,
}

/// An input of value that is known.
#[derive(Clone, Copy, Debug)]
pub struct Spent {
    pub txout: i64,
    pub value_sat: i64,
    pub account: i64,
}

#[derive(Clone, Debug)]
pub struct Transaction {
    pub tx: i64,
    pub height: i32,
    pub payer: Payer,
    /// In order of the inputs.
    pub spent: Vec<Spent>,
    /// In order of the outputs.
    pub made: Vec<Made>,
    /// 0 unless there is one payer.
    pub fee_sat: i64,
    /// Backward: what ends value that comes out of it, whoever pays.
    pub barrier: Option<Terminal>,
}

impl Transaction {
    /// Whether an output changes nothing in its payer's books.
    ///
    /// An output that ends the flow is paid, and received again without a trace.
    pub fn is_internal(&self, made: &Made, forward: bool) -> bool {
        let ends = made.seed.is_some()
            || made.unspendable
            || (forward && (made.is_target || made.boundary.is_some()));
        self.payer == Payer::One(made.account) && !ends
    }

    pub fn internal_sat(&self, forward: bool) -> i64 {
        let internal = self
            .made
            .iter()
            .filter(|made| self.is_internal(made, forward));
        internal.map(|made| made.value_sat).sum()
    }

    /// The accounts that its known inputs belong to, rising.
    pub fn payers(&self) -> Vec<i64> {
        let mut payers: Vec<i64> = self.spent.iter().map(|spent| spent.account).collect();
        payers.sort_unstable();
        payers.dedup();
        payers
    }

    /// Every account in it, rising.
    pub fn accounts(&self) -> Vec<i64> {
        let mut accounts = self.payers();
        accounts.extend(self.made.iter().map(|made| made.account));
        accounts.sort_unstable();
        accounts.dedup();
        accounts
    }

    pub fn spent_by(&self, account: i64) -> impl Iterator<Item = &Spent> + '_ {
        self.spent
            .iter()
            .filter(move |spent| spent.account == account)
    }
}

/// Reads transactions with what the request says of their scripts and outputs.
pub struct Reader<'a, C: ChainSource, A: Accounts> {
    pub chain: &'a mut C,
    pub accounts: &'a mut A,
    backward: bool,
    seeds: SortedIds<'a>,
    boundary: SortedIds<'a>,
    boundary_terminals: Vec<Terminal>,
    exempt: SortedIds<'a>,
    coinjoins: SortedIds<'a>,
    target_scripts: SortedIds<'a>,
    target_txouts: SortedIds<'a>,
    prevouts: Vec<i64>,
}

impl<'a, C: ChainSource, A: Accounts> Reader<'a, C, A> {
    pub fn new(
        chain: &'a mut C,
        accounts: &'a mut A,
        request: &'a AccountRequest<'a>,
        seeds: &'a [i64],
    ) -> Result<Reader<'a, C, A>, TraceError> {
        if request.boundary_kinds.len() != request.boundary_scripts.len() {
            return Err(TraceError::Request(format!(
                "{} boundary scripts but {} kinds; give one kind for each script",
                request.boundary_scripts.len(),
                request.boundary_kinds.len()
            )));
        }
        let terminals = request.boundary_kinds.iter().map(|kind| {
            Terminal::from_boundary_kind(*kind).ok_or_else(|| {
                TraceError::Request(format!("boundary kind {kind} is neither service nor mixer"))
            })
        });
        Ok(Reader {
            chain,
            accounts,
            backward: request.direction == Direction::Backward,
            seeds: SortedIds::new(seeds, "seeds")?,
            boundary: SortedIds::new(request.boundary_scripts, "boundary scripts")?,
            boundary_terminals: terminals.collect::<Result<_, _>>()?,
            exempt: SortedIds::new(request.exempt_scripts, "exempt scripts")?,
            coinjoins: SortedIds::new(request.coinjoin_txs, "coinjoin transactions")?,
            target_scripts: SortedIds::new(request.target_scripts, "target scripts")?,
            target_txouts: SortedIds::new(request.target_txouts, "target txouts")?,
            prevouts: Vec::new(),
        })
    }

    pub fn read(&mut self, tx: i64) -> Result<Transaction, TraceError> {
        let mut prevouts = std::mem::take(&mut self.prevouts);
        self.chain.prevouts(tx, &mut prevouts)?;
        let mut spent = Vec::new();
        let mut inputs_sat = 0;
        let mut target = None;
        let mut boundary = None;
        for txout in prevouts.iter().copied().filter(|txout| *txout >= 0) {
            let value_sat = self.chain.value_sat(txout)?;
            inputs_sat = add_money(inputs_sat, value_sat, tx)?;
            let script = self.chain.script(txout)?;
            if self.is_target(txout, script) {
                target = Some(Terminal::Target);
            }
            boundary = boundary.or(self.boundary_of(script));
            let account = self.accounts.account_of(script)?;
            spent.push(Spent {
                txout,
                value_sat,
                account,
            });
        }
        let payer = self.payer(tx, &prevouts, &spent);
        let passes = !matches!(payer, Payer::Nobody | Payer::Foreign(Terminal::Coinjoin));
        let barrier = target.or(boundary).filter(|_| self.backward && passes);
        self.prevouts = prevouts;
        let (made, outputs_sat) = self.made(tx)?;
        let mut fee_sat = 0;
        if let Payer::One(_) = payer {
            if outputs_sat > inputs_sat {
                return Err(TraceError::Chain(format!(
                    "tx {tx} pays {outputs_sat} sat of inputs of {inputs_sat} sat"
                )));
            }
            fee_sat = inputs_sat - outputs_sat;
        }
        spent.retain(|spent| spent.value_sat > 0);
        Ok(Transaction {
            tx,
            height: self.chain.height(tx)?,
            payer,
            spent,
            made,
            fee_sat,
            barrier,
        })
    }

    fn payer(&self, tx: i64, prevouts: &[i64], spent: &[Spent]) -> Payer {
        if prevouts.contains(&COINBASE_INPUT) {
            return Payer::Nobody;
        }
        if self.coinjoins.contains(tx) {
            return Payer::Foreign(Terminal::Coinjoin);
        }
        if prevouts.contains(&NOT_FETCHED) {
            return Payer::Foreign(Terminal::Unresolved);
        }
        match spent.first() {
            Some(first) if spent.iter().all(|s| s.account == first.account) => {
                Payer::One(first.account)
            }
            _ => Payer::Foreign(Terminal::Cut),
        }
    }

    /// The outputs of value, and their sum.
    fn made(&mut self, tx: i64) -> Result<(Vec<Made>, i64), TraceError> {
        let mut outputs = Vec::new();
        let mut outputs_sat = 0;
        for txout in self.chain.outputs(tx)? {
            let value_sat = self.chain.value_sat(txout)?;
            outputs_sat = add_money(outputs_sat, value_sat, tx)?;
            if value_sat == 0 {
                continue;
            }
            let script = self.chain.script(txout)?;
            outputs.push(Made {
                txout,
                value_sat,
                account: self.accounts.account_of(script)?,
                unspendable: self.chain.is_unspendable(txout)?,
                is_target: self.is_target(txout, script),
                boundary: self.boundary_of(script),
                seed: self.seeds.position(txout),
            });
        }
        Ok((outputs, outputs_sat))
    }

    fn is_target(&self, txout: i64, script: i64) -> bool {
        self.target_txouts.contains(txout) || self.target_scripts.contains(script)
    }

    fn boundary_of(&self, script: i64) -> Option<Terminal> {
        let at = self.boundary.position(script)?;
        (!self.exempt.contains(script)).then(|| self.boundary_terminals[at])
    }
}

fn add_money(sum_sat: i64, value_sat: i64, tx: i64) -> Result<i64, TraceError> {
    let sum_sat = sum_sat + value_sat;
    if sum_sat <= MAX_MONEY_SAT {
        return Ok(sum_sat);
    }
    Err(TraceError::Chain(format!(
        "tx {tx} moves {sum_sat} sat, more than all money"
    )))
}
