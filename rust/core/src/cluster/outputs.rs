//! What inputs need to know of the outputs they spend, for a whole chain: 12 bytes an output.
//!
//! A chain of billions has more of them than fit in memory: past a limit they lie in a file that the
//! system pages in and out, and that has no name, so that nothing of it outlives the process.

use std::fs::{self, OpenOptions};
use std::path::Path;

use memmap2::MmapMut;

use super::coinjoin::{Output, TypeCode};
use super::pages::zeroed;
use crate::chain::script::ScriptType;
use crate::error::{CoreError, Result};

/// Outputs up to which they are kept in memory: 1.2 GB.
const IN_MEMORY: usize = 100_000_000;
/// The greatest value that fits, in satoshis; 21 million bitcoin are less. Of a chain with more money, what
/// is greater is held to be this much: who owns an output hangs on its value being that of another.
const MOST_SAT: i64 = (1 << VALUE_BITS) - 1;
const VALUE_BITS: u32 = 51;
const TYPE_BITS: u32 = 4;
const SCRIPT_BITS: u32 = 40;

/// The outputs from one txout_id on, written once in their order.
///
/// What every input asks for, the low half of the script, lies apart from the rest: far more of it
/// stays in the processor's caches.
pub struct Outputs {
    first: u64,
    written: usize,
    scripts: MmapMut,
    /// Value, type, and what of the script is above 32 bits.
    rest: MmapMut,
    /// Whether a script is above 32 bits.
    wide: bool,
}

impl Outputs {
    /// Room for `count` outputs from `first` on. Where they are many, `dir` has room for them or this
    /// fails.
    pub fn new(first: u64, count: usize, dir: &Path) -> Result<Self> {
        let room = |name: &str, bytes: usize| {
            if count <= IN_MEMORY {
                zeroed(count * bytes).map_err(|e| CoreError::io(dir, e))
            } else {
                nameless(count * bytes, &dir.join(name))
            }
        };
        Ok(Self {
            first,
            written: 0,
            scripts: room("scripts-of-outputs", size_of::<u32>())?,
            rest: room("outputs", size_of::<u64>())?,
            wide: false,
        })
    }

    /// Appends the next outputs. Negative values, and scripts beyond 2^40, are an error.
    pub fn extend(&mut self, outputs: &[Output]) -> Result<()> {
        let places = self.written..self.written + outputs.len();
        let scripts = numbers_mut::<u32>(&mut self.scripts).get_mut(places.clone());
        let rest = numbers_mut::<u64>(&mut self.rest).get_mut(places);
        let (Some(scripts), Some(rest)) = (scripts, rest) else {
            return Err(broken("it has more rows than the manifest says"));
        };
        for ((output, low), rest) in outputs.iter().zip(scripts).zip(rest) {
            let (value, script) = (output.value_sat, output.script);
            if value < 0 || !(0..1 << SCRIPT_BITS).contains(&script) {
                return Err(broken(&format!(
                    "an output of {value} sat to script {script} is out of range"
                )));
            }
            let above = (script >> u32::BITS) as u64;
            self.wide |= above > 0;
            *low = script as u32;
            *rest = value.min(MOST_SAT) as u64
                | (output.script_type as u64 & ((1 << TYPE_BITS) - 1)) << VALUE_BITS
                | above << (VALUE_BITS + TYPE_BITS);
        }
        self.written += outputs.len();
        Ok(())
    }

    /// The first txout_id that is held.
    pub fn first(&self) -> u64 {
        self.first
    }

    /// The script of this output, if it is held.
    #[inline]
    pub fn script(&self, txout: u64) -> Option<i64> {
        let at = self.place(txout)?;
        let low = i64::from(numbers::<u32>(&self.scripts)[at]);
        if self.wide {
            return Some(low | self.above(at));
        }
        Some(low)
    }

    /// The output of this txout_id, if it is held.
    pub fn get(&self, txout: u64) -> Option<Output> {
        let at = self.place(txout)?;
        let rest = numbers::<u64>(&self.rest)[at];
        Some(Output {
            value_sat: (rest & MOST_SAT as u64) as i64,
            script: i64::from(numbers::<u32>(&self.scripts)[at]) | self.above(at),
            script_type: (rest >> VALUE_BITS & ((1 << TYPE_BITS) - 1)) as TypeCode,
        })
    }

    #[inline]
    fn place(&self, txout: u64) -> Option<usize> {
        let at = txout.checked_sub(self.first)? as usize;
        (at < self.written).then_some(at)
    }

