//! Names the source that the kernel is built from: two builds of it, on two machines, have the same
//! name, which the compiled file has not.

use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let here = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let rust = here.join("..");
    let mut files = vec![here.join("../../Cargo.lock"), here.join("../../Cargo.toml")];
    collect(&rust.join("core/src"), &mut files)?;
    collect(&rust.join("py/src"), &mut files)?;
    files.extend(["core/Cargo.toml", "py/Cargo.toml", "py/build.rs"].map(|name| rust.join(name)));
    let mut named: Vec<(String, PathBuf)> = files
        .into_iter()
        .map(|path| (name_of(&path, &here), path))
        .collect();
    named.sort();
    let mut every = Sha256::new();
    for (name, path) in &named {
        println!("cargo::rerun-if-changed={}", path.display());
        let content = fs::read(path)?;
        every.update(format!("{}  {name}\n", hex(&Sha256::digest(content))));
    }
    // A file that is added changes a folder.
    println!(
        "cargo::rerun-if-changed={}",
        rust.join("core/src").display()
    );
    println!("cargo::rerun-if-changed={}", rust.join("py/src").display());
    println!(
        "cargo::rustc-env=PEELCHAIN_SOURCE_SHA256={}",
        hex(&every.finalize())
    );
    Ok(())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

/// The path from the workspace's root, with `/`.
fn name_of(path: &Path, here: &Path) -> String {
    let text = path
        .strip_prefix(here.join(".."))
        .or_else(|_| path.strip_prefix(here));
    text.unwrap_or(path).to_string_lossy().replace('\\', "/")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a String takes what is written");
        text
    })
}
