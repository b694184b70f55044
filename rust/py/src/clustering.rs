//! Binding of the pass that clusters a store.

use std::path::{Path, PathBuf};

use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use peelchain_core::CoreError;
use peelchain_core::chain::columns::{TableFile, ints64};
use peelchain_core::cluster::Merging;
use peelchain_core::cluster::coinjoin::{Kind, Limits};
use peelchain_core::cluster::pass::{self, Judged, Known, Request};
use peelchain_core::durable;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::coinjoin::reasons;
use crate::errors::{of_cluster, to_py};
use crate::ingest::{Fields, schema_of, table_dict};
use crate::lookup::TableRows;
use crate::progress::Reporter;

type Ids<'py> = PyReadonlyArray1<'py, i64>;

/// Clusters in the making.
#[pyclass(module = "peelchain._core")]
struct Clustering {
    /// None once the clusters were taken out.
    merging: Option<Merging>,
}

#[pymethods]
impl Clustering {
    #[new]
    fn new(py: Python<'_>, script_count: usize) -> Self {
        let merging = py.detach(|| Merging::new(script_count));
        Self {
            merging: Some(merging),
        }
    }

    /// Joins the scripts of each link.
    fn add(&mut self, py: Python<'_>, script_a: Ids<'_>, script_b: Ids<'_>) -> PyResult<()> {
        let (a, b) = (script_a.as_slice()?, script_b.as_slice()?);
        let merging = self.merging()?;
        py.detach(|| merging.add(a, b)).map_err(of_cluster)
    }

