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

/// So many zeros, as a column that a caller may keep.
pub fn zeros(count: usize) -> Vec<i64> {
    let mut column = vec![0_i64; count];
    #[cfg(target_os = "linux")]
    {
        const PAGE: usize = 4096;
        let start = column.as_mut_ptr().cast::<u8>();
        let first = start.align_offset(PAGE);
        let bytes = (count * size_of::<i64>()).saturating_sub(first) / PAGE * PAGE;
        if bytes > 0 {
            // SAFETY: the pages lie within the column, and the advice changes no byte of them
            let _ = unsafe {
                rustix::mm::madvise(
                    start.add(first).cast(),
                    bytes,
                    rustix::mm::Advice::LinuxHugepage,
                )
            };
        }
    }
    column
}
