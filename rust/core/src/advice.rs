//! What the system is told of how a file will be read.

use std::fs::File;

/// Tells the system not to read ahead: what lies beside is not what is asked for next.
pub fn expect_scattered_reads(file: &File) {
    // a hint: one that the system does not take changes nothing
    #[cfg(target_os = "linux")]
    let _ = rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::Random);
    #[cfg(not(target_os = "linux"))]
    let _ = file;
}
