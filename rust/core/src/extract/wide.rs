//! Text in UTF-16 whose characters are ASCII.

/// No text of the least length fits between two probes.
const STRIDE: usize = 24;
const LEAST: usize = 14;

fn prints(byte: u8) -> bool {
    (0x20..0x7f).contains(&byte) || matches!(byte, b'\t' | b'\n' | b'\r')
}

/// Calls with the offset of its first character and the characters of each text, one byte each.
pub fn texts(bytes: &[u8], found: &mut dyn FnMut(usize, &[u8])) {
    let is_char = |at: usize| at + 1 < bytes.len() && prints(bytes[at]) && bytes[at + 1] == 0;
    let (mut from, mut probe) = (0, 0);
    while probe + 1 < bytes.len() {
        let Some(inside) = [probe, probe + 1].into_iter().find(|&at| is_char(at)) else {
            probe += STRIDE;
            continue;
        };
        let mut start = inside;
        while start >= from + 2 && is_char(start - 2) {
            start -= 2;
        }
        let mut end = inside + 2;
        while is_char(end) {
            end += 2;
        }
        // in big-endian text the last character has its zero before it
        if start > 0 && bytes[start - 1] == 0 && end < bytes.len() && prints(bytes[end]) {
            end += 2;
        }
        if end - start >= 2 * LEAST {
            let text: Vec<u8> = bytes[start..end.min(bytes.len())]
                .iter()
                .step_by(2)
                .copied()
                .collect();
            found(start, &text);
        }
        from = end;
        probe = end.max(probe + STRIDE);
    }
}
