//! Runs of letters and digits.

/// Whether each byte is an ASCII letter or digit.
static ALPHANUMERIC: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    table
};

/// Calls with start and end of each maximal run of at least `least` letters and digits.
pub fn alphanumeric(bytes: &[u8], least: usize, found: &mut dyn FnMut(usize, usize)) {
    // no run of `least` begins before `from` and is not told yet; one from there covers `at`
    let (mut from, mut at) = (0, least - 1);
    while at < bytes.len() {
        if !ALPHANUMERIC[bytes[at] as usize] {
            from = at + 1;
            at += least;
            continue;
        }
        let mut start = at;
        while start > from && ALPHANUMERIC[bytes[start - 1] as usize] {
            start -= 1;
        }
        let mut end = at + 1;
        while end < bytes.len() && ALPHANUMERIC[bytes[end] as usize] {
            end += 1;
        }
        if end - start >= least {
            found(start, end);
        }
        from = end + 1;
        at = end + least;
    }
}
