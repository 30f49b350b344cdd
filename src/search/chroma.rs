//! The index in a ChromaDB, over its HTTP API (v2). It is given numbers only: vectors and ids, no text of a résumé.
//!
//! A collection holds the vectors of one model and dimension of one deployment; collections of other models of the deployment
//! are dropped when the server starts, or they would outlive the accounts whose résumés they came from.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use futures_util::future::BoxFuture;
use reqwest::{Client, Method};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{Entry, Owners, Scope, VectorIndex};
use crate::domain::UploadId;
use crate::domain::error::{Error, Result};

/// What a client waits while ChromaDB is away.
const RETRY: Duration = Duration::from_secs(10);
const CONNECT: Duration = Duration::from_secs(3);
const CALL: Duration = Duration::from_secs(30);
/// Collections, or ids of vectors, that are listed with one call.
const PAGE: usize = 1000;
/// Vectors that are sent with one call: about 3 MB of 1536 numbers. ChromaDB takes some thousands.
const BATCH: usize = 128;
/// Neighbours that are asked for at most while the nearest come from few uploads.
const MOST: usize = 10_000;

#[derive(Deserialize)]
struct Collection {
    id: Uuid,
    name: String,
}

#[derive(Deserialize)]
struct Listed {
    metadatas: Vec<Metadata>,
}

/// Of one query: lists in lists.
#[derive(Deserialize)]
struct Neighbours {
    ids: Vec<Vec<String>>,
    metadatas: Vec<Vec<Metadata>>,
}

#[derive(Deserialize)]
struct Metadata {
    job: i64,
    upload: UploadId,
    /// How many vectors its job has, in all collections.
    #[serde(default)]
    of: usize,
}

/// How many vectors of a job are there, and should be.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Share {
    found: usize,
    of: usize,
}

pub struct Chroma {
    http: Client,
    /// Where its collections are.
    url: String,
    /// How the names of the deployment's collections begin.
    ours: String,
    /// How the names of those of the present model begin; the dimension follows.
    prefix: String,
    /// The ids of the present model's collections, by dimension.
    collections: RwLock<HashMap<usize, Uuid>>,
    /// Whether the collections of other models have been dropped.
    swept: AtomicBool,
}

/// What is logged says where it failed and how, and nothing of what was sent.
fn away(detail: impl ToString) -> Error {
    let mut error = Error::unavailable(
        "SEARCH_UNAVAILABLE",
        "The search index cannot be reached at the moment. Analyses go on and will be found later: please try again soon.",
        RETRY,
    );
    error.detail = Some(detail.to_string());
    error
}

/// Conditions of a query on the metadata of vectors.
fn filter(scope: &Scope) -> Option<Value> {
    let owners = match &scope.owners {
        Owners::Everybody => None,
        Owners::These(users) => Some(json!({"user": {"$in": users}})),
    };
    let only = scope.upload.map(|upload| json!({"upload": {"$eq": upload}}));
    let without = scope.without.map(|upload| json!({"upload": {"$ne": upload}}));
    let mut all: Vec<Value> = [owners, only, without].into_iter().flatten().collect();
    if all.len() > 1 { Some(json!({"$and": all})) } else { all.pop() }
}

impl Chroma {
    /// Opens no connection. `deployment` is told apart from others that use the same ChromaDB.
    pub fn new(base: &str, deployment: Uuid, model: &str) -> Result<Self> {
        let http = Client::builder().connect_timeout(CONNECT).timeout(CALL).build();
        let ours = format!("greenroom-{}-", deployment.simple());
        Ok(Self {
            http: http.map_err(|error| Error::internal(format!("HTTP client: {error}")))?,
            url: format!("{base}/api/v2/tenants/default_tenant/databases/default_database/collections"),
            prefix: format!("{ours}{}-", hex::encode(&Sha256::digest(model)[..4])),
            ours,
            collections: RwLock::default(),
            swept: AtomicBool::new(false),
        })
    }

    async fn call<T: DeserializeOwned>(&self, method: Method, path: &str, body: Option<Value>) -> Result<T> {
        let mut request = self.http.request(method, format!("{}{path}", self.url));
        if let Some(body) = body {
            request = request.header("Content-Type", "application/json").body(body.to_string());
        }
        let answer = request.send().await.map_err(|error| away(error.without_url()))?;
        let status = answer.status();
        let body = answer.bytes().await.map_err(|error| away(error.without_url()))?;
        if !status.is_success() {
            let said: Value = serde_json::from_slice(&body).unwrap_or_default();
            return Err(away(format!("ChromaDB answered {status} {}", said["error"].as_str().unwrap_or_default())));
        }
        serde_json::from_slice(&body).map_err(|error| away(format!("ChromaDB answered what is not its API: {error}")))
    }

    async fn post<T: DeserializeOwned>(&self, path: &str, body: Value) -> Result<T> {
        self.call(Method::POST, path, Some(body)).await
    }

