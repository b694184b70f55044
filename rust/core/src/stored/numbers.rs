//! The numbers of one page, in as few bytes each as their spread needs.

/// So many numbers as differences from the least of them.
pub enum Numbers {
    Bytes(i64, Box<[u8]>),
    Halves(i64, Box<[u16]>),
    Words(i64, Box<[u32]>),
    Whole(Box<[i64]>),
}

impl Numbers {
    pub fn of(values: &[i64]) -> Self {
        let least = values.iter().copied().min().unwrap_or(0);
        let most = values.iter().copied().max().unwrap_or(0);
        // casts cut nothing off: no difference is more than the spread
        let above = |value: &i64| value.wrapping_sub(least);
        match least.abs_diff(most) {
            0..=0xff => Self::Bytes(least, values.iter().map(|v| above(v) as u8).collect()),
            0x100..=0xffff => Self::Halves(least, values.iter().map(|v| above(v) as u16).collect()),
            0x1_0000..=0xffff_ffff => {
                Self::Words(least, values.iter().map(|v| above(v) as u32).collect())
            }
            _ => Self::Whole(values.into()),
        }
    }

    #[inline]
    pub fn get(&self, at: usize) -> Option<i64> {
        match self {
            Self::Bytes(least, above) => above.get(at).map(|v| least + i64::from(*v)),
            Self::Halves(least, above) => above.get(at).map(|v| least + i64::from(*v)),
            Self::Words(least, above) => above.get(at).map(|v| least + i64::from(*v)),
            Self::Whole(values) => values.get(at).copied(),
        }
    }

    pub fn bytes(&self) -> usize {
        match self {
            Self::Bytes(_, above) => above.len(),
            Self::Halves(_, above) => 2 * above.len(),
            Self::Words(_, above) => 4 * above.len(),
            Self::Whole(values) => 8 * values.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_come_back(
            least in prop_oneof![Just(i64::MIN), Just(-1), any::<i64>()],
            above in prop::collection::vec(
                prop_oneof![0u64..3, 0u64..0x102, 0u64..0x1_0002, 0u64..0x1_0000_0002, any::<u64>()],
                0..20,
            ),
        ) {
            let values: Vec<i64> = above.iter().map(|a| least.saturating_add_unsigned(*a)).collect();
            let numbers = Numbers::of(&values);
            let back: Vec<i64> = (0..values.len()).filter_map(|at| numbers.get(at)).collect();
            prop_assert_eq!(back, values.clone());
            prop_assert!(numbers.get(values.len()).is_none());
            prop_assert!(numbers.bytes() <= 8 * values.len());
        }
    }
}
