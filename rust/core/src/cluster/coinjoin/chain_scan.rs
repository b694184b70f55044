//! Equal-output CoinJoins, told by their shape alone.
//!
//! Sources: Goldfeder, Kalodner, Reisman, Narayanan 2017 (arXiv 1708.04748): the participants are
//! counted by the most frequent output value, each adds at most one change output, each brings an
//! input address of its own, dust values do not count. Maurer, Neudecker, Florian 2017: the inputs
//! must be able to fund the outputs participant by participant. docs/methods/clustering.md has the
//! reasons of the limits and the measured figures.

use super::super::Chain;

/// What a transaction must show to be taken for a CoinJoin. Values are in satoshis.
#[derive(Clone, Copy, Debug)]
pub struct EqualOutputLimits {
    /// Equal outputs, to different scripts, from which on one level is believed.
    pub min_equal: usize,
    /// The same where several levels are mixed at once.
    pub min_equal_levels: usize,
    /// Distinct input scripts that several levels need.
    pub min_scripts_levels: usize,
    /// Values up to this one are dust and do not count as equal.
    pub dust_sat: i64,
    /// Part of the equal value, in percent, that fees between participants may come to.
    pub fee_percent: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One equal value, at most one change output for each participant and one coordinator's fee.
    OneLevel,
    /// Several values that repeat: participants take outputs of more than one.
    Levels,
}

/// One transaction of that shape. `equal` outputs of `value_sat` go to different scripts,
/// `repeated` of its `outputs` have a value that another output has too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CoinJoin {
    pub tx: usize,
    pub shape: Shape,
    pub equal: usize,
    pub value_sat: i64,
    pub scripts: usize,
    pub outputs: usize,
    pub repeated: usize,
}

/// Room for one transaction's inputs and outputs, kept between transactions.
#[derive(Default)]
struct Scratch {
    inputs: Vec<(i64, i64)>,
    outputs: Vec<(i64, i64)>,
}

/// The transactions of CoinJoin shape, in chain order.
pub fn find_equal_output(chain: Chain<'_>, limits: EqualOutputLimits) -> Vec<CoinJoin> {
    let mut scratch = Scratch::default();
    (0..chain.tx_count())
        .filter_map(|tx| judge(chain, limits, tx, &mut scratch))
        .collect()
}

fn judge(
    chain: Chain<'_>,
    limits: EqualOutputLimits,
    tx: usize,
    scratch: &mut Scratch,
) -> Option<CoinJoin> {
    let least = limits.min_equal.min(limits.min_equal_levels);
    let outputs = chain.txouts(tx).len();
    if outputs < least || chain.txin_count(tx) < least {
        return None;
    }
    let by_value = &mut scratch.outputs;
    by_value.clear();
    by_value.extend(
        chain
            .txouts(tx)
            .map(|o| (chain.value_sat[o], chain.script[o])),
    );
    by_value.sort_unstable();
    let (equal, value_sat, repeated) = most_frequent(by_value, limits.dust_sat)?;
    if equal < least {
        return None;
    }

    let by_script = &mut scratch.inputs;
    by_script.clear();
    by_script.extend(
        chain
            .prevouts(tx)
            .map(|o| (chain.script[o], chain.value_sat[o])),
    );
    let known = by_script.len() == chain.txin_count(tx);
    by_script.sort_unstable();
    by_script.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 = kept.1.saturating_add(next.1);
        }
        same
    });
    let scripts = by_script.len();
    if scripts < equal {
        return None;
    }

    let one_level = equal >= limits.min_equal
        && outputs <= 2 * equal + 1
        // A value that is not known cannot clear a transaction.
        && (!known || is_fair(by_script, by_value, equal, value_sat, limits.fee_percent));
    let levels = equal >= limits.min_equal_levels
        && scripts >= limits.min_scripts_levels
        && outputs <= 2 * scripts + 1
        && 2 * repeated >= outputs;
    let shape = match (one_level, levels) {
        (true, _) => Shape::OneLevel,
        (false, true) => Shape::Levels,
        (false, false) => return None,
    };
    Some(CoinJoin {
        tx,
        shape,
        equal,
        value_sat,
        scripts,
        outputs,
        repeated,
    })
}

