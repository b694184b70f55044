//! Dense ids of scripts by first appearance: those of this segment in a table, those of sealed segments
//! in runs, which are also how people find an address.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::keys::{CHECK, Keyed, id_of};
use crate::error::Result;
use crate::runs::{Merge, Run, RunFiles, RunWriter, SortedTable, Source, file_of, filter_of};

/// The scripts that have an id.
pub struct ScriptIds {
    recent: SortedTable<2>,
    /// Bytes that the table of the open segment may take.
    pub limit: usize,
    sealed: Vec<Arc<Run<2>>>,
    /// Parts of this segment that did not fit in the table.
    set_aside: Vec<Arc<Run<2>>>,
}

impl ScriptIds {
    /// From the runs of sealed segments. What is held of the runs' filters is taken from `room`.
    pub fn open(runs: &[PathBuf], room: &mut usize) -> Result<Self> {
        Ok(Self {
            recent: SortedTable::new(CHECK),
            limit: usize::MAX,
            sealed: Run::open_all(runs, room)?,
            set_aside: Vec::new(),
        })
    }

    /// The runs of sealed segments.
    pub fn known(&self) -> Vec<Arc<Run<2>>> {
        self.sealed.clone()
    }

    pub fn prefetch(&self, keyed: Keyed) {
        self.recent.prefetch(keyed.key);
    }

    /// The id of a script that no sealed segment has: its own, or `next` from now on.
    pub fn id_or(&mut self, keyed: Keyed, next: i64, dir: &Path) -> Result<i64> {
        if !self.set_aside.is_empty() {
            if let Some(entry) = self.recent.get(keyed.key, keyed.check) {
                return Ok(id_of(entry[1]));
            }
            for part in &self.set_aside {
                if part.may_hold(keyed.key)
                    && let Some((_, entry)) = part.get(keyed.key, keyed.check, CHECK)?
                {
                    return Ok(id_of(entry[1]));
                }
            }
        }
        if self.recent.is_full() && self.recent.bytes().1 > self.limit {
            // the script may be among those that are now set aside
            self.spill(dir)?;
            return self.id_or(keyed, next, dir);
        }
        let found = self.recent.get_or_insert([keyed.key, keyed.with_id(next)]);
        Ok(found.map_or(next, |entry| id_of(entry[1])))
    }

    /// Ends a segment: its scripts become a run in `dir`. Those of a sealed one are known from now on.
    pub fn end_segment(&mut self, dir: &Path, sealed: bool) -> Result<RunFiles> {
        let path = file_of(dir, "scripts");
        let parts = std::mem::take(&mut self.set_aside);
        let total = parts.iter().map(|p| p.len()).sum::<u64>() + self.recent.len() as u64;
        let mut writer = RunWriter::create(&path, Some(total), true)?;
        if parts.is_empty() {
            for entry in self.recent.iter() {
                writer.push(*entry)?;
            }
        } else {
            let mut paths: Vec<PathBuf> = parts.iter().map(|p| p.path().to_owned()).collect();
            let last = self.write_part(&part_path(dir, paths.len()))?;
            let mut sources: Vec<Source<2>> = parts.into_iter().map(Source::whole).collect();
            sources.push(Source::whole(Arc::new(Run::open_to_pass(&last)?)));
            Merge::new(sources)?.write(&mut writer, &mut |_| Ok(()))?;
            paths.push(last);
            for path in &paths {
                crate::runs::remove(path)?;
            }
        }
        self.recent.clear();
        let files = writer.finish()?;
        if sealed {
            self.sealed
                .push(Arc::new(Run::open(&path, Some(&filter_of(&path)))?));
        }
        Ok(files)
    }

    fn spill(&mut self, dir: &Path) -> Result<()> {
        let path = self.write_part(&part_path(dir, self.set_aside.len()))?;
        self.recent.clear();
        self.set_aside
            .push(Arc::new(Run::open(&path, Some(&filter_of(&path)))?));
        Ok(())
    }

    fn write_part(&self, path: &Path) -> Result<PathBuf> {
        let mut writer = RunWriter::create(path, Some(self.recent.len() as u64), false)?;
        for entry in self.recent.iter() {
            writer.push(*entry)?;
        }
        Ok(writer.finish()?.path)
    }
}

fn part_path(dir: &Path, number: usize) -> PathBuf {
    dir.join(format!("scripts-{number}.part"))
}
