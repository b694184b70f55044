use super::*;

const W: TypeCode = ScriptType::P2wpkh as TypeCode;
const RETURN: TypeCode = ScriptType::OpReturn as TypeCode;

/// Coins with scripts of their own, numbered from `first`.
fn spent(values: &[i64], first: i64) -> Vec<Input> {
    let scripts = first..;
    let coin = |(&value_sat, script)| Input {
        value_sat,
        script,
        script_type: W,
        prev_tx: -1,
        signs_single: false,
    };
    values.iter().zip(scripts).map(coin).collect()
}

fn paid(values: &[i64], first: i64) -> Vec<Output> {
    let coin = |(&value_sat, script)| Output {
        value_sat,
        script,
        script_type: W,
    };
    values.iter().zip(first..).map(coin).collect()
}

fn verdict(inputs: &[i64], outputs: &[i64]) -> Option<Verdict> {
    let (inputs, outputs) = (spent(inputs, 0), paid(outputs, 1_000));
    let tx = Transaction {
        inputs: &inputs,
        outputs: &outputs,
        payload: None,
    };
    judge(&tx, &|_| None, &Limits::default())
}

fn kind(inputs: &[i64], outputs: &[i64]) -> Option<Kind> {
    verdict(inputs, outputs).map(|v| v.kind)
}

#[test]
fn joinmarket_of_five_is_found() {
    let inputs = [1_510_000, 1_730_000, 900_000, 720_000, 2_200_000, 1_305_000];
    let outputs = [
        1_250_000, 1_250_000, 1_250_000, 1_250_000, 1_250_000, 250_900, 480_700, 370_600, 950_500,
        55_300,
    ];
    let found = verdict(&inputs, &outputs).unwrap();
    assert_eq!(found.kind, Kind::JoinMarket);
    assert_eq!(found.participants_at_least, 5);
    assert_eq!(found.reasons.partition, Partition::Found);
}

#[test]
fn three_who_cannot_part_are_a_payout() {
    let outputs = [1_250_000, 1_250_000, 1_250_000, 480_700, 950_500, 700_000];
    assert_eq!(kind(&[2_000_000, 2_000_000, 1_890_000], &outputs), None);
    assert_eq!(
        kind(&[1_730_600, 2_200_400, 1_953_000], &outputs),
        Some(Kind::JoinMarket)
    );
}

#[test]
fn payout_of_equal_sums_with_one_change_is_none() {
    let inputs = [
        3_000_000, 2_100_000, 2_400_000, 1_800_000, 2_750_000, 2_600_000,
    ];
    let outputs = [
        2_000_000, 2_000_000, 2_000_000, 2_000_000, 2_000_000, 2_000_000, 2_600_000,
    ];
    assert_eq!(kind(&inputs, &outputs), None);
}

#[test]
fn whirlpool_lineage_is_what_the_parents_say() {
    let mut inputs = spent(&[1_000_000, 1_004_000, 1_000_000, 1_003_500, 1_000_000], 0);
    let outputs = paid(&[1_000_000; 5], 100);
    for (at, input) in inputs.iter_mut().enumerate() {
        input.prev_tx = at as i64;
    }
    let lineage = |inputs: &[Input], fifth: Option<Kind>| {
        let known = |tx: i64| match tx {
            1 | 3 => Some(Kind::WhirlpoolTx0),
            4 => fifth,
            _ => Some(Kind::WhirlpoolMix),
        };
        let tx = Transaction {
            inputs,
            outputs: &outputs,
            payload: None,
        };
        let found = judge(&tx, &known, &Limits::default()).unwrap();
        assert_eq!(found.kind, Kind::WhirlpoolMix);
        found.reasons.lineage
    };
    assert_eq!(
        lineage(&inputs, Some(Kind::WhirlpoolMix)),
        Lineage::Confirmed
    );
    assert_eq!(lineage(&inputs, None), Lineage::Broken);
    inputs[4].prev_tx = -1;
    assert_eq!(lineage(&inputs, None), Lineage::Undetermined);
}

#[test]
fn tx0_gives_links_and_is_no_mix() {
    let inputs = spent(&[2_500_000], 0);
    let mut outputs = paid(&[0, 50_000, 400_000, 1_004_000, 1_004_000], 100);
    outputs[0].script_type = RETURN;
    let payload = [&[0x6a, 0x40][..], &[7; 64]].concat();
    let tx = Transaction {
        inputs: &inputs,
        outputs: &outputs,
        payload: Some(&payload),
    };
    let found = judge(&tx, &|_| None, &Limits::default()).unwrap();
    assert_eq!(found.kind, Kind::WhirlpoolTx0);
    assert!(found.kind.gives_links() && !found.kind.is_mix());
    assert_eq!((found.participants_at_least, found.reasons.equal), (1, 2));
}

#[test]
fn stonewall_is_no_mix_and_gives_no_link() {
    let found = verdict(
        &[1_800_000, 1_400_000],
        &[1_000_000, 1_000_000, 799_000, 399_000],
    );
    let kind = found.unwrap().kind;
    assert_eq!(kind, Kind::Stonewall);
    assert!(!kind.is_mix() && !kind.gives_links());
    // the same sums, which no two parties could have brought
    assert_eq!(
        self::kind(
            &[3_000_000, 200_000],
            &[1_000_000, 1_000_000, 799_000, 399_000]
        ),
        None
    );
}

