//! Books worked by hand. Random ones are held against the Python oracle.

use super::{AccountRule, Entry, apportion};

fn receipt(value_sat: i64, claims: &[(usize, i64)]) -> Entry {
    Entry::Receipt {
        value_sat,
        claims: claims.to_vec(),
    }
}

fn payment(widths_sat: &[i64]) -> Entry {
    Entry::Payment {
        widths_sat: widths_sat.to_vec(),
    }
}

fn paid(entries: &[Entry], rule: AccountRule) -> Vec<Vec<i64>> {
    apportion(entries, 2, rule).unwrap().paid_sat
}

/// Own 100, then 60 of claimant 0, then 40 of claimant 1; 120 is paid, 50 comes in, 70 is paid.
fn books() -> Vec<Entry> {
    vec![
        receipt(100, &[]),
        receipt(60, &[(0, 60)]),
        receipt(40, &[(1, 40)]),
        payment(&[120]),
        receipt(50, &[]),
        payment(&[70]),
    ]
}

#[test]
fn each_rule_pays_as_worked_by_hand() {
    assert_eq!(paid(&books(), AccountRule::Fifo), [[20, 0], [40, 30]]);
    // last in: 40, 60, 20 own; then 50 own, 20 own
    assert_eq!(paid(&books(), AccountRule::Lifo), [[60, 40], [0, 0]]);
    // 100 of 200 is traced: 60 goes, 40 stays of 80; then 70 of 130 takes 40 * 70 / 130 = 21.54
    assert_eq!(paid(&books(), AccountRule::Pool), [[36, 24], [13, 9]]);
    // own 100 first, then 20 of the claims; own 50 first, then 20 of the 80 left
    assert_eq!(paid(&books(), AccountRule::Libr), [[12, 8], [12, 8]]);
}

#[test]
fn an_overdraft_is_refused() {
    let entries = [receipt(10, &[]), payment(&[6, 5])];
    let error = apportion(&entries, 1, AccountRule::Fifo).unwrap_err();
    assert!(error.to_string().contains("pays 5 sat of 4 sat"), "{error}");
}
