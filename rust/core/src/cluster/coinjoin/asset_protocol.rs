//! Transactions that move assets of a protocol on top of Bitcoin: many equal outputs of dust size, and
//! an OP_RETURN that names the protocol. One party's, so they give links and are no mix.
//!
//! Recognised: Omni ("omni", class C), Counterparty where it is not obscured ("CNTRPRTY"), Open Assets
//! (0x4f41), Colu colored coins ("CC"), runes (OP_RETURN OP_13). Not recognised: EPOBC, which
//! marks an input's sequence; Omni of class A and B; Counterparty's usual RC4.
//!
//! Sources: the Omni specification (class C), the Open Assets Protocol, Colored Coins (Colu), and the runestone of `ord`.

use super::shape::Measures;
use super::{Kind, Transaction, Verdict};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(i8)]
pub enum Protocol {
    #[default]
    None,
    Omni,
    Counterparty,
    OpenAssets,
    ColoredCoins,
    Runes,
}

impl Protocol {
    /// The names in the order of the discriminants.
    pub const NAMES: [&'static str; 6] = [
        "none",
        "omni",
        "counterparty",
        "open_assets",
        "colored_coins",
        "runes",
    ];
}

/// The protocol that an OP_RETURN script_pubkey names.
pub(super) fn of(payload: &[u8]) -> Protocol {
    let data = match payload {
        [0x6a, 0x5d, ..] => return Protocol::Runes,
        [0x6a, 0x4c, len, data @ ..] if *len as usize == data.len() => data,
        [0x6a, len, data @ ..] if *len as usize == data.len() => data,
        _ => return Protocol::None,
    };
    if data.starts_with(b"omni") {
        Protocol::Omni
    } else if data.starts_with(b"CNTRPRTY") {
        Protocol::Counterparty
    } else if data.starts_with(&[0x4f, 0x41, 0x01, 0x00]) {
        Protocol::OpenAssets
    } else if data.starts_with(b"CC") && data.get(2).is_some_and(|v| (1..=2).contains(v)) {
        Protocol::ColoredCoins
    } else {
        Protocol::None
    }
}

/// The transfer, where the payload names a protocol: one with which PSBT markets trade, as runes are,
/// or one of the others.
pub(super) fn transfer(
    tx: &Transaction<'_>,
    measures: &Measures,
    is_traded: bool,
) -> Option<Verdict> {
    let protocol = tx.payload.map_or(Protocol::None, of);
    let wanted = protocol != Protocol::None && (protocol == Protocol::Runes) == is_traded;
    wanted.then(|| {
        Verdict::new(Kind::AssetProtocol, 1, 1.0, measures).with(|r| r.protocol = protocol)
    })
}