#[test]
fn every_code_names_its_kind() {
    for kind in Kind::ALL {
        assert_eq!(Kind::of_code(kind as i8), Some(kind));
    }
    assert_eq!(Kind::of_code(-1), None);
    let mut names: Vec<_> = Kind::ALL.iter().map(|k| k.name()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Kind::ALL.len());
}

#[test]
fn no_value_overflows() {
    for extreme in [i64::MIN, -1, 0, 1, i64::MAX] {
        for count in 1..14 {
            let inputs = spent(&vec![extreme; count], 0);
            let outputs = paid(&vec![extreme; count], 100);
            let limits = Limits {
                name_negatives: true,
                ..Limits::default()
            };
            let tx = Transaction {
                inputs: &inputs,
                outputs: &outputs,
                payload: Some(&[0x6a]),
            };
            judge(&tx, &|_| Some(Kind::WhirlpoolMix), &limits);
        }
    }
}

#[test]
fn trade_signed_for_one_output_is_told_and_links_nobody() {
    let mut inputs = spent(&[546, 900_000], 0);
    let outputs = paid(&[250_000, 546, 640_000], 100);
    let kind = |inputs: &[Input]| {
        let tx = Transaction {
            inputs,
            outputs: &outputs,
            payload: None,
        };
        judge(&tx, &|_| None, &Limits::default()).map(|v| v.kind)
    };
    assert_eq!(kind(&inputs), Some(Kind::PsbtTrade));
    assert!(!Kind::PsbtTrade.gives_links() && !Kind::PsbtTrade.is_mix());
    inputs.swap(0, 1);
    // the price no longer answers the asset at its index
    assert_eq!(kind(&inputs), None);
    inputs[1].signs_single = true;
    assert_eq!(kind(&inputs), Some(Kind::PsbtTrade));
}

#[test]
fn asset_transfer_is_named_by_its_protocol() {
    let inputs = spent(&[90_000, 80_000], 0);
    let mut outputs = paid(&[0, 546, 546, 100_000], 100);
    outputs[0].script_type = RETURN;
    let omni = [&[0x6a, 0x14][..], b"omni", &[0; 16]].concat();
    let tx = Transaction {
        inputs: &inputs,
        outputs: &outputs,
        payload: Some(&omni),
    };
    let found = judge(&tx, &|_| None, &Limits::default()).unwrap();
    assert_eq!(found.kind, Kind::AssetProtocol);
    assert_eq!(found.reasons.protocol, Protocol::Omni);
    assert!(found.kind.gives_links());
}

#[test]
fn everybody_who_pays_alike_is_in_a_zerolink_round() {
    // five coins that each pay 6,000 sat for an equal output and a change
    let inputs = [11_006_000, 12_506_000, 15_006_000, 10_506_000, 31_006_000];
    let changes = [1_001_000, 2_501_000, 5_001_000, 501_000, 21_001_000];
    let outputs = [&[9_999_000; 5][..], &changes, &[22_000]].concat();
    assert_eq!(kind(&inputs, &outputs), Some(Kind::Wasabi10));
}

#[test]
fn higher_levels_do_not_hide_the_base() {
    let inputs = [35_012_000; 8];
    let changes: Vec<i64> = (0..8).map(|i| 5_001_500 + i).collect();
    let outputs = [&[9_999_000; 8][..], &[19_998_000; 8], &changes, &[17_000]].concat();
    let found = verdict(&inputs, &outputs).unwrap();
    assert_eq!(found.kind, Kind::Wasabi11);
    assert_eq!(
        (found.participants_at_least, found.reasons.value_sat),
        (8, 9_999_000)
    );
}

mod properties {
    use super::*;
    use proptest::prelude::*;

    const VALUES: [i64; 12] = [
        330, 546, 5_000, 50_000, 100_000, 103_000, 250_000, 1_000_000, 1_004_000, 9_999_000,
        19_998_000, 31_000_000,
    ];
    const TYPES: [TypeCode; 4] = [
        W,
        ScriptType::P2tr as TypeCode,
        ScriptType::P2pkh as TypeCode,
        RETURN,
    ];

    fn coins(most: usize) -> impl Strategy<Value = Vec<(i64, i64, TypeCode)>> {
        let coin = (
            prop::sample::select(&VALUES[..]),
            0..30_i64,
            prop::sample::select(&TYPES[..]),
        );
        prop::collection::vec(coin, 1..most)
    }

    proptest! {
        /// What is passed over without a look at the inputs would have said nothing that counts.
        #[test]
        fn quick_refusal_loses_nothing(spent in coins(12), paid in coins(14)) {
            let inputs: Vec<Input> = spent
                .iter()
                .map(|&(value_sat, script, script_type)| Input {
                    value_sat, script, script_type, prev_tx: -1, signs_single: false,
                })
                .collect();
            let outputs: Vec<Output> = paid
                .iter()
                .map(|&(value_sat, script, script_type)| Output {
                    value_sat, script, script_type,
                })
                .collect();
            let tx = Transaction { inputs: &inputs, outputs: &outputs, payload: None };
            let all = Limits { name_negatives: true, ..Limits::default() };
            let found = judge(&tx, &|_| None, &all).map(|v| v.kind);
            let counts = |kind: Kind| !kind.gives_links() || kind == Kind::WhirlpoolTx0;
            if found.is_some_and(counts) {
                prop_assert!(may_matter(inputs.len(), &outputs, &Limits::default()));
            }
        }
    }
}
