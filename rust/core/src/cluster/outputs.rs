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
/// The greatest value that fits, in satoshis; 21 million bitcoin are less.
const MOST_SAT: i64 = (1 << 51) - 1;
const WORDS: usize = 3;
const BYTES: usize = WORDS * size_of::<u32>();

/// The outputs from one txout_id on, written once in their order.
pub struct Outputs {
    first: u64,
    written: usize,
    map: MmapMut,
}

impl Outputs {
    /// Room for `count` outputs from `first` on. Where they are many, `dir` has room for them or this
    /// fails.
    pub fn new(first: u64, count: usize, dir: &Path) -> Result<Self> {
        let bytes = (count * BYTES).max(1);
        let map = if count <= IN_MEMORY {
            zeroed(bytes).map_err(|e| CoreError::io(dir, e))?
        } else {
            nameless(bytes, dir)?
        };
        Ok(Self {
            first,
            written: 0,
            map,
        })
    }

    /// Appends the next outputs. Values beyond all money there can be, and scripts beyond 2^40, are an
    /// error.
    pub fn extend(&mut self, outputs: &[Output]) -> Result<()> {
        let start = self.written;
        let cells: &mut [[u32; WORDS]] = bytemuck::cast_slice_mut(self.map_cells());
        let room = cells.get_mut(start..start + outputs.len());
        let room = room.ok_or_else(|| broken("it has more rows than the manifest says"))?;
        for (output, cell) in outputs.iter().zip(room) {
            let (value, script) = (output.value_sat, output.script);
            if !(0..=MOST_SAT).contains(&value) || !(0..1 << 40).contains(&script) {
                return Err(broken(&format!(
                    "an output of {value} sat to script {script} is out of range"
                )));
            }
            let high = (value >> 32) as u32 | (output.script_type as u32 & 0xf) << 19;
            *cell = [
                script as u32,
                value as u32,
                high | ((script >> 32) as u32) << 23,
            ];
        }
        self.written += outputs.len();
        Ok(())
    }

    fn map_cells(&mut self) -> &mut [u8] {
        let whole = self.map.len() / BYTES * BYTES;
        &mut self.map[..whole]
    }

    /// The first txout_id that is held.
    pub fn first(&self) -> u64 {
        self.first
    }

    /// The output of this txout_id, if it is held.
    #[inline]
    pub fn get(&self, txout: u64) -> Option<Output> {
        let at = txout.checked_sub(self.first)? as usize;
        if at >= self.written {
            return None;
        }
        let bytes = &self.map[at * BYTES..(at + 1) * BYTES];
        let [low, value, high]: [u32; WORDS] = bytemuck::pod_read_unaligned(bytes);
        Some(Output {
            value_sat: i64::from(high & 0x7_ffff) << 32 | i64::from(value),
            script: i64::from(high >> 23) << 32 | i64::from(low),
            script_type: (high >> 19 & 0xf) as TypeCode,
        })
    }
}

const _: () = assert!(ScriptType::NAMES.len() <= 16, "a type has four bits");

/// A file of `bytes` in `dir`, mapped and then removed.
fn nameless(bytes: usize, dir: &Path) -> Result<MmapMut> {
    let path = dir.join(format!("outputs-{}.tmp", std::process::id()));
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
    CoreError::Table {
        table: "txouts".into(),
        what: format!("{what}; run 'peelchain chain verify', then ingest into a new store"),
    }
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
        assert!(held.extend(&[output(1, 1, 1)]).is_err());
    }

    #[test]
    fn outputs_out_of_range_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let mut held = Outputs::new(0, 3, dir.path()).unwrap();
        assert!(held.extend(&[output(MOST_SAT + 1, 0, 0)]).is_err());
        assert!(held.extend(&[output(-1, 0, 0)]).is_err());
        assert!(held.extend(&[output(1, 1 << 40, 0)]).is_err());
    }

    #[test]
    fn outputs_in_a_file_leave_no_name() {
        let dir = tempfile::tempdir().unwrap();
        let map = nameless(3 * BYTES, dir.path()).unwrap();
        let mut held = Outputs {
            first: 0,
            written: 0,
            map,
        };
        filled(&mut held);
        assert_eq!(held.get(2).unwrap().script, 77);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
