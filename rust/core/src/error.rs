//! The one error of the core. The bindings map it to Python once.

use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
pub enum CoreError {
    /// A block file, or a block in it, is not what it claims to be.
    #[error("{}, offset {offset}: {what}; {remedy}", file.display())]
    Source {
        file: PathBuf,
        offset: u64,
        what: String,
        remedy: String,
    },
    /// The operating system refused.
    #[error("{}: {source}", path.display())]
    Io {
        path: PathBuf,
        source: std::io::Error,
    },
    /// A table could not be built or written as its schema says.
    #[error("table {table}: {what}")]
    Table { table: String, what: String },
    /// Raw bytes given directly are not a block or a transaction.
    #[error("{0}")]
    Malformed(String),
    /// The user asked to stop; what was committed before stays.
    #[error("stopped")]
    Stopped,
    /// The caller asked for something that makes no sense.
    #[error("{0}")]
    Misuse(String),
}

pub type Result<T> = std::result::Result<T, CoreError>;

impl CoreError {
    /// A table that contradicts itself or another.
    pub fn damaged(table: &str, what: &str) -> Self {
        CoreError::Table {
            table: table.into(),
            what: format!("{what}; run 'peelchain chain verify', then ingest into a new store"),
        }
    }

    pub fn io(path: impl Into<PathBuf>, source: std::io::Error) -> Self {
        CoreError::Io {
            path: path.into(),
            source,
        }
    }
}
