//! The parts of the inputs, or of the outputs, as counts of each value, numbered.

use super::Bound;

/// Parts of a side, numbered: at most so many, since their sums lie in memory.
const MAX_PARTS: usize = 1 << 20;
/// Values of a side: a mask has one bit each.
const MAX_VALUES: usize = 128;

/// One side of a transaction. A part is a number of mixed base, a digit for each distinct value.
pub struct Side {
    /// For each value of the side, which of the distinct ones it is.
    pub class_of: Vec<usize>,
    /// How often each distinct value occurs, the greatest value first.
    pub counts: Vec<u32>,
    strides: Vec<u32>,
    /// Sum of each part.
    pub sums: Vec<i64>,
    /// Of each part as many low bits of a class as it has of the value, so that one part lies in
    /// another exactly if its bits do.
    pub masks: Vec<u128>,
    /// Number of values in each part.
    pub sizes: Vec<u8>,
}

impl Side {
    pub fn new(values: &[i64], too_many: Bound) -> Result<Side, Bound> {
        if values.len() > MAX_VALUES {
            return Err(too_many);
        }
        let mut distinct = values.to_vec();
        distinct.sort_unstable_by(|a, b| b.cmp(a));
        distinct.dedup();
        let class_of: Vec<usize> = values
            .iter()
            .map(|value| distinct.partition_point(|other| other > value))
            .collect();
        let mut counts = vec![0u32; distinct.len()];
        for class in &class_of {
            counts[*class] += 1;
        }
        let (mut strides, mut parts) = (Vec::new(), 1usize);
        for count in &counts {
            strides.push(parts as u32);
            parts *= *count as usize + 1;
            if parts > MAX_PARTS {
                return Err(too_many);
            }
        }
        let mut side = Side {
            class_of,
            counts,
            strides,
            sums: vec![0; parts],
            masks: vec![0; parts],
            sizes: vec![0; parts],
        };
        let mut first_bit = 0;
        for (class, value) in distinct.iter().enumerate() {
            let stride = side.strides[class] as usize;
            let count = side.counts[class] as usize;
            // Parts of the classes before this one are done: each gets 1, 2 ... of this value.
            for part in stride..stride * (count + 1) {
                let without = part - stride;
                let nth = part / stride - 1;
                side.sums[part] = side.sums[without] + value;
                side.masks[part] = side.masks[without] | 1 << (first_bit + nth);
                side.sizes[part] = side.sizes[without] + 1;
            }
            first_bit += count;
        }
        Ok(side)
    }

    /// The part that has everything.
    pub fn whole(&self) -> u32 {
        (self.sums.len() - 1) as u32
    }

    /// How many of a class a part has.
    pub fn digit(&self, part: u32, class: usize) -> u32 {
        part / self.strides[class] % (self.counts[class] + 1)
    }

    /// The class of the greatest value in a part that is not empty.
    pub fn first_class(&self, part: u32) -> usize {
        (0..self.counts.len())
            .find(|class| self.digit(part, *class) > 0)
            .expect("only parts that have something are asked for their first")
    }
}
