//! Keeps the allocator from holding on to what is used once.

/// Allocations of this size and more are mapped on their own and given back when freed, in bytes.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const MAPPED: libc::c_int = 128 * 1024;
/// Free memory at the end of a heap goes back beyond this, in bytes.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const TRIMMED: libc::c_int = 512 * 1024;
/// Heaps among which threads are spread. The default is eight per core.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const ARENAS: libc::c_int = 4;

/// glibc raises its threshold for mapping up to 32 MiB as large blocks are freed, and from then on keeps them in the heap
/// of whichever thread asked: each thread that has hashed a password would hold 19 MiB for ever (measured: 410 MiB after
/// a few hundred sign-ins). Setting the thresholds turns that off. To be called once, before threads are started.
#[expect(unsafe_code, reason = "mallopt has no safe wrapper; it only sets parameters, before other threads run")]
pub fn tune() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: plain integers; a parameter that glibc does not take is refused with 0, which changes nothing.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, MAPPED);
        libc::mallopt(libc::M_TRIM_THRESHOLD, TRIMMED);
        libc::mallopt(libc::M_ARENA_MAX, ARENAS);
    }
}
