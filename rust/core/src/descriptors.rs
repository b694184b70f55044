//! Output descriptors to scripts, derived by miniscript and secp256k1.
//!
//! Sources: BIP 32, 380 to 386 and 389. Only public keys are taken; a private one is refused, and
//! no message repeats any part of what was given.

use std::str::FromStr;

use miniscript::bitcoin::secp256k1::{Secp256k1, VerifyOnly};
use miniscript::descriptor::{DescriptorType, checksum};
use miniscript::{Descriptor, DescriptorPublicKey};

use crate::error::{CoreError, Result};

/// What a descriptor may take: room for a multisig of 20 keys with their origins.
const MAX_BYTES: usize = 16 * 1024;

/// One path of a descriptor: its text with checksum, what kind of script, whether it has a `*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SinglePath {
    pub text: String,
    pub kind: &'static str,
    pub ranged: bool,
}

/// The paths of a descriptor: one, or as many as its `<...;...>` names.
///
/// A checksum is verified where one is given. A descriptor with private keys is refused.
pub fn paths(text: &str) -> Result<Vec<SinglePath>> {
    let singles = parsed(text)?
        .into_single_descriptors()
        .map_err(|_| refused("its multipath steps contradict each other"))?;
    Ok(singles
        .iter()
        .map(|single| SinglePath {
            text: single.to_string(),
            kind: kind_of(single),
            ranged: single.has_wildcard(),
        })
        .collect())
}

/// The text with the checksum of BIP 380 that it should end in; None for foreign characters.
pub fn with_checksum(text: &str) -> Option<String> {
    let mut engine = checksum::Engine::new();
    engine.input(text).ok()?;
    Some(format!("{text}#{}", engine.checksum()))
}

/// A descriptor of one path, ready to derive from.
pub struct Deriver {
    descriptor: Descriptor<DescriptorPublicKey>,
    secp: Secp256k1<VerifyOnly>,
}

impl Deriver {
    pub fn new(text: &str) -> Result<Self> {
        let descriptor = parsed(text)?;
        if descriptor.is_multipath() {
            return Err(refused("it has several paths; take one at a time"));
        }
        Ok(Self {
            descriptor,
            secp: Secp256k1::verification_only(),
        })
    }

    /// The script_pubkey at an index; without a `*` it is the same at all.
    pub fn script(&self, index: u32) -> Result<Vec<u8>> {
        let derived = self
            .descriptor
            .derived_descriptor(&self.secp, index)
            .map_err(|_| refused("hardened steps cannot be derived from a public key"))?;
        Ok(derived.script_pubkey().into_bytes())
    }
}

fn parsed(text: &str) -> Result<Descriptor<DescriptorPublicKey>> {
    if text.len() > MAX_BYTES {
        return Err(refused("it is longer than any descriptor in use"));
    }
    // miniscript's own words may repeat a key, and that key may be a private one
    if let Some((body, _)) = text.split_once('#') {
        if checksum::verify_checksum(text).is_err() {
            let hint = if with_checksum(body).is_none() {
                "it has characters that descriptors do not use"
            } else {
                "its checksum does not match, so it was mistyped or cut"
            };
            return Err(refused(hint));
        }
    }
    Descriptor::<DescriptorPublicKey>::from_str(text).map_err(|_| {
        refused(
            "it is none of pk, pkh, wpkh, sh, wsh, tr, multi, sortedmulti or miniscript over \
             public keys without hardened steps after the key",
        )
    })
}

fn refused(why: &str) -> CoreError {
    CoreError::Misuse(format!(
        "the descriptor was refused: {why}; ask its source for it anew"
    ))
}

fn kind_of(descriptor: &Descriptor<DescriptorPublicKey>) -> &'static str {
    match descriptor.desc_type() {
        DescriptorType::Bare => "bare",
        DescriptorType::Sh => "sh",
        DescriptorType::Pkh => "pkh",
        DescriptorType::Wpkh => "wpkh",
        DescriptorType::Wsh => "wsh",
        DescriptorType::ShWsh => "sh-wsh",
        DescriptorType::ShWpkh => "sh-wpkh",
        DescriptorType::ShSortedMulti => "sh-sortedmulti",
        DescriptorType::WshSortedMulti => "wsh-sortedmulti",
        DescriptorType::ShWshSortedMulti => "sh-wsh-sortedmulti",
        DescriptorType::Tr => "tr",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The account key of BIP 86's vector.
    const KEY: &str = "xpub6BgBgsespWvERF3LHQu6CnqdvfEvtMcQjYrcRzx53QJjSxarj2afYWcLteoGVky7D3UKDP9QyrLprQ3VCECoY49yfdDEHGCtMMj92pReUsQ";

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|b| format!("{b:02x}")).collect()
    }

    #[test]
    fn derives_the_vector_of_bip_86() {
        let paths = paths(&format!("tr({KEY}/<0;1>/*)")).unwrap();
        assert_eq!(paths.len(), 2);
        let first = Deriver::new(&paths[0].text).unwrap();
        assert_eq!(
            hex(&first.script(0).unwrap()),
            "5120a60869f0dbcf1dc659c9cecbaf8050135ea9e8cdc487053f1dc6880949dc684c"
        );
        let change = Deriver::new(&paths[1].text).unwrap();
        assert_eq!(
            hex(&change.script(0).unwrap()),
            "5120882d74e5d0572d5a816cef0041a96b6c1de832f6f9676d9605c44d5e9a97d3dc"
        );
    }

    #[test]
    fn refuses_a_wrong_checksum_and_says_nothing_of_the_text() {
        let right = with_checksum(&format!("wpkh({KEY}/0/*)")).unwrap();
        assert!(paths(&right).is_ok());
        let wrong = right.replace("wpkh", "pkh");
        let message = paths(&wrong).unwrap_err().to_string();
        assert!(message.contains("checksum"));
        assert!(!message.contains(KEY));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic_or_repeat_itself(text in "[a-z0-9(){}<>/;*#'@,]{0,200}") {
            if let Err(error) = paths(&text) {
                prop_assert!(text.len() < 20 || !error.to_string().contains(&text));
            }
        }
    }
}
