//! The account rules: what of a payment is whose, by the books of the account.

use std::collections::VecDeque;

use crate::trace::share::share;

/// Satoshis of one owner that lie side by side. Owner 0 is nobody traced; claimant c is c + 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    pub owner: u32,
    pub sat: i64,
}

/// What positions carry: the runs of each, in the order of its line.
///
/// Under a rule of amounts the order means nothing, and untraced satoshis have no run.
#[derive(Debug, Default)]
pub struct Parcels {
    runs: Vec<Run>,
    ends: Vec<usize>,
}

impl Parcels {
    pub fn clear(&mut self) {
        self.runs.clear();
        self.ends.clear();
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn runs(&self, parcel: usize) -> &[Run] {
        let start = parcel.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.runs[start..self.ends[parcel]]
    }

    fn push(&mut self, run: Run) {
        if run.sat > 0 {
            self.runs.push(run);
        }
    }

    fn seal(&mut self) {
        self.ends.push(self.runs.len());
    }
}

/// The books of all accounts under one rule.
pub trait Books {
    /// Opens a slot, the next one, with untraced satoshis.
    fn open(&mut self, value_sat: i64);

    /// Adds a receipt of which `runs` say whose it is.
    fn receive(&mut self, slot: usize, value_sat: i64, runs: &[Run]);

    /// Takes payments of these widths out of an account; adds one parcel for each, in their order.
    /// `rest_sat` is what the account then holds.
    fn pay(&mut self, slot: usize, widths_sat: &[i64], rest_sat: i64, parcels: &mut Parcels);

    /// Adds to each claimant's sum what a slot holds of theirs.
    fn add_held(&self, slot: usize, sums: &mut [i64]);

    /// The runs of a seed's line. Claims lie from its first satoshi on, in order.
    fn seed_runs(&self, value_sat: i64, claims: &[(usize, i64)], runs: &mut Vec<Run>);
}

/// Which end of an account's line of satoshis is paid from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaysFrom {
    /// What came first: Clayton's case.
    First,
    /// What came last.
    Last,
}

/// Accounts as lines of satoshis in the order of receipt, each satoshi with its owner.
///
/// `mirrored` reads time backward: payments become receipts. Every line is then read from its end,
/// which gives the inverse of the same matching of receipts with payments.
pub struct Lines {
    pays_from: PaysFrom,
    mirrored: bool,
    lines: Vec<VecDeque<Run>>,
}

impl Lines {
    pub fn new(pays_from: PaysFrom, mirrored: bool) -> Lines {
        Lines {
            pays_from,
            mirrored,
            lines: Vec::new(),
        }
    }
}

fn append(line: &mut VecDeque<Run>, run: Run) {
    match line.back_mut() {
        Some(last) if last.owner == run.owner => last.sat += run.sat,
        _ if run.sat > 0 => line.push_back(run),
        _ => {}
    }
}

fn take(line: &mut VecDeque<Run>, pays_from: PaysFrom, mut sat: i64, parcels: &mut Parcels) {
    while sat > 0 {
        let next = match pays_from {
            PaysFrom::First => line.front_mut(),
            PaysFrom::Last => line.back_mut(),
        };
        // Only unequal sums lead to an empty line; the caller's check tells.
        let Some(run) = next else { break };
        let taken = run.sat.min(sat);
        parcels.push(Run {
            owner: run.owner,
            sat: taken,
        });
        sat -= taken;
        run.sat -= taken;
        if run.sat == 0 {
            match pays_from {
                PaysFrom::First => line.pop_front(),
                PaysFrom::Last => line.pop_back(),
            };
        }
    }
    parcels.seal();
}

impl Books for Lines {
    fn open(&mut self, value_sat: i64) {
        let mut line = VecDeque::new();
        append(
            &mut line,
            Run {
                owner: 0,
                sat: value_sat,
            },
        );
        self.lines.push(line);
    }

    fn receive(&mut self, slot: usize, value_sat: i64, runs: &[Run]) {
        let line = &mut self.lines[slot];
        let told: i64 = runs.iter().map(|run| run.sat).sum();
        for run in runs {
            append(line, *run);
        }
        append(
            line,
            Run {
                owner: 0,
                sat: value_sat - told,
            },
        );
    }

    fn pay(&mut self, slot: usize, widths_sat: &[i64], _rest_sat: i64, parcels: &mut Parcels) {
        let line = &mut self.lines[slot];
        if !self.mirrored {
            for width in widths_sat {
                take(line, self.pays_from, *width, parcels);
            }
            return;
        }
        // The last position is taken first; its parcel still has the last place.
        let mut taken = Parcels::default();
        for width in widths_sat.iter().rev() {
            take(line, self.pays_from, *width, &mut taken);
        }
        for parcel in (0..taken.len()).rev() {
            for run in taken.runs(parcel) {
                parcels.push(*run);
            }
            parcels.seal();
        }
    }

    fn add_held(&self, slot: usize, sums: &mut [i64]) {
        add_runs(self.lines[slot].iter(), sums);
    }

