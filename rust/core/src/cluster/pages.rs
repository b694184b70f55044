//! Memory that is read all over: in large pages where the system has them, so that finding a page costs
//! less than reading it.

use memmap2::MmapMut;

/// So many zeroed bytes.
pub fn zeroed(bytes: usize) -> std::io::Result<MmapMut> {
    let map = MmapMut::map_anon(bytes.max(1))?;
    #[cfg(target_os = "linux")]
    // only speed hangs on it
    let _ = map.advise(memmap2::Advice::HugePage);
    Ok(map)
}