    fn above(&self, at: usize) -> i64 {
        let above = numbers::<u64>(&self.rest)[at] >> (VALUE_BITS + TYPE_BITS);
        (above << u32::BITS) as i64
    }
}

#[inline]
fn numbers<T: bytemuck::AnyBitPattern>(map: &MmapMut) -> &[T] {
    bytemuck::cast_slice(&map[..map.len() / size_of::<T>() * size_of::<T>()])
}

fn numbers_mut<T: bytemuck::Pod>(map: &mut MmapMut) -> &mut [T] {
    let whole = map.len() / size_of::<T>() * size_of::<T>();
    bytemuck::cast_slice_mut(&mut map[..whole])
}

const _: () = assert!(ScriptType::NAMES.len() <= 1 << TYPE_BITS);

/// A file of `bytes`, mapped and then removed.
fn nameless(bytes: usize, path: &Path) -> Result<MmapMut> {
    let path = path.with_extension(format!("{}.tmp", std::process::id()));
    let failed = |e| CoreError::io(&path, e);
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(true)
        .open(&path)
        .map_err(failed)?;
    let removed = reserve(&file, bytes).and_then(|()| {
        // SAFETY: the file is ours alone and loses its name below, so nobody can cut it short.
        unsafe { MmapMut::map_mut(&file) }
    });
    fs::remove_file(&path).map_err(failed)?;
    removed.map_err(failed)
}

/// Gives the file its size on the disk: writing to a map of a file with holes on a full disk would
/// end the process.
fn reserve(file: &fs::File, bytes: usize) -> std::io::Result<()> {
    file.set_len(bytes as u64)?;
    #[cfg(target_os = "linux")]
    rustix::fs::fallocate(file, rustix::fs::FallocateFlags::empty(), 0, bytes as u64)?;
    Ok(())
}

fn broken(what: &str) -> CoreError {
    CoreError::damaged("txouts", what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(value_sat: i64, script: i64, script_type: TypeCode) -> Output {
        Output {
            value_sat,
            script,
            script_type,
        }
    }

    fn filled(outputs: &mut Outputs) {
        let two = [output(0, 0, 0), output(MOST_SAT, (1 << 40) - 1, 10)];
        outputs.extend(&two).unwrap();
        outputs.extend(&[output(5_000_000_000, 77, 3)]).unwrap();
    }

    #[test]
    fn outputs_come_back_as_they_went_in() {
        let dir = tempfile::tempdir().unwrap();
        let mut held = Outputs::new(100, 3, dir.path()).unwrap();
        filled(&mut held);
        assert!(held.get(99).is_none());
        assert!(held.get(103).is_none());
        let last = held.get(101).unwrap();
        assert_eq!(
            (last.value_sat, last.script, last.script_type),
            (MOST_SAT, (1 << 40) - 1, 10)
        );
        assert_eq!(held.get(102).unwrap().value_sat, 5_000_000_000);
        for txout in 99..104 {
            assert_eq!(held.script(txout), held.get(txout).map(|o| o.script));
        }
        assert!(held.extend(&[output(1, 1, 1)]).is_err());
    }

    #[test]
    fn outputs_out_of_range_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let mut held = Outputs::new(0, 3, dir.path()).unwrap();
        assert!(held.extend(&[output(-1, 0, 0)]).is_err());
        assert!(held.extend(&[output(-1, 0, 0)]).is_err());
        assert!(held.extend(&[output(1, 1 << 40, 0)]).is_err());
    }

    #[test]
    fn a_value_that_no_bitcoin_could_have_is_held_as_the_greatest() {
        let dir = tempfile::tempdir().unwrap();
        let mut held = Outputs::new(0, 1, dir.path()).unwrap();
        held.extend(&[output(1_000_000_000_000_000_000, 7, 3)])
            .unwrap();
        let found = held.get(0).map(|o| (o.value_sat, o.script));
        assert_eq!(found, Some((MOST_SAT, 7)));
    }

    #[test]
    fn outputs_in_a_file_leave_no_name() {
        let dir = tempfile::tempdir().unwrap();
        let mut held = Outputs {
            first: 0,
            written: 0,
            scripts: nameless(12, &dir.path().join("scripts")).unwrap(),
            rest: nameless(24, &dir.path().join("rest")).unwrap(),
            wide: false,
        };
        filled(&mut held);
        assert_eq!(held.get(2).unwrap().script, 77);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