    fn known(&self) -> HashMap<usize, Uuid> {
        self.collections.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The collection of vectors of this dimension, made if there is none.
    async fn collection(&self, dimension: usize) -> Result<Uuid> {
        if let Some(id) = self.known().get(&dimension) {
            return Ok(*id);
        }
        let configuration = json!({"hnsw": {"space": "cosine", "ef_construction": 200, "ef_search": 200}});
        let name = format!("{}{dimension}", self.prefix);
        let asked = json!({"name": name, "get_or_create": true, "configuration": configuration});
        let made: Collection = self.post("", asked).await?;
        self.collections.write().unwrap_or_else(PoisonError::into_inner).insert(dimension, made.id);
        Ok(made.id)
    }

    /// Looks which collections there are; for the first time, drops those of other models.
    async fn look_around(&self) -> Result<HashMap<usize, Uuid>> {
        let mut found = HashMap::new();
        let mut others = Vec::new();
        for offset in (0..).step_by(PAGE) {
            let path = format!("?limit={PAGE}&offset={offset}");
            let page: Vec<Collection> = self.call(Method::GET, &path, None).await?;
            let last = page.len() < PAGE;
            for Collection { id, name } in page {
                match name.strip_prefix(&self.prefix).and_then(|dimension| dimension.parse().ok()) {
                    Some(dimension) => {
                        found.insert(dimension, id);
                    }
                    None if name.starts_with(&self.ours) => others.push(name),
                    None => {}
                }
            }
            if last {
                break;
            }
        }
        if !self.swept.load(Ordering::Relaxed) {
            for name in others {
                let _: Value = self.call(Method::DELETE, &format!("/{name}"), None).await?;
            }
            self.swept.store(true, Ordering::Relaxed);
        }
        self.collections.write().unwrap_or_else(PoisonError::into_inner).clone_from(&found);
        Ok(found)
    }

    async fn count_in(&self, collection: Uuid, jobs: &mut HashMap<i64, Share>) -> Result<()> {
        for offset in (0..).step_by(PAGE) {
            let asked = json!({"limit": PAGE, "offset": offset, "include": ["metadatas"]});
            let page: Listed = self.post(&format!("/{collection}/get"), asked).await?;
            for metadata in &page.metadatas {
                let share = jobs.entry(metadata.job).or_default();
                *share = Share { found: share.found + 1, of: metadata.of };
            }
            if page.metadatas.len() < PAGE {
                break;
            }
        }
        Ok(())
    }

    async fn upsert(&self, collection: Uuid, entries: &[&Entry], sizes: &HashMap<i64, usize>) -> Result<()> {
        let metadata = |entry: &&Entry| {
            let Entry { job, user, upload, .. } = entry;
            json!({"job": job, "user": user, "upload": upload, "of": sizes.get(job)})
        };
        let vectors = json!({
            "ids": entries.iter().map(|entry| entry.chunk.to_string()).collect::<Vec<_>>(),
            "embeddings": entries.iter().map(|entry| entry.vector.as_slice()).collect::<Vec<_>>(),
            "metadatas": entries.iter().map(metadata).collect::<Vec<_>>(),
        });
        let _: Value = self.post(&format!("/{collection}/upsert"), vectors).await?;
        Ok(())
    }

    /// The best chunk of each upload among the `count` nearest chunks, and whether there may be more uploads.
    async fn neighbours(
        &self,
        collection: Uuid,
        query: &[f32],
        scope: &Scope,
        count: usize,
    ) -> Result<(Vec<i64>, bool)> {
        let mut asked = json!({"query_embeddings": [query], "n_results": count, "include": ["metadatas"]});
        if let Some(filter) = filter(scope) {
            asked["where"] = filter;
        }
        let found: Neighbours = self.post(&format!("/{collection}/query"), asked).await?;
        let ids: Vec<String> = found.ids.into_iter().flatten().collect();
        let full = ids.len() >= count;
        let mut uploads = HashSet::new();
        let best =
            ids.into_iter().zip(found.metadatas.into_iter().flatten()).filter(|(_, of)| uploads.insert(of.upload));
        let chunks = best.map(|(id, _)| id.parse().map_err(away)).collect::<Result<_>>()?;
        Ok((chunks, full))
    }
}

impl VectorIndex for Chroma {
    fn name(&self) -> &'static str {
        "chroma"
    }

    fn jobs(&self) -> BoxFuture<'_, Result<HashSet<i64>>> {
        Box::pin(async move {
            let mut jobs = HashMap::new();
            for collection in self.look_around().await?.into_values() {
                self.count_in(collection, &mut jobs).await?;
            }
            let (whole, parts): (Vec<_>, Vec<_>) = jobs.into_iter().partition(|(_, share)| share.found == share.of);
            self.remove(parts.into_iter().map(|(job, _)| job).collect()).await?;
            Ok(whole.into_iter().map(|(job, _)| job).collect())
        })
    }

    fn insert(&self, entries: Vec<Entry>) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            let mut by_dimension: HashMap<usize, Vec<&Entry>> = HashMap::new();
            let mut sizes: HashMap<i64, usize> = HashMap::new();
            for entry in &entries {
                by_dimension.entry(entry.vector.len()).or_default().push(entry);
                *sizes.entry(entry.job).or_default() += 1;
            }
            for (dimension, entries) in by_dimension {
                let collection = self.collection(dimension).await?;
                for batch in entries.chunks(BATCH) {
                    self.upsert(collection, batch, &sizes).await?;
                }
            }
            Ok(())
        })
    }

    fn remove(&self, jobs: Vec<i64>) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            for collection in self.known().into_values() {
                for some in jobs.chunks(PAGE) {
                    let which = json!({"where": {"job": {"$in": some}}});
                    let _: Value = self.post(&format!("/{collection}/delete"), which).await?;
                }
            }
            Ok(())
        })
    }

    fn nearest(&self, query: Vec<f32>, scope: Scope, limit: usize) -> BoxFuture<'_, Result<Vec<i64>>> {
        Box::pin(async move {
            let Some(collection) = self.known().get(&query.len()).copied() else { return Ok(Vec::new()) };
            if scope.is_empty() {
                return Ok(Vec::new());
            }
            let mut count = limit.saturating_mul(4).clamp(32, MOST);
            loop {
                let (chunks, more) = self.neighbours(collection, &query, &scope, count).await?;
                if chunks.len() >= limit || !more || count == MOST {
                    return Ok(chunks);
                }
                count = (count * 4).min(MOST);
            }
        })
    }
}
