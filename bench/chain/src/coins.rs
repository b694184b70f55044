//! The unspent outputs, by the block that made them: drawn by age, taken out in constant time.

use crate::random::{Rng, Wheel};
use crate::scripts::Kind;

/// One unspent output. `script` is its number in the book, or `VIRTUAL`.
#[derive(Clone, Copy)]
pub struct Coin {
    pub txid: [u8; 32],
    pub value: u64,
    pub script: u32,
    pub vout: u16,
    pub kind: Kind,
}

pub struct Coins {
    /// by block from the first with traffic on; the order inside a block is lost by spending
    blocks: Vec<Vec<Coin>>,
    pub unspent: u64,
    ages: Wheel,
    uniform: usize,
    /// spends by age in blocks: 0, 1, 2-3, 4-7, ...
    pub spent_by_octave: [u64; 24],
}

/// Ages at which a block's list gives back the memory of what was spent.
const SHRUNK_AT: [usize; 4] = [16, 128, 1024, 8192];
const TRIES: usize = 16;

impl Coins {
    /// `ages`: shares of 1000 by age: the same block, 1 block, 2-3, 4-7, ..., last: any block alike.
    pub fn new(ages: &[u32]) -> Self {
        Coins {
            blocks: vec![Vec::new()],
            unspent: 0,
            ages: Wheel::new(ages),
            uniform: ages.len() - 1,
            spent_by_octave: [0; 24],
        }
    }

    pub fn open_block(&mut self) {
        let count = self.blocks.len();
        for age in SHRUNK_AT {
            if let Some(at) = count.checked_sub(age) {
                self.blocks[at].shrink_to_fit();
            }
        }
        let newest = self.blocks.last().map_or(0, Vec::len);
        self.blocks.push(Vec::with_capacity(newest + newest / 2));
    }

    #[inline]
    pub fn add(&mut self, coin: Coin) {
        self.unspent += 1;
        self.blocks
            .last_mut()
            .expect("a block is open from the start")
            .push(coin);
    }

    /// Takes out a coin of the age that is drawn, or of another where that age has none left.
    pub fn take(&mut self, rng: &mut Rng) -> Option<Coin> {
        if self.unspent == 0 {
            return None;
        }
        let newest = self.blocks.len() - 1;
        let octave = self.ages.draw(rng);
        let age = match octave {
            _ if octave == self.uniform => usize::MAX,
            0 => 0,
            _ => rng.in_octave(1, octave as u32 - 1) as usize,
        };
        let mut at = match newest.checked_sub(age) {
            Some(at) => at,
            None => rng.below(newest as u64 + 1) as usize,
        };
        for _ in 0..TRIES {
            if !self.blocks[at].is_empty() {
                return Some(self.take_from(at, rng));
            }
            at = rng.below(newest as u64 + 1) as usize;
        }
        let at = self.blocks.iter().rposition(|block| !block.is_empty())?;
        Some(self.take_from(at, rng))
    }

    fn take_from(&mut self, at: usize, rng: &mut Rng) -> Coin {
        let age = self.blocks.len() - 1 - at;
        self.spent_by_octave[(usize::BITS - age.leading_zeros()).min(23) as usize] += 1;
        self.unspent -= 1;
        let block = &mut self.blocks[at];
        block.swap_remove(rng.below(block.len() as u64) as usize)
    }
}
