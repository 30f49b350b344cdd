//! Keeps the allocator from holding on to what is used once.

/// Lets jemalloc give memory back that was used once, also while the threads that used it sleep: a few hundred sign-ins take
/// 19 MiB each for a moment. To be called once; whatever cannot be set stays as it is.
pub fn tune() {
    #[cfg(not(target_env = "msvc"))]
    if let Err(error) = tikv_jemalloc_ctl::background_thread::write(true) {
        tracing::debug!(%error, "no background thread of the allocator");
    }
}
