//! What a chain is made from: every number with the mainnet figure that it imitates.
//!
//! Shares are per mille, so that no float decides what is drawn. Names in brackets are the sources that
//! README.md lists. "Recalled" marks figures from general knowledge of published charts, given to the
//! precision at which they are meant. "The workload" is the measured chain that issue 3 states.

/// Kinds of output script, by what it takes to spend them. The order is that of `Era::new_scripts`.
pub const KINDS: usize = 14;

/// Beyond this weight no transaction is begun; the greatest one weighs less than what is left to
/// 4,000,000 (BIP 141).
pub const WEIGHT_ENOUGH: u64 = 3_600_000;

#[derive(Clone, Debug)]
pub struct Parameters {
    /// The same seed and parameters give the same bytes.
    pub seed: u64,
    /// Block files in all, bytes. Mainnet: some 800 GB, see issue "the whole chain".
    pub size_bytes: u64,
    /// A full block, bytes, give or take `block_spread`. Mainnet: mean 1.2 MB in 2020 to 2022, 1.7 MB in
    /// 2023 (press of December 2023 [sizes]). Before witnesses the weight limit holds blocks near 0.9 MB.
    pub block_bytes: u64,
    /// How far a full block is off `block_bytes`, per mille either way.
    pub block_spread: u32,
    /// No xor.dat. Bitcoin Core obfuscates new block folders since 28.0.
    pub plain: bool,
    pub seeded: Option<Seeded>,
    pub traffic: Traffic,
    pub eras: Vec<Era>,
}

/// The late state: old outputs and scripts that are in no block of the chain.
#[derive(Clone, Debug)]
pub struct Seeded {
    /// Virtual outputs. Mainnet: 174,434,793 unspent at height 894,719 (`gettxoutsetinfo` [utxo]).
    pub coins: u64,
    /// Virtual scripts. Mainnet: some 1.5 G distinct scripts (recalled).
    pub scripts: u64,
    /// The last height without virtual outputs.
    pub from_height: u32,
    /// Inputs that spend a virtual output.
    pub inputs: u32,
    /// Outputs that pay a virtual script.
    pub outputs: u32,
}

/// What transactions look like, the same in all eras.
#[derive(Clone, Debug)]
pub struct Traffic {
    /// Transactions with 1, 2, 3, 4 and more inputs; a few get more where those cannot pay the outputs.
    /// Mean 2.35; 2.37 in the workload, about 2.6 on mainnet (3.6 G inputs, 1.4 G transactions;
    /// recalled).
    pub inputs: [u32; 5],
    /// Transactions with 1, 2, 3, 4 and more outputs. Mean 2.9; 2.9 in the workload, about 2.7 on
    /// mainnet (3.8 G outputs, 1.4 G transactions; recalled).
    pub outputs: [u32; 5],
    /// Where there are more than four: 5-7, 8-15, 16-31, 32-63, 64-127, 128-255. Mainnet: consolidations
    /// and payouts in batches make a power-law tail (recalled); the limit is ours.
    pub many: [u32; 6],
    /// Outputs to a script never paid before: 0.55 in the workload, about 0.4 on mainnet (1.5 G scripts,
    /// 3.8 G outputs; recalled).
    pub new_scripts: u32,
    /// Where outputs to known scripts go: an input's own script (change), a service's, a recent one, any
    /// alike. The split is an assumption; that few services receive much is published [fistful].
    pub reuse: [u32; 4],
    /// Scripts of services alive at a time, paid by rank with frequency 1/rank. An assumption.
    pub services: u32,
    /// A new script becomes a service's with one chance in so many.
    pub service_turnover: u64,
    /// A recent script lies 2^0 to 2^n scripts back, every octave alike: some days of mainnet.
    pub recent_octaves: u32,
    /// Inputs by the age of what they spend: the same block, 1 block, 2-3, 4-7, ..., 4096-8191, and last
    /// any age alike. Mainnet: 80 % of spent outputs within a day, 15 % more within a month in February
    /// 2021 [cohorts]. Here 68 % within 144 blocks: more misses, on purpose.
    pub spend_age: [u32; 15],
    /// A fee is up to so many satoshis, and never above a hundredth of the inputs.
    pub fee_most: u64,
    /// Signatures of 71 bytes; the rest have 72. Low-S (BIP 146) makes the halves.
    pub short_signatures: u32,
}

