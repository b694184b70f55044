//! What a judgement says: the kind, the participants' lower bound, a score and the numbers seen.

use super::{Measures, Partition, Protocol};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i8)]
pub enum Kind {
    WhirlpoolMix,
    WhirlpoolTx0,
    Wasabi2,
    Wasabi11,
    Wasabi10,
    JoinMarket,
    EqualOutput,
    EqualOutputLevels,
    PsbtTrade,
    Stonewall,
    AssetProtocol,
    BatchPayout,
    Consolidation,
    PayJoin,
}

impl Kind {
    pub const ALL: [Self; 14] = [
        Self::WhirlpoolMix,
        Self::WhirlpoolTx0,
        Self::Wasabi2,
        Self::Wasabi11,
        Self::Wasabi10,
        Self::JoinMarket,
        Self::EqualOutput,
        Self::EqualOutputLevels,
        Self::PsbtTrade,
        Self::Stonewall,
        Self::AssetProtocol,
        Self::BatchPayout,
        Self::Consolidation,
        Self::PayJoin,
    ];

    /// The published name, which stays.
    pub fn name(self) -> &'static str {
        match self {
            Self::WhirlpoolMix => "whirlpool_mix",
            Self::WhirlpoolTx0 => "whirlpool_tx0",
            Self::Wasabi2 => "wasabi_2",
            Self::Wasabi11 => "wasabi_1_1",
            Self::Wasabi10 => "wasabi_1_0",
            Self::JoinMarket => "joinmarket",
            Self::EqualOutput => "equal_output",
            Self::EqualOutputLevels => "equal_output_levels",
            Self::PsbtTrade => "psbt_trade",
            Self::Stonewall => "stonewall",
            Self::AssetProtocol => "asset_protocol",
            Self::BatchPayout => "batch_payout",
            Self::Consolidation => "consolidation",
            Self::PayJoin => "payjoin_suspected",
        }
    }

    /// Whether it is flagged as a mix: it gives no multi-input link and tracing stops there.
    pub fn is_mix(self) -> bool {
        matches!(
            self,
            Self::WhirlpoolMix
                | Self::Wasabi2
                | Self::Wasabi11
                | Self::Wasabi10
                | Self::JoinMarket
                | Self::EqualOutput
                | Self::EqualOutputLevels
        )
    }

    /// Whether its inputs are held to be one party's. False for mixes, for trades, which strangers
    /// sign together, and for what is as likely of two parties as of one.
    pub fn gives_links(self) -> bool {
        !self.is_mix() && !matches!(self, Self::PsbtTrade | Self::Stonewall)
    }

    /// The kind of a code that `as i8` gave.
    pub fn of_code(code: i8) -> Option<Self> {
        Self::ALL.into_iter().find(|&kind| kind as i8 == code)
    }
}

/// What the parents say of a Whirlpool mix.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(i8)]
pub enum Lineage {
    /// Not a mix of that kind.
    #[default]
    None,
    /// Every parent is a Tx0 or a mix.
    Confirmed,
    /// A parent is not known.
    Undetermined,
    /// A parent is known and is neither.
    Broken,
}

/// What was seen, for those who word it. Counts leave OP_RETURN outputs out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reasons {
    /// Different scripts that the most frequent value above dust pays, and that value.
    pub equal: u32,
    pub value_sat: i64,
    pub inputs: u32,
    pub input_scripts: u32,
    pub outputs: u32,
    /// Outputs of another value than the equal one.
    pub others: u32,
    /// Outputs whose value another has too.
    pub repeated: u32,
    /// Inputs of which value or script is not known.
    pub unknown_inputs: u32,
    /// Levels of denominations above the first, or different denominations.
    pub levels: u32,
    /// Whether a known coordinator was paid.
    pub coordinator: bool,
    /// Whether inputs are seen to sign for one output only.
    pub signed_single: bool,
    pub partition: Partition,
    pub lineage: Lineage,
    /// Parents found, and looked for.
    pub parents_known: u32,
    pub parents: u32,
    pub protocol: Protocol,
}

/// A judgement. `score`, 0 to 1, orders judgements of one kind; it is no probability.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Verdict {
    pub kind: Kind,
    pub participants_at_least: u32,
    pub score: f64,
    pub reasons: Reasons,
}

impl Verdict {
    pub(super) fn new(
        kind: Kind,
        participants_at_least: usize,
        score: f64,
        measures: &Measures,
    ) -> Self {
        Self {
            kind,
            participants_at_least: count(participants_at_least),
            score,
            reasons: Reasons {
                equal: count(measures.equal),
                value_sat: measures.value_sat,
                inputs: count(measures.inputs),
                input_scripts: count(measures.input_scripts),
                outputs: count(measures.outputs.len()),
                others: count(measures.others),
                repeated: count(measures.repeated),
                unknown_inputs: count(measures.unknown_inputs),
                levels: 0,
                coordinator: false,
                signed_single: false,
                partition: Partition::NotTested,
                lineage: Lineage::None,
                parents_known: 0,
                parents: 0,
                protocol: Protocol::None,
            },
        }
    }

    pub(super) fn with(mut self, change: impl FnOnce(&mut Reasons)) -> Self {
        change(&mut self.reasons);
        self
    }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
