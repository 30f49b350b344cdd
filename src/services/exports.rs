//! Exports: the result of an analysis as a file, written off the event loop.

use std::sync::Arc;
use std::thread::available_parallelism;

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::analyses::AnalysisResult;
use crate::domain::clock::Clock;
use crate::domain::error::{Error, Result};
use crate::export::{self, Format, Source};

/// Writes files. Documents are set by at most as many threads as there are cores; further requests wait in order.
#[derive(Clone)]
pub struct Exports {
    clock: Clock,
    setters: Arc<Semaphore>,
}

impl Exports {
    pub fn new(clock: Clock) -> Self {
        let setters = available_parallelism().map_or(1, usize::from);
        Self { clock, setters: Arc::new(Semaphore::new(setters)) }
    }

    /// What the file of a result is known by, without writing it: the same until the profile or the format changes.
    pub fn fingerprint(&self, format: Format, result: &AnalysisResult) -> Result<String> {
        export::fingerprint(format, source(result))
    }

    /// The file. A caller that goes away while a document is set frees its place when that is done.
    pub async fn render(&self, format: Format, result: AnalysisResult) -> Result<Vec<u8>> {
        let now = self.clock.now();
        if !format.is_document() {
            return export::render(format, source(&result), now);
        }
        let setters = Arc::clone(&self.setters);
        let place = setters.acquire_owned().await.map_err(|error| Error::internal(error.to_string()))?;
        let work = spawn_blocking(move || {
            let _place = place;
            export::render(format, source(&result), now)
        });
        work.await.map_err(|error| Error::internal(format!("the export as {} died: {error}", format.name())))?
    }
}

fn source(result: &AnalysisResult) -> Source<'_> {
    Source { job_id: result.job_id, profile: &result.profile, analysed_at: result.created_at }
}

#[cfg(test)]
mod tests;
