//! The late state's side: which virtual outputs are spent and which virtual scripts are paid.

use crate::coins::Coin;
use crate::parameters::Seeded;
use crate::random::{Order, Rng, mix};
use crate::scripts::{Kind, VIRTUAL};
use crate::virtual_state::{virtual_outpoint, virtual_script, virtual_value};

pub struct Late<'a> {
    seeded: &'a Seeded,
    seed: u64,
    order: Order,
    pub coins_spent: u64,
    pub outputs_paid: u64,
    /// one bit a script
    paid: Vec<u64>,
    pub scripts_paid: u64,
}

impl<'a> Late<'a> {
    pub fn new(seeded: &'a Seeded, seed: u64) -> Self {
        Late {
            seeded,
            seed,
            order: Order::new(mix(seed ^ 0x76), seeded.coins),
            coins_spent: 0,
            outputs_paid: 0,
            paid: vec![0; seeded.scripts.div_ceil(64) as usize],
            scripts_paid: 0,
        }
    }

    pub fn has_begun(&self, height: u32) -> bool {
        height > self.seeded.from_height
    }

    /// A virtual output to spend, for the share of inputs that spend one; none once all are spent.
    pub fn coin(&mut self, rng: &mut Rng) -> Option<Coin> {
        if self.coins_spent == self.seeded.coins || !rng.permille(self.seeded.inputs) {
            return None;
        }
        let i = self.order.at(self.coins_spent);
        self.coins_spent += 1;
        let (txid, vout) = virtual_outpoint(self.seed, i);
        Some(Coin {
            txid,
            vout: vout as u16,
            value: virtual_value(i),
            script: VIRTUAL,
            kind: Kind::P2wpkh,
        })
    }

    /// A virtual script to pay, for the share of outputs that pay one.
    pub fn payee(&mut self, rng: &mut Rng) -> Option<[u8; 22]> {
        if self.seeded.scripts == 0 || !rng.permille(self.seeded.outputs) {
            return None;
        }
        let j = rng.below(self.seeded.scripts);
        let (word, bit) = (&mut self.paid[(j / 64) as usize], 1 << (j % 64));
        self.scripts_paid += u64::from(*word & bit == 0);
        *word |= bit;
        self.outputs_paid += 1;
        Some(virtual_script(self.seed, j))
    }
}