    /// Links and judgements of the transactions from `from_tx` on.
    #[pyo3(signature = (tables, *, from_tx, multi_input, coordinators, linkless, retractable, excluded,
        known, fields, links, scratch, progress=None))]
    #[allow(clippy::too_many_arguments)]
    fn run<'py>(
        &mut self,
        py: Python<'py>,
        tables: &TableRows,
        from_tx: u64,
        multi_input: bool,
        coordinators: Option<Vec<i64>>,
        linkless: Vec<String>,
        retractable: Vec<String>,
        excluded: Ids<'py>,
        known: Vec<(i64, i64, String)>,
        fields: Fields,
        links: PathBuf,
        scratch: PathBuf,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let limits = coordinators.map(|mut coordinators| {
            coordinators.sort_unstable();
            Limits {
                coordinators,
                ..Limits::default()
            }
        });
        let linkless = kinds(&linkless)?;
        let retractable = kinds(&retractable)?;
        let known = known
            .into_iter()
            .map(|(first_txout, end_txout, kind)| {
                Ok(Known {
                    first_txout,
                    end_txout,
                    kind: kind_of(&kind)?,
                })
            })
            .collect::<PyResult<_>>()?;
        let request = Request {
            tables: &tables.inner,
            from_tx,
            multi_input,
            limits: limits.as_ref(),
            linkless: &linkless,
            retractable: &retractable,
            excluded: excluded.as_slice()?,
            known,
            schema: schema_of("links", &fields)?,
            links: &links,
            scratch: &scratch,
        };
        let mut reporter = Reporter::new(progress);
        let merging = self.merging()?;
        let result =
            py.detach(|| pass::pass(&request, merging, &mut |done, of| reporter.report(done, of)));
        let passed = reporter.outcome(py, result)?;
        let answer = PyDict::new(py);
        answer.set_item("links", table_dict(py, &passed.links)?)?;
        let judged = &passed.judged;
        answer.set_item("tx_id", column(py, judged, |j| j.tx))?;
        answer.set_item("kind", column(py, judged, |j| j.verdict.kind as i64))?;
        let scores: Vec<f64> = judged.iter().map(|j| j.verdict.score).collect();
        answer.set_item("score", scores.into_pyarray(py))?;
        let numbers: Vec<i64> = judged.iter().flat_map(|j| reasons(&j.verdict)).collect();
        answer.set_item("reasons", numbers.into_pyarray(py))?;
        let mut ends = vec![0];
        let mut scripts = Vec::new();
        for judged in judged {
            scripts.extend_from_slice(&judged.scripts);
            ends.push(scripts.len() as i64);
        }
        answer.set_item("scripts", scripts.into_pyarray(py))?;
        answer.set_item("first_script", ends.into_pyarray(py))?;
        Ok(answer)
    }

    /// Of groups of scripts, one after the other, which are in one cluster. -1 is in none.
    fn are_one<'py>(
        &mut self,
        py: Python<'py>,
        first: Ids<'py>,
        scripts: Ids<'py>,
    ) -> PyResult<Bound<'py, PyArray1<bool>>> {
        let (first, scripts) = (first.as_slice()?, scripts.as_slice()?);
        let merging = self.merging()?;
        let count = merging.script_count();
        let one = first
            .windows(2)
            .map(|ends| {
                let group = scripts.get(ends[0] as usize..ends[1] as usize);
                let group = group.ok_or_else(|| PyValueError::new_err("first names no script"))?;
                let mut clusters = group.iter().map(|&script| {
                    let known = usize::try_from(script).ok().filter(|s| *s < count);
                    known.map(|script| merging.cluster_of(script))
                });
                let Some(Some(least)) = clusters.next() else {
                    return Ok(false);
                };
                Ok(clusters.all(|cluster| cluster == Some(least)))
            })
            .collect::<PyResult<Vec<bool>>>()?;
        Ok(one.into_pyarray(py))
    }

    /// The scripts that are in some link and the least script of each one's cluster. Nothing is left.
    #[allow(clippy::type_complexity)]
    fn take<'py>(
        &mut self,
        py: Python<'py>,
    ) -> PyResult<(Bound<'py, PyArray1<i64>>, Bound<'py, PyArray1<i64>>)> {
        let merging = self.merging.take().ok_or_else(taken)?;
        let clusters = py.detach(|| merging.clusters());
        Ok((
            clusters.script.into_pyarray(py),
            clusters.cluster.into_pyarray(py),
        ))
    }

    /// Writes them as a table. Nothing is left.
    fn write<'py>(
        &mut self,
        py: Python<'py>,
        path: PathBuf,
        fields: Fields,
    ) -> PyResult<Bound<'py, PyDict>> {
        let merging = self.merging.take().ok_or_else(taken)?;
        let schema = schema_of("clusters", &fields)?;
        let written = py.detach(|| {
            let mut file = TableFile::create_at("clusters", schema, &path)?;
            merging.for_each_piece(|mut piece| {
                file.append(vec![
                    ("script_id", ints64(&mut piece.script)),
                    ("cluster_id", ints64(&mut piece.cluster)),
                ])
            })?;
            let written = file.finish()?;
            sync_folder_of(&path)?;
            Ok(written)
        });
        table_dict(py, &written.map_err(|e: CoreError| to_py(py, e))?)
    }
}

impl Clustering {
    fn merging(&mut self) -> PyResult<&mut Merging> {
        self.merging.as_mut().ok_or_else(taken)
    }
}

/// Makes the name of a file that was written last.
fn sync_folder_of(path: &Path) -> Result<(), CoreError> {
    path.parent().map_or(Ok(()), durable::sync_dir)
}

fn taken() -> PyErr {
    PyValueError::new_err("the clusters were taken out: make another Clustering")
}

fn kinds(names: &[String]) -> PyResult<Vec<Kind>> {
    names.iter().map(|name| kind_of(name)).collect()
}

fn kind_of(name: &str) -> PyResult<Kind> {
    let found = Kind::ALL.into_iter().find(|kind| kind.name() == name);
    found.ok_or_else(|| PyValueError::new_err(format!("there is no kind {name:?}")))
}

fn column<'py>(
    py: Python<'py>,
    judged: &[Judged],
    of: impl Fn(&Judged) -> i64,
) -> Bound<'py, PyArray1<i64>> {
    judged.iter().map(of).collect::<Vec<_>>().into_pyarray(py)
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Clustering>()
}
