//! What an input shows to spend an output: shapes and lengths as on mainnet, signatures that are noise.

use crate::block::push_count;
use crate::random::Rng;
use crate::scripts::{Kind, Scripts};

/// Writes scriptSigs and witnesses.
pub struct Spender {
    pub short_signatures: u32,
}

const SIGNATURE_MOST: usize = 72;

impl Spender {
    /// Appends length and scriptSig.
    pub fn script_sig(
        &self,
        script: u32,
        kind: Kind,
        scripts: &Scripts,
        rng: &mut Rng,
        into: &mut Vec<u8>,
    ) {
        match kind {
            Kind::P2wpkh | Kind::P2wsh | Kind::P2trKey | Kind::P2trScript => into.push(0),
            Kind::P2pkLong | Kind::P2pk => {
                let (signature, len) = self.signature(rng);
                into.push(len as u8 + 1);
                pushed(into, &signature[..len]);
            }
            Kind::P2pkh | Kind::P2pkhLong => {
                let (signature, len) = self.signature(rng);
                let key = long_key(script, scripts);
                let key = if kind == Kind::P2pkh {
                    &short_key(script, scripts, 2)[..]
                } else {
                    &key[..]
                };
                into.push((len + key.len() + 2) as u8);
                pushed(into, &signature[..len]);
                pushed(into, key);
            }
            Kind::P2shMultisig => {
                let (first, a) = self.signature(rng);
                let (second, b) = self.signature(rng);
                let redeem = Multisig::of(script, scripts);
                // above 75 bytes a push has an opcode of its own
                let long = redeem.len > 75;
                let len = 1 + (1 + a) + (1 + b) + 1 + usize::from(long) + redeem.len;
                push_count(len, into);
                into.push(0);
                pushed(into, &first[..a]);
                pushed(into, &second[..b]);
                if long {
                    into.push(0x4c);
                }
                pushed(into, redeem.bytes());
            }
            Kind::P2shP2wpkh => {
                into.extend_from_slice(&[23, 22, 0, 20]);
                into.extend_from_slice(&scripts.bytes(script, 2)[..20]);
            }
            Kind::P2shP2wsh => {
                into.extend_from_slice(&[35, 34, 0, 32]);
                into.extend_from_slice(&scripts.bytes(script, 2));
            }
            Kind::Multisig => {
                let (signature, len) = self.signature(rng);
                into.extend_from_slice(&[len as u8 + 2, 0]);
                pushed(into, &signature[..len]);
            }
            Kind::Nonstandard => {
                into.push(33);
                pushed(into, &scripts.bytes(script, 2));
            }
            Kind::OpReturn => unreachable!("no coin is made of an OP_RETURN"),
        }
    }

    /// Appends the witness: the count of its items and the items. Zero for kinds without.
    pub fn witness(
        &self,
        script: u32,
        kind: Kind,
        scripts: &Scripts,
        rng: &mut Rng,
        into: &mut Vec<u8>,
    ) {
        match kind {
            Kind::P2shP2wpkh | Kind::P2wpkh => {
                let (signature, len) = self.signature(rng);
                into.push(2);
                pushed(into, &signature[..len]);
                pushed(into, &short_key(script, scripts, 2));
            }
            Kind::P2shP2wsh | Kind::P2wsh => {
                let (first, a) = self.signature(rng);
                let (second, b) = self.signature(rng);
                into.extend_from_slice(&[4, 0]);
                pushed(into, &first[..a]);
                pushed(into, &second[..b]);
                pushed(into, Multisig::of(script, scripts).bytes());
            }
            Kind::P2trKey => {
                let mut all = [0; 66];
                rng.fill(&mut all);
                all[..2].copy_from_slice(&[1, 64]);
                into.extend_from_slice(&all);
            }
            Kind::P2trScript => {
                // signature, a script with a short text in an envelope, control block of one leaf
                let mut noise = [0; 64 + 180 + 33];
                rng.fill(&mut noise);
                let len = 100 + rng.below(80) as usize;
                into.push(3);
                pushed(into, &noise[..64]);
                pushed(into, &noise[64..64 + len]);
                noise[64 + 180] = 0xc0;
                pushed(into, &noise[64 + 180..]);
            }
            _ => into.push(0),
        }
    }

    /// A signature in DER with its hash type, and its length.
    #[inline]
    fn signature(&self, rng: &mut Rng) -> ([u8; SIGNATURE_MOST], usize) {
        let mut bytes = [0; SIGNATURE_MOST];
        rng.fill(&mut bytes);
        let len = SIGNATURE_MOST - usize::from(rng.permille(self.short_signatures));
        let r = len as u8 - 39;
        bytes[..4].copy_from_slice(&[0x30, len as u8 - 3, 2, r]);
        if r == 33 {
            bytes[4] = 0;
            bytes[5] |= 0x80;
        } else {
            bytes[4] = bytes[4] & 0x7f | 1;
        }
        let s = 4 + r as usize;
        bytes[s..s + 2].copy_from_slice(&[2, 32]);
        bytes[s + 2] = bytes[s + 2] & 0x7f | 1;
        bytes[len - 1] = 1;
        (bytes, len)
    }
}

/// A multisig script: two of three keys, or of two keys for every third script (67 % and 32 % of
/// spends in 2015-17, source [inputs] of README.md).
struct Multisig {
    all: [u8; 105],
    len: usize,
}

impl Multisig {
    fn of(script: u32, scripts: &Scripts) -> Self {
        let keys = 3 - usize::from(script % 3 == 0);
        let mut all = [0; 105];
        all[0] = 0x52;
        for n in 0..keys {
            let start = 1 + 34 * n;
            all[start] = 33;
            all[start + 1..start + 34].copy_from_slice(&short_key(script, scripts, 2 + n as u64));
        }
        let len = 34 * keys + 3;
        all[len - 2..len].copy_from_slice(&[0x50 + keys as u8, 0xae]);
        Multisig { all, len }
    }

    fn bytes(&self) -> &[u8] {
        &self.all[..self.len]
    }
}

fn short_key(script: u32, scripts: &Scripts, salt: u64) -> [u8; 33] {
    let x = scripts.bytes(script, salt);
    let mut key = [0; 33];
    key[0] = 2 | x[31] & 1;
    key[1..].copy_from_slice(&x);
    key
}

fn long_key(script: u32, scripts: &Scripts) -> [u8; 65] {
    let mut key = [4; 65];
    key[1..33].copy_from_slice(&scripts.bytes(script, 2));
    key[33..].copy_from_slice(&scripts.bytes(script, 3));
    key
}

/// Appends one byte of length and the bytes: a push of a script, or an item of a witness.
#[inline]
fn pushed(into: &mut Vec<u8>, bytes: &[u8]) {
    into.push(bytes.len() as u8);
    into.extend_from_slice(bytes);
}
