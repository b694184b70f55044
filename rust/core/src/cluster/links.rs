//! Multi-input links: who spends together is one party. Source: Nakamoto 2008, section 10.

/// Links between scripts, `script_a < script_b`, sorted by (tx, script_a, script_b).
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Links {
    pub tx: Vec<i64>,
    pub script_a: Vec<i64>,
    pub script_b: Vec<i64>,
}

impl Links {
    /// Adds the links of a transaction that spends these scripts, which it puts in order: of k distinct
    /// ones k - 1 links, from the least to each other.
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
        let mut links = Links::default();
        links.star(1, &mut [7, 3, 3, 5]);
        links.star(2, &mut [9, 9]);
        assert_eq!(links.tx, [1, 1]);
        assert_eq!(links.script_a, [3, 3]);
        assert_eq!(links.script_b, [5, 7]);
    }
}
