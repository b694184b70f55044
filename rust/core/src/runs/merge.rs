//! Several runs as one, in order.

use std::sync::Arc;

use super::reader::{Cursor, Run};
use super::{Entry, RunWriter};
use crate::bits::Bits;
use crate::error::Result;

/// A run to merge, and the positions of its entries to leave out.
pub struct Source<const N: usize> {
    pub run: Arc<Run<N>>,
    pub without: Bits,
}

impl<const N: usize> Source<N> {
    /// A run with all of its entries.
    pub fn whole(run: Arc<Run<N>>) -> Self {
        Self {
            run,
            without: Bits::default(),
        }
    }
}

/// The entries of several runs in order; equal ones in the order of the sources.
pub struct Merge<const N: usize> {
    sources: Vec<(Cursor<N>, Bits)>,
    heads: Vec<Option<Entry<N>>>,
}

impl<const N: usize> Merge<N> {
    pub fn new(sources: Vec<Source<N>>) -> Result<Self> {
        let mut new = Self {
            heads: vec![None; sources.len()],
            sources: sources
                .into_iter()
                .map(|s| (Cursor::new(s.run), s.without))
                .collect(),
        };
        for source in 0..new.sources.len() {
            new.advance(source)?;
        }
        Ok(new)
    }

    pub fn next_entry(&mut self) -> Result<Option<Entry<N>>> {
        let mut least: Option<(usize, Entry<N>)> = None;
        for (source, head) in self.heads.iter().enumerate() {
            if let Some(entry) = head
                && least.is_none_or(|(_, e)| *entry < e)
            {
                least = Some((source, *entry));
            }
        }
        let Some((source, entry)) = least else {
            return Ok(None);
        };
        self.advance(source)?;
        Ok(Some(entry))
    }

    /// Writes what is left, calling `go_on` now and then.
    pub fn write(
        mut self,
        into: &mut RunWriter<N>,
        go_on: &mut dyn FnMut(u64) -> Result<()>,
    ) -> Result<()> {
        let mut done = 0u64;
        while let Some(entry) = self.next_entry()? {
            into.push(entry)?;
            done += 1;
            if done % (1 << 20) == 0 {
                go_on(done)?;
            }
        }
        go_on(done)
    }

    fn advance(&mut self, source: usize) -> Result<()> {
        let (cursor, without) = &mut self.sources[source];
        self.heads[source] = loop {
            match cursor.next_entry()? {
                Some((position, _)) if without.contains(position) => {}
                Some((_, entry)) => break Some(entry),
                None => break None,
            }
        };
        Ok(())
    }
}
