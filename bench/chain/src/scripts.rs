//! The book of scripts: each has a number, a kind and bytes that follow from both; which one an output
//! pays.

use crate::parameters::{Era, Traffic};
use crate::random::{Rng, Wheel, bytes_of};

/// A kind of output script, by what it takes to spend it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Kind {
    P2pkLong,
    P2pk,
    P2pkhLong,
    P2pkh,
    P2shMultisig,
    P2shP2wpkh,
    P2shP2wsh,
    P2wpkh,
    P2wsh,
    P2trKey,
    P2trScript,
    Multisig,
    Nonstandard,
    OpReturn,
}

impl Kind {
    pub const ALL: [(Kind, &'static str); crate::parameters::KINDS] = [
        (Kind::P2pkLong, "p2pk_long"),
        (Kind::P2pk, "p2pk"),
        (Kind::P2pkhLong, "p2pkh_long"),
        (Kind::P2pkh, "p2pkh"),
        (Kind::P2shMultisig, "p2sh_multisig"),
        (Kind::P2shP2wpkh, "p2sh_p2wpkh"),
        (Kind::P2shP2wsh, "p2sh_p2wsh"),
        (Kind::P2wpkh, "p2wpkh"),
        (Kind::P2wsh, "p2wsh"),
        (Kind::P2trKey, "p2tr_key"),
        (Kind::P2trScript, "p2tr_script"),
        (Kind::Multisig, "multisig"),
        (Kind::Nonstandard, "nonstandard"),
        (Kind::OpReturn, "op_return"),
    ];

    pub fn has_witness(self) -> bool {
        matches!(
            self,
            Kind::P2shP2wpkh
                | Kind::P2shP2wsh
                | Kind::P2wpkh
                | Kind::P2wsh
                | Kind::P2trKey
                | Kind::P2trScript
        )
    }
}

/// The number of every script that is not in the book.
pub const VIRTUAL: u32 = u32::MAX;

pub struct Scripts {
    key: u64,
    /// by number
    kinds: Vec<Kind>,
    services: Vec<u32>,
    service_octaves: u32,
    reuse: Wheel,
    new_kinds: Wheel,
    traffic: Traffic,
}

impl Scripts {
    pub fn new(seed: u64, traffic: &Traffic, first: &Era) -> Self {
        let slots = traffic.services.next_power_of_two();
        Scripts {
            key: crate::random::mix(seed ^ 0x5c),
            kinds: Vec::new(),
            services: vec![0; slots as usize],
            service_octaves: slots.ilog2(),
            reuse: Wheel::new(&traffic.reuse),
            new_kinds: Wheel::new(&first.new_scripts),
            traffic: traffic.clone(),
        }
    }

    pub fn enter(&mut self, era: &Era) {
        self.new_kinds = Wheel::new(&era.new_scripts);
    }

    /// How many scripts have been paid.
    pub fn count(&self) -> u64 {
        self.kinds.len() as u64
    }

    /// The script that the next output pays. `own` is the script of an input.
    pub fn choose(&mut self, own: u32, new: bool, spendable: bool, rng: &mut Rng) -> (u32, Kind) {
        if new || self.kinds.is_empty() {
            return self.make(spendable, rng);
        }
        let newest = self.kinds.len() as u64 - 1;
        let script = match self.reuse.draw(rng) {
            0 if own != VIRTUAL => own,
            1 => {
                let octave = rng.below(u64::from(self.service_octaves)) as u32;
                self.services[rng.in_octave(1, octave) as usize]
            }
            0 | 2 => {
                let octave = rng.below(u64::from(self.traffic.recent_octaves)) as u32;
                newest.saturating_sub(rng.in_octave(1, octave) - 1) as u32
            }
            _ => rng.below(newest + 1) as u32,
        };
        match self.kinds[script as usize] {
            Kind::OpReturn => self.make(spendable, rng),
            kind => (script, kind),
        }
    }

    fn make(&mut self, spendable: bool, rng: &mut Rng) -> (u32, Kind) {
        let mut kind = Kind::ALL[self.new_kinds.draw(rng)].0;
        while spendable && kind == Kind::OpReturn {
            kind = Kind::ALL[self.new_kinds.draw(rng)].0;
        }
        let script = self.kinds.len() as u32;
        self.kinds.push(kind);
        if kind != Kind::OpReturn {
            if let Some(slot) = self.services.get_mut(script as usize) {
                *slot = script;
            } else if rng.below(self.traffic.service_turnover) == 0 {
                let slot = rng.below(self.services.len() as u64) as usize;
                self.services[slot] = script;
            }
        }
        (script, kind)
    }

    /// 32 bytes of the script's own: its hash, or the x of its key.
    #[inline]
    pub fn bytes(&self, script: u32, salt: u64) -> [u8; 32] {
        bytes_of(self.key ^ salt << 48, u64::from(script))
    }

    /// Appends length and script.
    #[inline]
    pub fn write(&self, script: u32, kind: Kind, into: &mut Vec<u8>) {
        let own = self.bytes(script, 0);
        match kind {
            Kind::P2pkLong => {
                let mut all = [0; 68];
                all[..3].copy_from_slice(&[67, 65, 4]);
                all[3..35].copy_from_slice(&own);
                all[35..67].copy_from_slice(&self.bytes(script, 1));
                all[67] = 0xac;
                into.extend_from_slice(&all);
            }
            Kind::P2pk => put::<36>(into, &[35, 33, 2 | own[31] & 1], &own, &[0xac]),
            Kind::P2pkhLong | Kind::P2pkh => {
                put::<26>(into, &[25, 0x76, 0xa9, 20], &own[..20], &[0x88, 0xac]);
            }
            Kind::P2shMultisig | Kind::P2shP2wpkh | Kind::P2shP2wsh => {
                put::<24>(into, &[23, 0xa9, 20], &own[..20], &[0x87]);
            }
            Kind::P2wpkh => put::<23>(into, &[22, 0, 20], &own[..20], &[]),
            Kind::P2wsh => put::<35>(into, &[34, 0, 32], &own, &[]),
            Kind::P2trKey | Kind::P2trScript => put::<35>(into, &[34, 0x51, 32], &own, &[]),
            Kind::Multisig => {
                let other = self.bytes(script, 1);
                into.extend_from_slice(&[71, 0x51, 33, 2]);
                into.extend_from_slice(&own);
                into.extend_from_slice(&[33, 3]);
                into.extend_from_slice(&other);
                into.extend_from_slice(&[0x52, 0xae]);
            }
            // a hash to be met, and then true
            Kind::Nonstandard => put::<25>(into, &[24, 0xa9, 20], &own[..20], &[0x88, 0x51]),
            Kind::OpReturn => put::<23>(into, &[22, 0x6a, 20], &own[..20], &[]),
        }
    }
}

#[inline]
fn put<const N: usize>(into: &mut Vec<u8>, start: &[u8], own: &[u8], end: &[u8]) {
    let mut all = [0; N];
    let (a, b) = (start.len(), start.len() + own.len());
    all[..a].copy_from_slice(start);
    all[a..b].copy_from_slice(own);
    all[b..].copy_from_slice(end);
    into.extend_from_slice(&all);
}