/// A stretch of the chain.
#[derive(Clone, Debug)]
pub struct Era {
    /// Where it begins, per mille of the chain's bytes.
    pub from: u32,
    /// Header time at its beginning, seconds.
    pub from_time: u32,
    /// Kinds of the new scripts, in the order of `scripts::Kind`.
    pub new_scripts: [u32; KINDS],
    /// Transactions of version 2 (BIP 68).
    pub version_2: u32,
    /// Transactions that may be replaced (BIP 125).
    pub replaceable: u32,
    /// Transactions whose locktime is the height before (Bitcoin Core since 0.11).
    pub locktime: u32,
}

impl Default for Parameters {
    fn default() -> Self {
        Parameters {
            seed: 1,
            size_bytes: 500_000_000,
            block_bytes: 1_300_000,
            block_spread: 150,
            plain: false,
            seeded: None,
            traffic: Traffic::default(),
            eras: mainnet_eras(),
        }
    }
}

impl Default for Traffic {
    fn default() -> Self {
        Traffic {
            inputs: [690, 175, 55, 27, 53],
            outputs: [170, 660, 75, 35, 60],
            many: [450, 300, 140, 70, 30, 10],
            new_scripts: 550,
            reuse: [300, 300, 250, 150],
            services: 4096,
            service_turnover: 100,
            recent_octaves: 20,
            spend_age: [120, 80, 80, 80, 80, 80, 80, 75, 55, 40, 30, 30, 30, 20, 120],
            fee_most: 20_000,
            short_signatures: 500,
        }
    }
}

/// The eras of mainnet. Places: size of all blocks by date, 446 GB at the begin of 2023 and 537 GB at its
/// end [sizes], the rest recalled: 5 GB at the end of 2012, 130 GB at SegWit, 260 GB in 2020, 380 GB at
/// Taproot, 720 GB in 2025. The first two eras are widened from under 3 %, so that a small chain has them.
/// Kinds: from the dates of the soft forks and recalled charts (transactionfee.info, Glassnode's output
/// types), good to some 5 % of outputs; P2SH and long keys in 2015-17 are about half and all of [inputs],
/// so that a transaction has the workload's size; OP_RETURN in 2018-19: in 22 % of transactions
/// [opreturn]; P2TR: 39 of 167 M unspent outputs in March 2024 [taproot].
fn mainnet_eras() -> Vec<Era> {
    let era = |from, from_time, new_scripts, [version_2, replaceable, locktime]: [u32; 3]| Era {
        from,
        from_time,
        new_scripts,
        version_2,
        replaceable,
        locktime,
    };
    // P2PK long, P2PK, P2PKH long, P2PKH, P2SH multisig, P2SH-P2WPKH, P2SH-P2WSH, P2WPKH, P2WSH,
    // P2TR by key, P2TR by script, bare multisig, nonstandard, OP_RETURN
    vec![
        // 2011: keys are long, a few pay to bare keys
        era(
            0,
            1_296_688_602,
            [60, 0, 740, 190, 0, 0, 0, 0, 0, 0, 0, 0, 10, 0],
            [0, 0, 0],
        ),
        // April 2012: P2SH (BIP 16); bare multisig and the first OP_RETURNs carry data
        era(
            20,
            1_333_238_400,
            [4, 2, 250, 710, 15, 0, 0, 0, 0, 0, 0, 9, 2, 8],
            [0, 0, 0],
        ),
        // 2014: multisig in P2SH
        era(
            80,
            1_388_534_400,
            [0, 1, 40, 849, 80, 0, 0, 0, 0, 0, 0, 8, 2, 20],
            [50, 20, 200],
        ),
        // August 2017: SegWit (BIP 141); Omni and VeriBlock write OP_RETURNs
        era(
            200,
            1_503_539_857,
            [0, 0, 6, 517, 55, 140, 10, 150, 10, 0, 0, 1, 1, 110],
            [400, 100, 200],
        ),
        // 2020
        era(
            370,
            1_577_836_800,
            [0, 0, 3, 342, 35, 120, 10, 440, 20, 0, 0, 0, 1, 29],
            [600, 250, 200],
        ),
        // November 2021: Taproot (BIP 341), hardly used
        era(
            530,
            1_636_866_928,
            [0, 0, 1, 223, 25, 90, 10, 600, 25, 14, 1, 0, 1, 10],
            [700, 400, 250],
        ),
        // 2023: inscriptions, then runes
        era(
            630,
            1_672_531_200,
            [0, 0, 0, 110, 12, 35, 8, 440, 15, 280, 40, 3, 1, 56],
            [850, 700, 200],
        ),
    ]
}

/// Where the last era ends: 1 January 2026.
pub const LAST_TIME: u32 = 1_767_225_600;
