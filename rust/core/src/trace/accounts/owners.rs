//! Which scripts make one account, and what was ever paid to it.

use crate::trace::TraceError;

/// The accounts of the chain. An account is named by its `cluster_id`.
///
/// Methods take `&mut self`, since a source that reads files keeps what it read. An id beyond the
/// chain is `TraceError::Chain`.
pub trait Accounts {
    /// The account a script belongs to.
    fn account_of(&mut self, script: i64) -> Result<i64, TraceError>;

    /// How many outputs pay an account, those of no value too.
    fn output_count(&mut self, account: i64) -> Result<u64, TraceError>;

    /// Replaces `txouts` by the `txout_id`s that pay an account, rising.
    fn outputs(&mut self, account: i64, txouts: &mut Vec<i64>) -> Result<(), TraceError>;
}

/// Accounts as borrowed flat arrays, every access checked.
#[derive(Clone, Copy, Debug)]
pub struct FlatAccounts<'a> {
    /// The account of each `script_id`.
    pub account_of_script: &'a [i64],
    /// Where the outputs of each account start in `outputs`, one more than there are accounts.
    pub first_output: &'a [i64],
    /// `txout_id`s by account, rising within each.
    pub outputs: &'a [i64],
}

impl<'a> FlatAccounts<'a> {
    fn outputs_of(&self, account: i64) -> Result<&'a [i64], TraceError> {
        let bounds = usize::try_from(account).ok().and_then(|at| {
            let start = usize::try_from(*self.first_output.get(at)?).ok()?;
            let end = usize::try_from(*self.first_output.get(at + 1)?).ok()?;
            self.outputs.get(start..end)
        });
        bounds.ok_or_else(|| TraceError::Chain(format!("account {account} has no outputs")))
    }
}

impl Accounts for FlatAccounts<'_> {
    fn account_of(&mut self, script: i64) -> Result<i64, TraceError> {
        let account = usize::try_from(script)
            .ok()
            .and_then(|at| self.account_of_script.get(at));
        account
            .copied()
            .ok_or_else(|| TraceError::Chain(format!("script {script} has no account")))
    }

    fn output_count(&mut self, account: i64) -> Result<u64, TraceError> {
        Ok(self.outputs_of(account)?.len() as u64)
    }

    fn outputs(&mut self, account: i64, txouts: &mut Vec<i64>) -> Result<(), TraceError> {
        txouts.clear();
        txouts.extend_from_slice(self.outputs_of(account)?);
        Ok(())
    }
}
