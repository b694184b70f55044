//! A slow reader of block files, written apart from the generator: formats by BIP 141 and Bitcoin Core's
//! primitives, and the checks of a block that need no other.

use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};

pub type Hash = [u8; 32];
/// txid and vout
pub type Place = (Hash, u32);

pub struct Tx {
    pub txid: Hash,
    pub wtxid: Hash,
    pub prevouts: Vec<Place>,
    pub script_sigs: Vec<Vec<u8>>,
    pub witnesses: Vec<Vec<Vec<u8>>>,
    /// satoshis and script
    pub outputs: Vec<(u64, Vec<u8>)>,
    pub stripped_bytes: usize,
    pub bytes: usize,
}

pub struct Block {
    pub hash: Hash,
    pub prev: Hash,
    pub merkle_root: Hash,
    pub time: u32,
    pub bits: u32,
    pub txs: Vec<Tx>,
    pub bytes: usize,
}

impl Block {
    pub fn weight(&self) -> usize {
        let txs = self.txs.iter();
        let of_txs: usize = txs.map(|tx| 3 * tx.stripped_bytes + tx.bytes).sum();
        let rest = self.bytes - self.txs.iter().map(|tx| tx.bytes).sum::<usize>();
        4 * rest + of_txs
    }

    /// The root that the header must have.
    pub fn merkle(&self) -> Hash {
        merkle(self.txs.iter().map(|tx| tx.txid).collect())
    }

    /// The height that the coinbase states.
    pub fn stated_height(&self) -> u32 {
        let script = &self.txs[0].script_sigs[0];
        match script[0] {
            op @ 0x51..=0x60 => u32::from(op - 0x50),
            len => {
                let number = &script[1..1 + len as usize];
                let last = *number.last().unwrap();
                assert!(last & 0x80 == 0, "negative");
                assert!(
                    last != 0 || number[number.len() - 2] & 0x80 != 0,
                    "longer than needed"
                );
                number
                    .iter()
                    .rev()
                    .fold(0, |n, &byte| n << 8 | u32::from(byte))
            }
        }
    }

    /// Fails unless witnesses are committed to, where there are any.
    pub fn check_witnesses(&self) {
        if self.txs.iter().all(|tx| tx.txid == tx.wtxid) {
            return;
        }
        let mut leaves: Vec<Hash> = self.txs.iter().map(|tx| tx.wtxid).collect();
        leaves[0] = [0; 32];
        let reserved = &self.txs[0].witnesses[0];
        assert_eq!((reserved.len(), reserved[0].len()), (1, 32));
        let committed = sha256d(&[merkle(leaves).as_slice(), &reserved[0]].concat());
        let expected = [&[0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed][..], &committed].concat();
        let mut scripts = self.txs[0].outputs.iter().rev().map(|(_, script)| script);
        let found = scripts.find(|script| script.starts_with(&expected[..6]));
        assert_eq!(found, Some(&expected));
    }
}

pub fn sha256d(data: &[u8]) -> Hash {
    Sha256::digest(Sha256::digest(data)).into()
}

fn merkle(mut level: Vec<Hash>) -> Hash {
    while level.len() > 1 {
        level = level
            .chunks(2)
            .map(|pair| sha256d(&[pair[0], *pair.last().unwrap()].concat()))
            .collect();
    }
    level[0]
}

/// Takes a piece off the front.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, len: usize) -> &'a [u8] {
        let (piece, rest) = self.0.split_at(len);
        self.0 = rest;
        piece
    }

    fn number(&mut self, len: usize) -> u64 {
        let bytes = self.take(len).iter().rev();
        bytes.fold(0, |n, &byte| n << 8 | u64::from(byte))
    }

    fn count(&mut self) -> usize {
        let (count, least) = match self.number(1) {
            0xfd => (self.number(2), 0xfd),
            0xfe => (self.number(4), 0x1_0000),
            0xff => (self.number(8), 0x1_0000_0000),
            small => (small, 0),
        };
        assert!(count >= least, "a count longer than needed");
        count as usize
    }

    fn string(&mut self) -> Vec<u8> {
        let len = self.count();
        self.take(len).to_vec()
    }

    fn hash(&mut self) -> Hash {
        self.take(32).try_into().unwrap()
    }

    fn tx(&mut self) -> Tx {
        let start = self.0;
        let version = self.take(4);
        let witnessed = self.0[0] == 0;
        if witnessed {
            assert_eq!(self.take(2), [0, 1]);
        }
        let body_start = self.0;
        let (mut prevouts, mut script_sigs) = (Vec::new(), Vec::new());
        for _ in 0..self.count() {
            prevouts.push((self.hash(), self.number(4) as u32));
            script_sigs.push(self.string());
            self.take(4);
        }
        let outputs = (0..self.count()).map(|_| (self.number(8), self.string()));
        let outputs: Vec<_> = outputs.collect();
        let body = &body_start[..body_start.len() - self.0.len()];
        let mut witnesses = vec![Vec::new(); prevouts.len()];
        if witnessed {
            for witness in &mut witnesses {
                *witness = (0..self.count()).map(|_| self.string()).collect();
            }
            assert!(witnesses.iter().any(|witness| !witness.is_empty()));
        }
        let locktime = self.take(4);
        let bytes = start.len() - self.0.len();
        let stripped = [version, body, locktime].concat();
        Tx {
            txid: sha256d(&stripped),
            wtxid: sha256d(&start[..bytes]),
            prevouts,
            script_sigs,
            witnesses,
            outputs,
            stripped_bytes: stripped.len(),
            bytes,
        }
    }

    fn block(&mut self) -> Block {
        let bytes = self.0.len();
        let hash = sha256d(&self.0[..80]);
        self.take(4);
        let (prev, merkle_root) = (self.hash(), self.hash());
        let (time, bits) = (self.number(4) as u32, self.number(4) as u32);
        self.take(4);
        let txs = (0..self.count()).map(|_| self.tx()).collect();
        assert!(self.0.is_empty(), "bytes follow the block");
        Block {
            hash,
            prev,
            merkle_root,
            time,
            bits,
            txs,
            bytes,
        }
    }
}

/// The files' bytes by name.
pub fn contents(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, fs::read(path).unwrap())
        })
        .collect();
    files.sort_unstable();
    files
}

/// All blocks in the order of the files, and the bytes of the files.
pub fn blocks(dir: &Path) -> (Vec<Block>, u64) {
    let files = contents(dir);
    let key = match files.iter().find(|(name, _)| name == "xor.dat") {
        Some((_, key)) => {
            assert!(key.len() == 8 && key.iter().any(|&byte| byte != 0));
            key.clone()
        }
        None => vec![0; 8],
    };
    let mut blocks = Vec::new();
    let mut total = 0;
    for (name, mut raw) in files {
        if !name.starts_with("blk") {
            continue;
        }
        assert!(raw.len() <= 128 << 20, "{name}");
        total += raw.len() as u64;
        let keys = key.iter().cycle();
        raw.iter_mut()
            .zip(keys)
            .for_each(|(byte, key)| *byte ^= key);
        let mut rest = Rest(&raw);
        while !rest.0.is_empty() {
            assert_eq!(rest.take(4), [0xfa, 0xbf, 0xb5, 0xda]);
            let size = rest.number(4) as usize;
            blocks.push(Rest(rest.take(size)).block());
        }
    }
    (blocks, total)
}
