//! Binding of a chain's rules.

use std::sync::Arc;

use peelchain_core::chain::rules::{Rules, TxForm, WorkHash};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// How a chain's blocks are read and bounded; see `_core.pyi`.
#[pyclass(module = "peelchain._core", frozen)]
pub struct ChainRules {
    pub rules: Arc<Rules>,
}

#[pymethods]
impl ChainRules {
    #[new]
    #[pyo3(signature = (*, work_hash, auxpow_chain_id, tx_form, canonical_order, token_prefix, max_block_bytes, max_money, subsidy_steps))]
    #[allow(clippy::too_many_arguments)]
    fn new(
        work_hash: &str,
        auxpow_chain_id: Option<u32>,
        tx_form: &str,
        canonical_order: bool,
        token_prefix: bool,
        max_block_bytes: u32,
        max_money: i64,
        subsidy_steps: Vec<(i64, i64)>,
    ) -> PyResult<Self> {
        let unknown = |what: &str| PyValueError::new_err(format!("no kernel knows {what}"));
        let work = match work_hash {
            "sha256d" => WorkHash::Sha256d,
            "scrypt" => WorkHash::Scrypt,
            other => return Err(unknown(other)),
        };
        let txs = match tx_form {
            "bitcoin" => TxForm::Bitcoin,
            "mweb" => TxForm::Mweb,
            "special" => TxForm::Special,
            other => return Err(unknown(other)),
        };
        // twice an amount is still a number, and four times a block's bytes a weight
        if !(0..=i64::MAX / 4).contains(&max_money) || max_block_bytes > i32::MAX as u32 / 4 {
            return Err(PyValueError::new_err("the bounds are too great"));
        }
        Ok(Self {
            rules: Arc::new(Rules {
                work,
                auxpow: auxpow_chain_id,
                txs,
                canonical_order,
                token_prefix,
                max_block_bytes,
                max_money,
                subsidy_steps,
            }),
        })
    }
}

/// Those given, else Bitcoin's.
pub fn rules_of(given: Option<PyRef<'_, ChainRules>>) -> Arc<Rules> {
    given.map(|r| r.rules.clone()).unwrap_or_default()
}
