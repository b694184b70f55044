//! What tells a chain's blocks from Bitcoin's, as parameters: chosen once, when its files are opened.

use scrypt::{Params, scrypt};

use super::auxpow::AuxPow;
use super::block_files::HEADER_BYTES;
use super::hash::{Hash, sha256d};
use super::money::{MAX_MONEY, halvings};

/// Bit of a header's version that says another chain's block proves it.
const AUXPOW_BIT: u32 = 1 << 8;

/// The hash of a header that must meet its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkHash {
    /// The block's own hash.
    Sha256d,
    /// scrypt of the header by itself, N = 1024, r = p = 1.
    Scrypt,
}

/// How transactions are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TxForm {
    /// BIP 144.
    Bitcoin,
    /// BIP 144, or a HogEx, after which the block's extension follows (Litecoin, LIP 2).
    Mweb,
    /// Of version 3 and a type, a payload follows (Dash, DIP 2).
    Special,
}

#[derive(Debug, Clone)]
pub struct Rules {
    pub work: WorkHash,
    /// This chain's number in merged mining.
    pub auxpow: Option<u32>,
    pub txs: TxForm,
    /// Blocks sort their transactions by txid: one may spend what another makes behind it.
    pub canonical_order: bool,
    /// An output's script may begin with tokens.
    pub token_prefix: bool,
    pub max_block_bytes: u32,
    pub max_money: i64,
    /// First heights, rising from 0, and the most satoshis a block from there on may create.
    pub subsidy_steps: Vec<(i64, i64)>,
}

impl Default for Rules {
    /// Bitcoin's own.
    fn default() -> Self {
        Self {
            work: WorkHash::Sha256d,
            auxpow: None,
            txs: TxForm::Bitcoin,
            canonical_order: false,
            token_prefix: false,
            max_block_bytes: super::block_files::MAX_BLOCK_BYTES,
            max_money: MAX_MONEY,
            subsidy_steps: halvings(210_000),
        }
    }
}

impl Rules {
    /// Satoshis a block of this height may create at most, fees apart.
    pub fn subsidy(&self, height: i64) -> i64 {
        let reached = self.subsidy_steps.partition_point(|step| step.0 <= height);
        reached
            .checked_sub(1)
            .map_or(0, |step| self.subsidy_steps[step].1)
    }

    /// Whether blocks are laid out as Bitcoin's are: header, then BIP 144 transactions to the end.
    pub fn is_plain(&self) -> bool {
        self.auxpow.is_none() && self.txs == TxForm::Bitcoin
    }

    /// Whether a block's own hash is what proves its work, so that a header by itself shows it.
    pub fn block_hash_proves(&self) -> bool {
        self.work == WorkHash::Sha256d && self.auxpow.is_none()
    }

    /// Whether another chain's block proves this header.
    pub fn is_merge_mined(&self, header: &[u8; HEADER_BYTES]) -> bool {
        let version = u32::from_le_bytes(header[..4].try_into().expect("four bytes"));
        self.auxpow.is_some() && version & AUXPOW_BIT != 0
    }

    /// The hash that must meet the target of a header: `hash` is the header's own, `rest` what follows
    /// it, as far as it is at hand. An error where another chain's block does not prove the header.
    pub fn work_hash(
        &self,
        header: &[u8; HEADER_BYTES],
        hash: &Hash,
        rest: &[u8],
    ) -> Result<Hash, String> {
        match self.auxpow {
            Some(chain_id) if self.is_merge_mined(header) => {
                let (proof, _) = AuxPow::parse(rest)?;
                proof.check(header, hash, chain_id)?;
                Ok(self.own_work_hash(&proof.parent, &sha256d(&[&proof.parent])))
            }
            _ => Ok(self.own_work_hash(header, hash)),
        }
    }

    /// The same of a header that no other chain's block proves.
    pub fn own_work_hash(&self, header: &[u8; HEADER_BYTES], hash: &Hash) -> Hash {
        match self.work {
            WorkHash::Sha256d => *hash,
            WorkHash::Scrypt => scrypt_1024(header),
        }
    }

    /// What a scan under these rules goes by, for telling its cache from another's.
    pub(super) fn tag(&self) -> Vec<u8> {
        if self.block_hash_proves() && self.is_plain() && !self.canonical_order {
            return Vec::new();
        }
        let mut tag = vec![self.work as u8, self.txs as u8];
        tag.extend(self.auxpow.unwrap_or_default().to_le_bytes());
        tag.extend(self.max_block_bytes.to_le_bytes());
        tag
    }
}

fn scrypt_1024(header: &[u8; HEADER_BYTES]) -> Hash {
    let params = Params::new(10, 1, 1).expect("these are within bounds");
    let mut hash = [0; 32];
    scrypt(header, header, &params, &mut hash).expect("32 bytes are a length it has");
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subsidy_keeps_to_its_steps() {
        let rules = Rules {
            subsidy_steps: vec![(0, 50), (10, 25), (20, 0)],
            ..Rules::default()
        };
        let at = |height| rules.subsidy(height);
        assert_eq!([at(0), at(9), at(10), at(19), at(20)], [50, 50, 25, 25, 0]);
        assert_eq!(at(i64::MAX), 0);
        assert_eq!(Rules::default().subsidy(840_000), 312_500_000);
    }
}
