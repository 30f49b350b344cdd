//! Which passages of résumés are near to a vector: an index in memory, or a ChromaDB. Neither reads the database: a service fills
//! it, and weighs what it proposes by the stored vectors.

pub mod chroma;
pub mod embedded;
mod levels;

use std::collections::HashSet;

use futures_util::future::BoxFuture;

use crate::domain::error::Result;
use crate::domain::{UploadId, UserId};

/// A chunk of a résumé.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub chunk: i64,
    /// The chunks of a job come and go together.
    pub job: i64,
    pub user: UserId,
    pub upload: UploadId,
    /// Neither zero nor without a number: [`is_usable`].
    pub vector: Vec<f32>,
}

/// Whether a vector has a direction.
pub fn is_usable(vector: &[f32]) -> bool {
    levels::length(vector).is_normal()
}

/// The cosine of the angle between two vectors of one dimension that have a direction.
pub fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot: f64 = a.iter().zip(b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum();
    dot / (levels::length(a) * levels::length(b))
}

/// Whose résumés are looked through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owners {
    Everybody,
    These(HashSet<UserId>),
}

impl Owners {
    pub fn include(&self, user: UserId) -> bool {
        match self {
            Self::Everybody => true,
            Self::These(users) => users.contains(&user),
        }
    }
}

/// Among which chunks the nearest are looked for. What is outside takes nobody's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    pub owners: Owners,
    /// Only this upload.
    pub upload: Option<UploadId>,
    /// All but this upload.
    pub without: Option<UploadId>,
}

impl Scope {
    pub fn admits(&self, user: UserId, upload: UploadId) -> bool {
        self.owners.include(user) && self.upload.is_none_or(|only| only == upload) && self.without != Some(upload)
    }

    pub fn is_empty(&self) -> bool {
        matches!(&self.owners, Owners::These(users) if users.is_empty())
    }
}

/// Vectors by nearness. Vectors of different dimensions are never compared.
///
/// # Errors
/// 503 `SEARCH_UNAVAILABLE`; what the index then holds is unknown until it is asked for its [`Self::jobs`] again.
pub trait VectorIndex: Send + Sync {
    /// What `/health` calls it.
    fn name(&self) -> &'static str;

    /// The jobs that it has whole. What it has of others, left by a process that died while it filled the index, goes.
    fn jobs(&self) -> BoxFuture<'_, Result<HashSet<i64>>>;

    /// Takes whole jobs in; a chunk that it has already is replaced.
    fn insert(&self, entries: Vec<Entry>) -> BoxFuture<'_, Result<()>>;

    /// Forgets all chunks of these jobs.
    fn remove(&self, jobs: Vec<i64>) -> BoxFuture<'_, Result<()>>;

    /// Chunks among which are, for each of the `limit` uploads in scope that are nearest by their best chunk, that chunk.
    fn nearest(&self, query: Vec<f32>, scope: Scope, limit: usize) -> BoxFuture<'_, Result<Vec<i64>>>;
}
