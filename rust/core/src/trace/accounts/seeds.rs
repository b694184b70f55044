//! Seeds of a request, checked and gathered by output.

use std::collections::BTreeMap;

use super::AccountRequest;
use super::journal::Seed;
use crate::trace::{ChainSource, TraceError};

/// The seeds by `txout_id`, rising, and the claimants, rising: theirs name them by place there.
pub fn seeds<C: ChainSource>(
    chain: &mut C,
    request: &AccountRequest<'_>,
) -> Result<(Vec<Seed>, Vec<i64>), TraceError> {
    let rows = request.seed_txouts.len();
    if request.seed_traced_sat.len() != rows {
        return Err(TraceError::Request(format!(
            "{rows} seeds but {} amounts; give one amount for each seed",
            request.seed_traced_sat.len()
        )));
    }
    let named = request.seed_claimants.unwrap_or(&[]);
    if request.seed_claimants.is_some() && named.len() != rows {
        return Err(TraceError::Request(format!(
            "{rows} seeds but {} claimants; give one claimant for each seed",
            named.len()
        )));
    }
    let mut gathered: BTreeMap<i64, Seed> = BTreeMap::new();
    let mut claimants = named.to_vec();
    claimants.sort_unstable();
    claimants.dedup();
    if let Some(claimant) = claimants.first().filter(|claimant| **claimant < 0) {
        return Err(TraceError::Request(format!(
            "claimant {claimant} is no index; count claimants from 0"
        )));
    }
    if request.seed_claimants.is_none() {
        claimants.push(0);
    }
    for (row, (txout, sat)) in request
        .seed_txouts
        .iter()
        .zip(request.seed_traced_sat)
        .enumerate()
    {
        if *txout < 0 || *txout >= chain.txout_count() {
            return Err(TraceError::Request(format!(
                "seed txout {txout} is not in the chain of {} outputs",
                chain.txout_count()
            )));
        }
        let claimant = named
            .get(row)
            .map_or(0, |name| claimants.partition_point(|other| other < name));
        let value_sat = chain.value_sat(*txout)?;
        let seed = gathered.entry(*txout).or_insert(Seed {
            txout: *txout,
            value_sat,
            claims: Vec::new(),
        });
        if seed.claims.iter().any(|(other, _)| *other == claimant) {
            return Err(TraceError::Request(format!(
                "seed txout {txout} is given twice; give each output once for each claimant, with \
                 its whole amount"
            )));
        }
        let before: i64 = seed.claims.iter().map(|(_, sat)| sat).sum();
        if *sat < 1 || *sat > value_sat - before {
            let others = if before > 0 {
                format!(" beside {before} sat for others")
            } else {
                String::new()
            };
            return Err(TraceError::Request(format!(
                "seed txout {txout} has {value_sat} sat but {sat} sat are to be traced{others}; \
                 give 1 to {value_sat} in all, or leave the output out"
            )));
        }
        seed.claims.push((claimant, *sat));
    }
    let mut seeds: Vec<Seed> = gathered.into_values().collect();
    for seed in &mut seeds {
        seed.claims.sort_unstable();
    }
    Ok((seeds, claimants))
}