    fn seed_runs(&self, value_sat: i64, claims: &[(usize, i64)], runs: &mut Vec<Run>) {
        claim_runs(claims, runs);
        let told: i64 = runs.iter().map(|run| run.sat).sum();
        if value_sat > told {
            runs.push(Run {
                owner: 0,
                sat: value_sat - told,
            });
        }
        if self.mirrored {
            runs.reverse();
        }
    }
}

/// How an account's traced amount goes over its payments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mixing {
    /// Each payment, and the rest, carries its proportion of the balance.
    Pool,
    /// What is not traced goes out first.
    OwnFirst,
}

/// Accounts as amounts: of all claimants together, then split among them.
pub struct Balances {
    mixing: Mixing,
    claimants: usize,
    balance_sat: Vec<i64>,
    /// Satoshis of each claimant, slot by slot.
    held_sat: Vec<i64>,
    widths_sat: Vec<i64>,
    columns_sat: Vec<i64>,
    row_sat: Vec<i64>,
    cells_sat: Vec<i64>,
    remainders: Vec<(u64, u32)>,
}

impl Balances {
    pub fn new(mixing: Mixing, claimants: usize) -> Balances {
        Balances {
            mixing,
            claimants,
            balance_sat: Vec::new(),
            held_sat: Vec::new(),
            widths_sat: Vec::new(),
            columns_sat: Vec::new(),
            row_sat: Vec::new(),
            cells_sat: Vec::new(),
            remainders: Vec::new(),
        }
    }

    /// The traced part of each width and of the rest, as `columns_sat`.
    fn fill_columns(&mut self, traced_sat: i64, balance_sat: i64) {
        match self.mixing {
            Mixing::Pool => share(
                traced_sat,
                &self.widths_sat,
                &mut self.remainders,
                &mut self.columns_sat,
            ),
            Mixing::OwnFirst => {
                let mut own_sat = balance_sat - traced_sat;
                self.columns_sat.clear();
                for width in &self.widths_sat {
                    let own = own_sat.min(*width);
                    own_sat -= own;
                    self.columns_sat.push(width - own);
                }
            }
        }
    }
}

impl Books for Balances {
    fn open(&mut self, value_sat: i64) {
        self.balance_sat.push(value_sat);
        self.held_sat
            .resize(self.held_sat.len() + self.claimants, 0);
    }

    fn receive(&mut self, slot: usize, value_sat: i64, runs: &[Run]) {
        self.balance_sat[slot] += value_sat;
        let first = slot * self.claimants;
        add_runs(
            runs.iter(),
            &mut self.held_sat[first..first + self.claimants],
        );
    }

    fn pay(&mut self, slot: usize, widths_sat: &[i64], rest_sat: i64, parcels: &mut Parcels) {
        let first = slot * self.claimants;
        let rows = first..first + self.claimants;
        let traced_sat = self.held_sat[rows.clone()].iter().sum();
        self.widths_sat.clear();
        self.widths_sat.extend_from_slice(widths_sat);
        self.widths_sat.push(rest_sat);
        self.fill_columns(traced_sat, self.balance_sat[slot]);
        self.balance_sat[slot] = rest_sat;
        let width = self.widths_sat.len();
        // Both margins exact: each claimant in turn takes from what the columns still lack.
        self.cells_sat.clear();
        for held in &mut self.held_sat[rows] {
            share(
                *held,
                &self.columns_sat,
                &mut self.remainders,
                &mut self.row_sat,
            );
            for (lacking, cell) in self.columns_sat.iter_mut().zip(&self.row_sat) {
                *lacking -= cell;
            }
            self.cells_sat.extend_from_slice(&self.row_sat);
            *held = self.row_sat[width - 1];
        }
        for column in 0..width - 1 {
            for claimant in 0..self.claimants {
                parcels.push(Run {
                    owner: claimant as u32 + 1,
                    sat: self.cells_sat[claimant * width + column],
                });
            }
            parcels.seal();
        }
    }

    fn add_held(&self, slot: usize, sums: &mut [i64]) {
        let first = slot * self.claimants;
        for (sum, held) in sums.iter_mut().zip(&self.held_sat[first..]) {
            *sum += held;
        }
    }

    fn seed_runs(&self, _value_sat: i64, claims: &[(usize, i64)], runs: &mut Vec<Run>) {
        claim_runs(claims, runs);
    }
}

fn claim_runs(claims: &[(usize, i64)], runs: &mut Vec<Run>) {
    runs.clear();
    runs.extend(claims.iter().map(|(claimant, sat)| Run {
        owner: *claimant as u32 + 1,
        sat: *sat,
    }));
}

/// Adds each claimant's satoshis among `runs` to their sum.
pub fn add_runs<'a>(runs: impl Iterator<Item = &'a Run>, sums: &mut [i64]) {
    for run in runs {
        if let Some(claimant) = (run.owner as usize).checked_sub(1) {
            sums[claimant] += run.sat;
        }
    }
}