/// Of outputs sorted by (value, script): the most scripts that get one same value, that value (the
/// greatest, on a tie), and how many outputs have a value that repeats. Dust is passed over.
fn most_frequent(outputs: &[(i64, i64)], dust_sat: i64) -> Option<(usize, i64, usize)> {
    let mut best: Option<(usize, i64)> = None;
    let mut repeated = 0;
    for level in outputs.chunk_by(|x, y| x.0 == y.0) {
        let value = level[0].0;
        if value <= dust_sat {
            continue;
        }
        if level.len() > 1 {
            repeated += level.len();
        }
        let scripts = level.chunk_by(|x, y| x.1 == y.1).count();
        if best.is_none_or(|(most, _)| scripts >= most) {
            best = Some((scripts, value));
        }
    }
    best.map(|(most, value)| (most, value, repeated))
}

/// Whether participants with one equal output and at most one change each could have paid their
/// own way: two conditions that every such CoinJoin meets and a payout from few coins does not.
///
/// Each participant's scripts together hold the equal value, so the scripts' values, each capped
/// at it, come to `equal` times that. And whoever owns the greatest input gets it back in one
/// equal output and one other, less fees.
fn is_fair(
    by_script: &[(i64, i64)],
    outputs: &[(i64, i64)],
    equal: usize,
    value_sat: i64,
    fee_percent: i64,
) -> bool {
    let value = i128::from(value_sat);
    let capped: i128 = by_script.iter().map(|s| i128::from(s.1).min(value)).sum();
    let funded = 100 * capped >= i128::from(100 - fee_percent) * value * equal as i128;

    let paid_in: i128 = by_script.iter().map(|s| i128::from(s.1)).sum();
    let paid_out: i128 = outputs.iter().map(|o| i128::from(o.0)).sum();
    let greatest_in = by_script.iter().map(|s| i128::from(s.1)).max().unwrap_or(0);
    let greatest_other = outputs
        .iter()
        .filter(|o| o.0 != value_sat)
        .map(|o| i128::from(o.0))
        .max()
        .unwrap_or(0);
    let fees = 100 * (paid_in - paid_out) + i128::from(fee_percent) * value;
    funded && 100 * greatest_in <= 100 * (value + greatest_other) + fees
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: EqualOutputLimits = EqualOutputLimits {
        min_equal: 3,
        min_equal_levels: 5,
        min_scripts_levels: 10,
        dust_sat: 2730,
        fee_percent: 5,
    };

    /// A coinbase that pays `inputs`, each to a script of its own, and a spend of all of them.
    fn spend(inputs: &[i64], outputs: &[i64]) -> Vec<CoinJoin> {
        let made = inputs.len() as i64;
        let values: Vec<i64> = inputs.iter().chain(outputs).copied().collect();
        let scripts: Vec<i64> = (0..values.len() as i64).collect();
        let prev: Vec<i64> = std::iter::once(-1).chain(0..made).collect();
        let first_txin = [0, 1, 1 + made];
        let first_txout = [0, made, values.len() as i64];
        let chain = Chain::new(&first_txin, &first_txout, &prev, &values, &scripts)
            .expect("the arrays are built to fit");
        find_equal_output(chain, LIMITS)
    }

    #[test]
    fn coinjoin_of_three_with_changes_is_found() {
        let found = spend(
            &[150_000, 130_000, 200_000],
            &[100_000, 100_000, 100_000, 49_900, 29_900, 99_900],
        );
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].tx, found[0].equal, found[0].value_sat),
            (1, 3, 100_000)
        );
        assert_eq!(found[0].shape, Shape::OneLevel);
    }

    #[test]
    fn two_equal_outputs_are_a_payment() {
        assert!(spend(&[150_000, 130_000], &[100_000, 100_000, 49_000, 29_000]).is_empty());
    }

    #[test]
    fn payout_from_one_great_coin_is_not_one() {
        let found = spend(
            &[5_000_000, 20_000, 30_000],
            &[100_000, 100_000, 100_000, 4_700_000],
        );
        assert!(found.is_empty());
    }

    #[test]
    fn great_coin_must_come_back_to_its_owner() {
        let found = spend(
            &[900_000, 110_000, 120_000],
            &[100_000, 100_000, 100_000, 400_000, 420_000],
        );
        assert!(found.is_empty());
    }

    #[test]
    fn dust_is_not_equal_value() {
        assert!(spend(&[3_000, 3_000, 3_000], &[546, 546, 546]).is_empty());
    }

    #[test]
    fn several_levels_are_found() {
        let mut outputs = vec![100_000; 10];
        outputs.extend([200_000; 10]);
        outputs.extend([50_001, 50_002]);
        let found = spend(&[260_000; 12], &outputs);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].shape, Shape::Levels);
        // A tie between values goes to the greater.
        assert_eq!((found[0].equal, found[0].value_sat), (10, 200_000));
    }
}
