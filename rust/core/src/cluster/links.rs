//! Multi-input links: who spends together is one party. Source: Nakamoto 2008, section 10.

use super::{Chain, ClusterError, check_ids};

/// Links between scripts, `script_a < script_b`, sorted by (tx, script_a, script_b).
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Links {
    pub tx: Vec<i64>,
    pub script_a: Vec<i64>,
    pub script_b: Vec<i64>,
}

/// The links of every transaction but those in `excluded` (tx ids, rising).
///
/// A transaction that spends k distinct scripts gives k - 1 links, from the least of them to each
/// other one. Inputs whose spent output is not known give none.
pub fn multi_input(chain: Chain<'_>, excluded: &[i64]) -> Result<Links, ClusterError> {
    check_ids("excluded", excluded, 0, chain.tx_count())?;
    if let Some(at) = excluded.windows(2).position(|w| w[1] < w[0]) {
        return Err(ClusterError::Order {
            name: "excluded",
            row: at + 1,
        });
    }
    let mut links = Links::default();
    let mut scripts: Vec<i64> = Vec::new();
    let mut skip = excluded.iter().copied().peekable();
    for tx in 0..chain.tx_count() {
        while skip.next_if(|&e| e < tx as i64).is_some() {}
        if chain.txin_count(tx) < 2 || skip.peek() == Some(&(tx as i64)) {
            continue;
        }
        scripts.clear();
        scripts.extend(chain.prevouts(tx).map(|o| chain.script[o]));
        links.star(tx as i64, &mut scripts);
    }
    Ok(links)
}

impl Links {
    /// Adds the links of a transaction that spends these scripts, which it puts in order.
    pub fn star(&mut self, tx: i64, scripts: &mut [i64]) {
        scripts.sort_unstable();
        let Some((&least, others)) = scripts.split_first() else {
            return;
        };
        let mut last = least;
        for &other in others {
            if other != last {
                self.script_b.push(other);
                last = other;
            }
        }
        self.tx.resize(self.script_b.len(), tx);
        self.script_a.resize(self.script_b.len(), least);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cluster_links_are_a_star_from_the_least_script() {
        let scripts = [7, 3, 3, 5, 9];
        let prev = [-1, 0, 1, 2, 3];
        let chain = Chain::new(&[0, 1, 5], &prev, &scripts).unwrap();
        let links = multi_input(chain, &[]).unwrap();
        assert_eq!(links.tx, [1, 1]);
        assert_eq!(links.script_a, [3, 3]);
        assert_eq!(links.script_b, [5, 7]);
        assert_eq!(multi_input(chain, &[1]).unwrap(), Links::default());
        assert!(multi_input(chain, &[2]).is_err());
    }
}
