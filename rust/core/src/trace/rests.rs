//! Gathers where a rule's flow rests, visit by visit.

use std::ops::Range;

use super::flow::Outflow;
use super::seeds::Part;
use super::terminals::{Claims, Row, Terminals};
use super::walk::{Fate, Visit, Walk};
use super::{Rule, Terminal, TraceError};

/// The terminals found so far and, where claimants are told apart, whose they are.
pub struct Rests<'a> {
    walk: &'a Walk,
    forward: bool,
    terminals: Terminals,
    claims: Option<Claims>,
}

impl Rests<'_> {
    pub fn new(walk: &Walk, forward: bool, wants_claims: bool) -> Rests<'_> {
        Rests {
            walk,
            forward,
            terminals: Terminals::default(),
            claims: wants_claims.then(Claims::default),
        }
    }

    /// Adds a seed that rests where it is.
    pub fn seed(&mut self, node: usize, traced_sat: i64, parts: &[Part]) -> Result<(), TraceError> {
        let maker = self.walk.node_makers[node];
        let Some(row) = self.row(node, maker, traced_sat)? else {
            return Ok(());
        };
        self.terminals.push(row);
        if let Some(claims) = &mut self.claims {
            for part in parts {
                claims.push(part.claimant, row.of(part.traced_sat));
            }
        }
        Ok(())
    }

    /// Adds what rests of a passage: at the nodes by which value leaves, and in the fee.
    #[inline]
    pub fn passage(
        &mut self,
        visit: &Visit,
        leaving: Range<usize>,
        out: &Outflow,
    ) -> Result<(), TraceError> {
        for (position, traced_sat) in out.leaving_sat.iter().enumerate() {
            if let Some(row) = self.row_at(visit, &leaving, position, *traced_sat)? {
                self.terminals.push(row);
            }
        }
        for claim in &out.claims {
            let row = self.row_at(visit, &leaving, claim.leaving, claim.traced_sat)?;
            if let (Some(claims), Some(row)) = (&mut self.claims, row) {
                claims.push(claim.claimant, row);
            }
        }
        Ok(())
    }

    /// The terminal at a leaving position, if one is there: a node, or after all nodes the fee.
    #[inline]
    fn row_at(
        &self,
        visit: &Visit,
        leaving: &Range<usize>,
        position: usize,
        traced_sat: i64,
    ) -> Result<Option<Row>, TraceError> {
        let node = leaving.start + position;
        if node < leaving.end {
            let maker = if self.forward {
                visit.tx
            } else {
                self.walk.node_makers[node]
            };
            return self.row(node, maker, traced_sat);
        }
        Ok((traced_sat > 0).then_some(Row {
            terminal: Terminal::Fee,
            tx: visit.tx,
            txout: -1,
            value_sat: visit.fee_sat,
            traced_sat,
        }))
    }

    /// The terminal that a node is, if it is one; refuses traced value where nothing can rest.
    #[inline]
    fn row(&self, node: usize, maker: i64, traced_sat: i64) -> Result<Option<Row>, TraceError> {
        let fate = self.walk.node_fates[node];
        if traced_sat == 0 || fate == Fate::Walks {
            return Ok(None);
        }
        let txout = self.walk.node_txouts[node];
        let Fate::Ends(terminal) = fate else {
            return Err(TraceError::Conservation(format!(
                "txout {txout} of no value holds {traced_sat} traced sat"
            )));
        };
        Ok(Some(Row {
            terminal,
            tx: maker,
            txout,
            value_sat: self.walk.node_value_sat[node],
            traced_sat,
        }))
    }

    /// Both tables in their order. What claimants have at each terminal must be what is traced there.
    pub fn sorted(mut self, rule: Rule) -> Result<(Terminals, Option<Claims>), TraceError> {
        self.terminals.sort();
        if let Some(claims) = &mut self.claims {
            claims.sort();
            if claims.sum_up() != self.terminals {
                return Err(TraceError::Conservation(format!(
                    "under {} what claimants have at the terminals is not what is traced there",
                    rule.name()
                )));
            }
        }
        Ok((self.terminals, self.claims))
    }
}
