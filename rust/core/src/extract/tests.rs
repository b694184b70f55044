use std::io::Write;

use proptest::prelude::*;

use super::*;

const PHRASE: &str = "abandon abandon abandon abandon abandon abandon abandon abandon abandon \
                      abandon abandon about";

fn found(text: &[u8]) -> Vec<(&'static str, u64, Option<String>)> {
    scan(text, &Words::new(&[]).unwrap())
        .into_iter()
        .map(|hit| (hit.kind, hit.offset, hit.text))
        .collect()
}

fn wide(text: &str, big: bool) -> Vec<u8> {
    text.encode_utf16()
        .flat_map(|c| {
            if big {
                c.to_be_bytes()
            } else {
                c.to_le_bytes()
            }
        })
        .collect()
}

#[test]
fn addresses_of_every_type_and_network() {
    for address in [
        "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
        "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy",
        "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn",
        "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
        "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",
        "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
        "tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7",
        "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080",
        "bc1pfeessrawgf",
    ] {
        for text in [
            format!("pay {address} now"),
            format!("\"{address}\"x"),
            format!("\u{1}{address}"),
        ] {
            let at = text.find(address).unwrap() as u64;
            let expected = ("address", at, Some(address.to_owned()));
            assert!(found(text.as_bytes()).contains(&expected), "{text}");
        }
        for big in [false, true] {
            let hits = found(&wide(&format!("to: {address}, today"), big));
            assert_eq!(hits.len(), 1, "{address} {big}");
            assert_eq!(hits[0].2.as_deref(), Some(address));
            assert_eq!(hits[0].1, 8 + u64::from(big));
        }
        let mut wrong = address.to_owned().into_bytes();
        let last = wrong.len() - 2;
        wrong[last] = if wrong[last].eq_ignore_ascii_case(&b'3') {
            b'4'
        } else {
            b'3'
        };
        assert_eq!(found(&wrong), []);
    }
}

#[test]
fn a_payment_uri_with_its_query() {
    let uri = "bitcoin:1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa?amount=0.5&label=x";
    let hits = found(format!("<a href=\"{uri}\">").as_bytes());
    assert_eq!(hits[0], ("payment_uri", 9, Some(uri.to_owned())));
    assert_eq!(hits[1].0, "address");
}

#[test]
fn secrets_have_a_place_and_no_text() {
    let key = "L4rK1yDtCWekvXuE6oXD9jCYfFNV2cWRpVuPLBcCU2z8TrisoyY1";
    let hex = "e9873d79c6d87dc0fb6a5778633389f4453213303da61f20bd67fc233aa33262";
    for (text, kind) in [
        (key.to_owned(), "secret: private key (WIF)"),
        (PHRASE.to_owned(), "secret: seed words (BIP 39)"),
        (
            PHRASE.replace(' ', "\",\n     \""),
            "secret: seed words (BIP 39)",
        ),
        (PHRASE.to_uppercase(), "secret: seed words (BIP 39)"),
        (format!("privkey = {hex}"), "secret: private key (hex)"),
    ] {
        for bytes in [
            text.clone().into_bytes(),
            wide(&text, false),
            wide(&text, true),
        ] {
            let hits = found(&bytes);
            assert_eq!(hits.len(), 1, "{kind}");
            assert_eq!((hits[0].0, &hits[0].2), (kind, &None));
        }
    }
    assert_eq!(found(hex.as_bytes())[0].0, "hex64");
}

#[test]
fn words_without_their_checksum_are_prose_and_the_list_is_a_list() {
    assert_eq!(found(PHRASE.replace("about", "zoo").as_bytes()), []);
    let list = bip39::Language::English.word_list().join("\n");
    assert_eq!(found(list.as_bytes()), [("word_list", 0, None)]);
}

#[test]
fn privileged_words_in_any_case_and_encoding() {
    let words = Words::new(&["Counsel".to_owned()]).unwrap();
    for text in [
        b"to counsel: hello".to_vec(),
        wide("TO COUNSEL", false),
        wide("my Counsel", true),
    ] {
        let hits = scan(&text, &words);
        assert!(hits.iter().any(|hit| hit.kind == PRIVILEGED));
    }
}

fn noise(length: usize, mut state: u64) -> Vec<u8> {
    (0..length)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        })
        .collect()
}

#[test]
fn random_bytes_give_nothing() {
    assert_eq!(found(&noise(16 << 20, 7)), []);
    let letters: Vec<u8> = noise(4 << 20, 9)
        .iter()
        .map(|b| b"0123456789abcdef"[usize::from(b % 16)])
        .collect();
    assert_eq!(found(&letters), []);
}

#[test]
fn blocks_find_what_the_whole_holds() {
    let mut bytes = noise(300_000, 3);
    let texts = [
        "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
        "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
        PHRASE,
    ];
    for (at, text) in (4_000..290_000).step_by(4_099).zip(texts.iter().cycle()) {
        bytes[at] = b' ';
        bytes[at + 1..at + 1 + text.len()].copy_from_slice(text.as_bytes());
        bytes[at + 1 + text.len()] = b' ';
    }
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&bytes).unwrap();
    let words = Words::new(&[]).unwrap();
    let whole = scan(&bytes, &words);
    assert_eq!(whole.len(), 70);
    for block in [1_000, 4_096, 65_537] {
        let end = bytes.len() as u64;
        let hits = blocks::scan_by_block(file.path(), 0, end, &words, block, &mut |_| true);
        assert_eq!(hits.unwrap(), whole);
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic_or_lie_about_places(
        bytes in proptest::collection::vec(any::<u8>(), 0..400),
        text in "[ -~]{0,60}",
        at in 0usize..400,
    ) {
        let mut bytes = bytes;
        let at = at.min(bytes.len());
        bytes.splice(at..at, format!("lnbc1 wpkh(x)#{text} xprv9 bc1q{text} {PHRASE} bitcoin:").into_bytes());
        let words = Words::new(&[]).unwrap();
        for hit in scan(&bytes, &words) {
            prop_assert!(hit.offset + hit.length <= bytes.len() as u64);
            if let (Some(text), false) = (&hit.text, hit.wide) {
                let place = hit.offset as usize..(hit.offset + hit.length) as usize;
                prop_assert_eq!(text.as_bytes(), &bytes[place]);
            }
            prop_assert_eq!(hit.text.is_none(), hit.kind.starts_with("secret") || hit.kind == WORD_LIST || hit.kind == INVOICE);
        }
    }
}
