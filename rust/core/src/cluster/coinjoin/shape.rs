//! What every rule measures of a transaction, computed once.

use super::{Input, Limits, Transaction, TypeCode};

/// `outputs` are those that pay, as (value, script), sorted; `funds` what each known input script
/// brings in all, sorted by script. Sums are 128-bit.
#[derive(Clone)]
pub(super) struct Measures {
    pub inputs: usize,
    pub unknown_inputs: usize,
    /// Known input scripts, each once, and one for each input that is not known.
    pub input_scripts: usize,
    pub funds: Vec<(i64, i128)>,
    pub outputs: Vec<(i64, i64)>,
    /// Different scripts that the most frequent value above dust pays; that value, the greater on
    /// a tie.
    pub equal: usize,
    pub value_sat: i64,
    /// Outputs of another value.
    pub others: usize,
    /// Outputs above dust whose value another has too.
    pub repeated: usize,
    pub output_scripts: usize,
    /// Output scripts that are spent too.
    pub returned: usize,
    pub paid_in: i128,
    pub paid_out: i128,
}

impl Measures {
    pub fn of(tx: &Transaction<'_>, limits: &Limits) -> Self {
        let mut outputs: Vec<(i64, i64)> = tx
            .outputs
            .iter()
            .filter(|o| o.pays())
            .map(|o| (o.value_sat, o.script))
            .collect();
        outputs.sort_unstable();
        let (equal, value_sat, repeated) = most_frequent(&outputs, limits.dust_sat);
        let others = outputs.iter().filter(|o| o.0 != value_sat).count();

        let is_known = |i: &&Input| i.value_sat >= 0 && i.script >= 0;
        let mut funds: Vec<(i64, i128)> = tx
            .inputs
            .iter()
            .filter(is_known)
            .map(|i| (i.script, i128::from(i.value_sat)))
            .collect();
        let unknown_inputs = tx.inputs.len() - funds.len();
        funds.sort_unstable();
        funds.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 += next.1;
            }
            same
        });

        let mut paid: Vec<i64> = outputs.iter().map(|o| o.1).collect();
        paid.sort_unstable();
        paid.dedup();
        let returned = paid
            .iter()
            .filter(|s| funds.binary_search_by_key(*s, |f| f.0).is_ok())
            .count();
        Self {
            inputs: tx.inputs.len(),
            unknown_inputs,
            input_scripts: funds.len() + unknown_inputs,
            equal,
            value_sat,
            others,
            repeated,
            output_scripts: paid.len(),
            returned,
            paid_in: funds.iter().map(|f| f.1).sum(),
            paid_out: outputs.iter().map(|o| i128::from(o.0)).sum(),
            funds,
            outputs,
        }
    }

    /// The same transaction with another value as the equal one.
    pub fn with_equal(&self, equal: usize, value_sat: i64) -> Self {
        let others = self.outputs.iter().filter(|o| o.0 != value_sat).count();
        Self {
            equal,
            value_sat,
            others,
            ..self.clone()
        }
    }

    pub fn is_known(&self) -> bool {
        self.unknown_inputs == 0
    }

    /// What the miner gets; 0 where not every input is known.
    pub fn fee(&self) -> i128 {
        if self.is_known() {
            (self.paid_in - self.paid_out).max(0)
        } else {
            0
        }
    }

    /// Whether every output pays a script of its own.
    pub fn pays_each_once(&self) -> bool {
        self.output_scripts == self.outputs.len()
    }

    /// The values other than the equal one, rising.
    pub fn other_values(&self) -> impl DoubleEndedIterator<Item = i64> + '_ {
        self.outputs
            .iter()
            .map(|o| o.0)
            .filter(|&v| v != self.value_sat)
    }

    /// Whether n participants, each with one equal output and at most one change, could have paid
    /// their own way. True where an input is not known: that clears no transaction.
    ///
    /// Two conditions that every such CoinJoin meets (after Maurer et al. 2017). Each participant's
    /// scripts hold the equal value, so the scripts' values, each capped at it, come to n times
    /// that. And whoever owns the greatest gets it back: in outputs of the equal value (or its
    /// levels, which come to `back` in all) and one other, less fees.
    pub fn each_could_pay(&self, back: i128, fee_percent: i64) -> bool {
        if !self.is_known() {
            return true;
        }
        let value = i128::from(self.value_sat);
        let fees = i128::from(fee_percent);
        let capped: i128 = self.funds.iter().map(|f| f.1.min(value)).sum();
        let funded = 100 * capped >= (100 - fees) * value * self.equal as i128;
        let greatest = self.funds.iter().map(|f| f.1).max().unwrap_or(0);
        let change = i128::from(self.other_values().next_back().unwrap_or(0));
        let rest = 100 * (self.paid_in - self.paid_out) + fees * value;
        funded && 100 * greatest <= 100 * (back + change) + rest
    }

    /// How many of n participants the shape accounts for: those who take a change, and those who
    /// bring the equal value within 2% and need none.
    ///
    /// A payout has one change; coins that are worth what is paid out are no accident in it.
    pub fn accounted_for(&self) -> usize {
        self.others + self.near()
    }

    /// The input scripts that bring the equal value, within 2%.
    pub fn near(&self) -> usize {
        let value = i128::from(self.value_sat);
        let near = |f: &&(i64, i128)| 50 * (f.1 - value).abs() <= value;
        self.funds.iter().filter(near).count()
    }
}

/// Of outputs sorted by (value, script): the most scripts that get one same value, that value (the
/// greatest, on a tie), and how many outputs have a value that repeats. Dust is passed over.
fn most_frequent(outputs: &[(i64, i64)], dust_sat: i64) -> (usize, i64, usize) {
    let (mut most, mut of, mut repeated) = (0, 0, 0);
    for level in outputs.chunk_by(|x, y| x.0 == y.0) {
        if level[0].0 <= dust_sat {
            continue;
        }
        if level.len() > 1 {
            repeated += level.len();
        }
        let scripts = level.chunk_by(|x, y| x.1 == y.1).count();
        if scripts >= most {
            (most, of) = (scripts, level[0].0);
        }
    }
    (most, of, repeated)
}

/// Whether every type that is known is among `types`.
pub(super) fn all_of(codes: impl Iterator<Item = TypeCode>, types: &[TypeCode]) -> bool {
    codes.filter(|&c| c >= 0).all(|c| types.contains(&c))
}
