//! The child's side of the sandbox: limits itself, reads a document from standard input, answers with one JSON object.

use std::io::{self, Read, Write};
use std::process::ExitCode;
use std::thread;

use rlimit::Resource;

use super::{extract, refused};
use crate::domain::document::{ExtractStatus, Extraction};

/// Largest document, in bytes.
pub const MAX_INPUT: usize = 10 << 20;
/// Parsers recurse; their stack is reserved, not used.
const STACK: usize = 128 << 20;
/// All memory that may be mapped, program and stack included.
const ADDRESS_SPACE: u64 = 768 << 20;
/// Memory that may be written to, reserved stack included: resident memory stays below 400 MB.
const DATA: u64 = 448 << 20;
const CPU_SECONDS: u64 = 10;

/// Extracts the document on standard input. The exit code is 0 whenever an answer was written.
pub fn run_child(filename: Option<String>) -> ExitCode {
    if limit_self().is_err() {
        return ExitCode::from(2);
    }
    let answer = match read_input() {
        Ok(Some(bytes)) => extract_in_thread(bytes, filename),
        Ok(None) => refused(ExtractStatus::LimitExceeded),
        Err(_) => return ExitCode::from(3),
    };
    // Who no longer listens misses nothing.
    match write_answer(&answer) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(4),
    }
}

/// From here on no file or socket can be opened, nothing written but to standard output, no core dumped.
fn limit_self() -> io::Result<()> {
    let limits = [
        (Resource::CORE, 0),
        (Resource::FSIZE, 0),
        (Resource::NOFILE, 0),
        (Resource::CPU, CPU_SECONDS),
        (Resource::DATA, DATA),
        (Resource::AS, ADDRESS_SPACE),
    ];
    limits.iter().try_for_each(|(resource, limit)| resource.set(*limit, *limit))
}

/// Nothing if the input is too long.
fn read_input() -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    io::stdin().lock().take(MAX_INPUT as u64 + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() <= MAX_INPUT).then_some(bytes))
}

/// Runs the extraction on a deep stack; a panic of a parser means that the document is damaged.
fn extract_in_thread(bytes: Vec<u8>, filename: Option<String>) -> Extraction {
    std::panic::set_hook(Box::new(|_| {}));
    let worker = thread::Builder::new().stack_size(STACK).spawn(move || extract(&bytes, filename.as_deref()));
    match worker {
        Ok(worker) => worker.join().unwrap_or_else(|_| refused(ExtractStatus::Corrupt)),
        Err(_) => refused(ExtractStatus::LimitExceeded),
    }
}

fn write_answer(answer: &Extraction) -> io::Result<()> {
    let json = serde_json::to_vec(answer)?;
    let mut out = io::stdout().lock();
    out.write_all(&json)?;
    out.flush()
}
