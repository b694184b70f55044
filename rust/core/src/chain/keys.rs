//! Keyed hashes by which look-ups find txids, outpoints and scripts. The key is a secret of the store,
//! so that nobody can mint entries that fall together; 88 bits tell apart all that a chain can hold.
//! Source: SipHash-1-3 with 128 bits, Aumasson and Bernstein 2012.

use std::hash::Hasher;

use siphasher::sip128::{Hasher128, SipHasher13};

use super::hash::Hash;

/// Low bits of an entry's second word that go on with the key; the id lies above them.
pub const CHECK_BITS: u32 = 24;
pub const CHECK: u64 = (1 << CHECK_BITS) - 1;

/// A store's secret.
#[derive(Debug, Clone, Copy)]
pub struct StoreKey(pub [u8; 16]);

/// A keyed hash: the key of an entry, and the check bits of its second word.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Keyed {
    pub key: u64,
    pub check: u64,
}

impl Keyed {
    /// The second word of an entry for this id.
    pub fn with_id(self, id: i64) -> u64 {
        (id as u64) << CHECK_BITS | self.check
    }
}

/// The id in an entry's second word.
pub fn id_of(second: u64) -> i64 {
    (second >> CHECK_BITS) as i64
}

impl StoreKey {
    pub fn txid(&self, txid: &Hash) -> Keyed {
        self.keyed(&[txid])
    }

    pub fn outpoint(&self, txid: &Hash, vout: u32) -> Keyed {
        self.keyed(&[txid, &vout.to_le_bytes()])
    }

    pub fn script(&self, script: &[u8]) -> Keyed {
        self.keyed(&[script])
    }

    fn keyed(&self, parts: &[&[u8]]) -> Keyed {
        let mut hasher = SipHasher13::new_with_key(&self.0);
        for part in parts {
            hasher.write(part);
        }
        let hash = hasher.finish128();
        Keyed {
            key: hash.h1,
            check: hash.h2 & CHECK,
        }
    }
}
