//! Kernels of peelchain. Plain Rust: no Python, no command line, no logging.
