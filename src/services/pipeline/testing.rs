//! A double of everything that a job asks: it counts, waits at a gate, and fails as it is told.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use tokio::sync::{Notify, Semaphore};

use super::{Extractor, Pipeline};
use crate::ai::{AiError, Embedder, LanguageModel};
use crate::analysis::chunk::ChunkSize;
use crate::domain::document::{ExtractStatus, Extraction, ParseQuality};
use crate::domain::profile::Profile;
use crate::store::Store;

/// What one call of the language model does instead of answering.
pub enum Trouble {
    Fail(AiError),
    Panic,
}

/// Reads, embeds and analyses everything as Jane Doe.
pub struct Double {
    /// What the extractor answers.
    pub extraction: Mutex<Extraction>,
    pub extracted: AtomicUsize,
    /// Texts that were embedded.
    pub embedded: AtomicUsize,
    /// Batches of embeddings that work before one fails.
    pub good_batches: AtomicUsize,
    pub profiled: AtomicUsize,
    /// For the next calls of the language model.
    pub trouble: Mutex<VecDeque<Trouble>>,
    /// A call of the language model takes a permit for good.
    pub gate: Semaphore,
    /// Told when a call reaches the gate.
    pub at_gate: Notify,
    now: AtomicUsize,
    /// Most calls at the same time.
    pub most: AtomicUsize,
}

pub fn transient() -> Trouble {
    Trouble::Fail(AiError::Transient { message: "The model is busy.".into(), retry_after: None })
}

pub fn permanent() -> Trouble {
    Trouble::Fail(AiError::Permanent { message: "The key is not valid.".into() })
}

/// A résumé of about 30 chunks of the double's size.
fn text() -> String {
    "Jane Doe is an engineer who has built many things. ".repeat(60)
}

pub const CHUNK: (usize, usize) = (100, 10);

impl Double {
    /// Everything works at once.
    pub fn open() -> Arc<Self> {
        Self::with_gate(Semaphore::MAX_PERMITS)
    }

    /// So many calls of the language model are answered, further ones wait for permits.
    pub fn with_gate(permits: usize) -> Arc<Self> {
        let extraction = Extraction { status: ExtractStatus::Ok, text: text(), parse_quality: ParseQuality::default() };
        Arc::new(Self {
            extraction: Mutex::new(extraction),
            extracted: AtomicUsize::new(0),
            embedded: AtomicUsize::new(0),
            good_batches: AtomicUsize::new(usize::MAX),
            profiled: AtomicUsize::new(0),
            trouble: Mutex::default(),
            gate: Semaphore::new(permits),
            at_gate: Notify::new(),
            now: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
        })
    }

    pub fn pipeline(self: &Arc<Self>, store: Store) -> Arc<Pipeline> {
        let chunk_size = ChunkSize::new(CHUNK.0, CHUNK.1).unwrap();
        let (extractor, model, embedder) = (self.clone(), self.clone(), self.clone());
        Arc::new(Pipeline { store, extractor, model, embedder, chunk_size })
    }

    pub fn will(&self, troubles: impl IntoIterator<Item = Trouble>) {
        self.trouble.lock().unwrap().extend(troubles);
    }

    /// Calls of extractor, embedder (texts) and model until now.
    pub fn calls(&self) -> (usize, usize, usize) {
        let count = |counter: &AtomicUsize| counter.load(Ordering::SeqCst);
        (count(&self.extracted), count(&self.embedded), count(&self.profiled))
    }

    pub async fn reached_gate(&self, calls: usize) {
        while self.profiled.load(Ordering::SeqCst) < calls {
            self.at_gate.notified().await;
        }
    }

    fn enter(&self) -> Inside<'_> {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        Inside(self)
    }
}

struct Inside<'a>(&'a Double);

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Extractor for Double {
    fn extract<'a>(&'a self, content: &'a [Bytes], _: &'a str) -> BoxFuture<'a, Result<Extraction, String>> {
        Box::pin(async move {
            let _inside = self.enter();
            self.extracted.fetch_add(1, Ordering::SeqCst);
            assert_eq!(content.concat(), b"%PDF");
            tokio::task::yield_now().await;
            Ok(self.extraction.lock().unwrap().clone())
        })
    }
}

impl Embedder for Double {
    fn model(&self) -> &str {
        "double"
    }

    fn embed<'a>(&'a self, texts: &'a [String]) -> BoxFuture<'a, Result<Vec<Vec<f32>>, AiError>> {
        Box::pin(async move {
            let _inside = self.enter();
            tokio::task::yield_now().await;
            let good = self.good_batches.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1));
            good.map_err(|_| AiError::Transient { message: "The embedder is busy.".into(), retry_after: None })?;
            self.embedded.fetch_add(texts.len(), Ordering::SeqCst);
            Ok(texts.iter().map(|_| vec![1.0, 0.0]).collect())
        })
    }
}

impl LanguageModel for Double {
    fn name(&self) -> String {
        "double".into()
    }

    fn profile<'a>(&'a self, text: &'a str) -> BoxFuture<'a, Result<Profile, AiError>> {
        Box::pin(async move {
            let _inside = self.enter();
            assert!(text.starts_with("Jane Doe"));
            self.profiled.fetch_add(1, Ordering::SeqCst);
            self.at_gate.notify_one();
            self.gate.acquire().await.unwrap().forget();
            let trouble = self.trouble.lock().unwrap().pop_front();
            match trouble {
                Some(Trouble::Fail(error)) => Err(error),
                Some(Trouble::Panic) => panic!("the model panics"),
                None => Ok(Profile { name: Some("Jane Doe".into()), ..Profile::default() }),
            }
        })
    }
}
