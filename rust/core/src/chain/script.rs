//! The type of a script_pubkey, by Bitcoin Core's `Solver` (src/script/solver.cpp).

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i8)]
pub enum ScriptType {
    P2pk,
    P2pkh,
    P2sh,
    P2wpkh,
    P2wsh,
    P2tr,
    P2a,
    Multisig,
    OpReturn,
    WitnessUnknown,
    Nonstandard,
}

impl ScriptType {
    /// The names in the order of the discriminants.
    pub const NAMES: [&'static str; 11] = [
        "p2pk",
        "p2pkh",
        "p2sh",
        "p2wpkh",
        "p2wsh",
        "p2tr",
        "p2a",
        "multisig",
        "op_return",
        "witness_unknown",
        "nonstandard",
    ];

    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }
}

const OP_RETURN: u8 = 0x6a;
const OP_CHECKSIG: u8 = 0xac;
const OP_CHECKMULTISIG: u8 = 0xae;
const MAX_PUBKEYS: usize = 20;

/// The script's type.
pub fn script_type(script: &[u8]) -> ScriptType {
    match script {
        [0xa9, 0x14, .., 0x87] if script.len() == 23 => return ScriptType::P2sh,
        [0x76, 0xa9, 0x14, .., 0x88, OP_CHECKSIG] if script.len() == 25 => {
            return ScriptType::P2pkh;
        }
        _ => {}
    }
    if let Some((version, program)) = witness_program(script) {
        return match (version, program.len()) {
            (0, 20) => ScriptType::P2wpkh,
            (0, 32) => ScriptType::P2wsh,
            (0, _) => ScriptType::Nonstandard,
            (1, 32) => ScriptType::P2tr,
            (1, 2) if program == [0x4e, 0x73] => ScriptType::P2a,
            _ => ScriptType::WitnessUnknown,
        };
    }
    if script.first() == Some(&OP_RETURN) && is_push_only(&script[1..]) {
        return ScriptType::OpReturn;
    }
    if is_p2pk(script) {
        return ScriptType::P2pk;
    }
    if is_multisig(script) {
        return ScriptType::Multisig;
    }
    ScriptType::Nonstandard
}

fn witness_program(script: &[u8]) -> Option<(u8, &[u8])> {
    if !(4..=42).contains(&script.len()) || script[1] as usize + 2 != script.len() {
        return None;
    }
    match script[0] {
        0 => Some((0, &script[2..])),
        op @ 0x51..=0x60 => Some((op - 0x50, &script[2..])),
        _ => None,
    }
}

fn is_public_key(data: &[u8]) -> bool {
    match data.first() {
        Some(2 | 3) => data.len() == 33,
        Some(4 | 6 | 7) => data.len() == 65,
        _ => false,
    }
}

fn is_p2pk(script: &[u8]) -> bool {
    matches!(script.len(), 35 | 67)
        && script[0] as usize == script.len() - 2
        && script[script.len() - 1] == OP_CHECKSIG
        && is_public_key(&script[1..script.len() - 1])
}

/// The next opcode with its pushed data, and the rest; none when the script ends or is cut short.
fn next_op(script: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&op, rest) = script.split_first()?;
    let (len, rest) = match op {
        0..=0x4b => (op as usize, rest),
        0x4c => (*rest.first()? as usize, &rest[1..]),
        0x4d => (
            u16::from_le_bytes(rest.get(..2)?.try_into().ok()?) as usize,
            &rest[2..],
        ),
        0x4e => (
            u32::from_le_bytes(rest.get(..4)?.try_into().ok()?) as usize,
            &rest[4..],
        ),
        _ => (0, rest),
    };
    if len > rest.len() {
        return None;
    }
    Some((op, &rest[..len], &rest[len..]))
}

fn is_push_only(mut script: &[u8]) -> bool {
    while !script.is_empty() {
        match next_op(script) {
            Some((op, _, rest)) if op <= 0x60 => script = rest,
            _ => return false,
        }
    }
    true
}

/// A number from 1 to 20, pushed minimally.
fn small_number(op: u8, data: &[u8]) -> Option<usize> {
    match (op, data) {
        (0x51..=0x60, _) => Some((op - 0x50) as usize),
        (1, [n @ 17..=20]) => Some(*n as usize),
        _ => None,
    }
}

fn is_multisig(script: &[u8]) -> bool {
    if script.last() != Some(&OP_CHECKMULTISIG) {
        return false;
    }
    let Some((op, data, mut rest)) = next_op(script) else {
        return false;
    };
    let Some(required) = small_number(op, data) else {
        return false;
    };
    let mut keys = 0;
    loop {
        let Some((op, data, after)) = next_op(rest) else {
            return false;
        };
        rest = after;
        if is_public_key(data) {
            keys += 1;
            continue;
        }
        return small_number(op, data)
            .is_some_and(|n| n == keys && n >= required && n <= MAX_PUBKEYS)
            && rest.len() == 1;
    }
}

/// Whether no input can ever spend the script: OP_RETURN first, or over 10,000 bytes.
pub fn is_unspendable(script: &[u8]) -> bool {
    script.first() == Some(&OP_RETURN) || script.len() > 10_000
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(prefix: &[u8], fill: usize, suffix: &[u8]) -> Vec<u8> {
        [prefix, &vec![7; fill], suffix].concat()
    }

    #[test]
    fn every_type_is_told_apart() {
        let cases: [(Vec<u8>, ScriptType); 14] = [
            (script(&[33, 2], 32, &[OP_CHECKSIG]), ScriptType::P2pk),
            (script(&[65, 4], 64, &[OP_CHECKSIG]), ScriptType::P2pk),
            (
                script(&[33, 5], 32, &[OP_CHECKSIG]),
                ScriptType::Nonstandard,
            ),
            (
                script(&[0x76, 0xa9, 20], 20, &[0x88, 0xac]),
                ScriptType::P2pkh,
            ),
            (script(&[0xa9, 20], 20, &[0x87]), ScriptType::P2sh),
            (script(&[0, 20], 20, &[]), ScriptType::P2wpkh),
            (script(&[0, 32], 32, &[]), ScriptType::P2wsh),
            (script(&[0, 21], 21, &[]), ScriptType::Nonstandard),
            (script(&[0x51, 32], 32, &[]), ScriptType::P2tr),
            (script(&[0x51, 2, 0x4e, 0x73], 0, &[]), ScriptType::P2a),
            (script(&[0x52, 32], 32, &[]), ScriptType::WitnessUnknown),
            (script(&[OP_RETURN, 3], 3, &[]), ScriptType::OpReturn),
            (script(&[OP_RETURN, 9], 3, &[]), ScriptType::Nonstandard),
            (vec![], ScriptType::Nonstandard),
        ];
        for (bytes, expected) in cases {
            assert_eq!(script_type(&bytes), expected, "{bytes:?}");
        }
    }

    #[test]
    fn multisig_counts_its_keys() {
        let key = script(&[33, 2], 32, &[]);
        let one_of_two = [&[0x51][..], &key, &key, &[0x52, OP_CHECKMULTISIG]].concat();
        assert_eq!(script_type(&one_of_two), ScriptType::Multisig);
        let wrong = [&[0x51][..], &key, &key, &[0x53, OP_CHECKMULTISIG]].concat();
        assert_eq!(script_type(&wrong), ScriptType::Nonstandard);
        let mut twenty = vec![1, 20];
        for _ in 0..20 {
            twenty.extend_from_slice(&key);
        }
        twenty.extend_from_slice(&[1, 20, OP_CHECKMULTISIG]);
        assert_eq!(script_type(&twenty), ScriptType::Multisig);
    }
}
