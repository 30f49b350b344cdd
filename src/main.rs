//! Parses the command line and runs the command.

/// Frees what many threads allocate for each other without making them wait, and gives memory back.
#[cfg(not(target_env = "msvc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> std::process::ExitCode {
    greenroom::cli::run()
}
