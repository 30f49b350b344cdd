//! What the stages of an analysis store: the text, its chunks and their embeddings, the profile.
//! The output of a stage and the step to the next are one transaction.

use entity::{job_text, resume_chunk, user_profile};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::de::DeserializeOwned;
use time::OffsetDateTime;

use super::{Lease, Store, db};
use crate::domain::document::{ExtractStatus, Extraction, ParseQuality};
use crate::domain::error::{Error, Result};
use crate::domain::job::{Job, Stage};
use crate::domain::profile::Profile;

/// The result of a completed analysis.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredProfile {
    pub profile: Profile,
    /// `offline` or `provider:model`.
    pub analyzer: String,
    pub parse_quality: ParseQuality,
    pub created_at: OffsetDateTime,
}

/// A piece of a résumé that has no embedding of the present model yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    pub id: i64,
    pub text: String,
}

/// How the database keeps a vector: 32-bit floats, little end first.
pub(super) fn blob(vector: &[f32]) -> Vec<u8> {
    vector.iter().flat_map(|x| x.to_le_bytes()).collect()
}

/// The vector that [`blob`] wrote.
pub(super) fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks::<4>().0.iter().map(|four| f32::from_le_bytes(*four)).collect()
}

fn stored<T: DeserializeOwned>(value: serde_json::Value) -> Result<T> {
    serde_json::from_value(value).map_err(|error| Error::internal(format!("stored JSON: {error}")))
}

/// As JSON without U+0000, which PostgreSQL cannot keep and a model may well write.
fn json(value: &impl serde::Serialize) -> Result<serde_json::Value> {
    let mut value = serde_json::to_value(value).map_err(|error| Error::internal(format!("JSON to store: {error}")))?;
    strip_nul(&mut value);
    Ok(value)
}

fn strip_nul(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::String(text) => text.retain(|c| c != '\0'),
        serde_json::Value::Array(items) => items.iter_mut().for_each(strip_nul),
        serde_json::Value::Object(members) => members.values_mut().for_each(strip_nul),
        serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => (),
    }
}

impl Store {
    /// The text of a job's document, if the stage was finished.
    pub async fn job_text(&self, job: &Job) -> Result<Option<Extraction>> {
        let row = job_text::Entity::find_by_id(job.id).one(&self.read).await.map_err(db)?;
        row.map(|row| {
            let parse_quality = stored(row.parse_quality)?;
            Ok(Extraction { status: ExtractStatus::Ok, text: row.text, parse_quality })
        })
        .transpose()
    }

    /// Keeps the text of a document that could be read, and steps to `chunking`.
    pub async fn store_text(&self, lease: &Lease, extraction: &Extraction) -> Result<Option<Job>> {
        let row = job_text::ActiveModel {
            job_id: Set(lease.job.id),
            status: Set("ok".into()),
            text: Set(extraction.text.replace('\0', "")),
            parse_quality: Set(json(&extraction.parse_quality)?),
            created_at: Set(self.clock.now().into()),
        };
        let txn = self.begin().await?;
        let Some(job) = lease.step(Stage::Chunking, self.clock.now(), &txn).await? else { return Ok(None) };
        let insert = job_text::Entity::insert(row)
            .on_conflict(OnConflict::column(job_text::Column::JobId).do_nothing().to_owned());
        insert.exec_without_returning(&txn).await.map_err(db)?;
        txn.commit().await.map_err(db)?;
        Ok(Some(job))
    }

    pub async fn has_chunks(&self, job: &Job) -> Result<bool> {
        let query = resume_chunk::Entity::find().filter(resume_chunk::Column::JobId.eq(job.id));
        let first: Option<i64> = query
            .select_only()
            .column(resume_chunk::Column::Id)
            .limit(1)
            .into_tuple()
            .one(&self.read)
            .await
            .map_err(db)?;
        Ok(first.is_some())
    }

    /// Keeps the chunks in their order, and steps to `generating_embeddings`.
    pub async fn store_chunks(&self, lease: &Lease, chunks: Vec<String>) -> Result<Option<Job>> {
        let now = self.clock.now();
        let txn = self.begin().await?;
        let Some(job) = lease.step(Stage::GeneratingEmbeddings, now, &txn).await? else { return Ok(None) };
        let rows = (0..).zip(chunks).map(|(ordinal, text)| resume_chunk::ActiveModel {
            job_id: Set(job.id),
            user_id: Set(job.user_id),
            upload_id: Set(job.upload_id),
            ordinal: Set(ordinal),
            text: Set(text),
            created_at: Set(now.into()),
            ..Default::default()
        });
        for row in rows {
            resume_chunk::Entity::insert(row).exec_without_returning(&txn).await.map_err(db)?;
        }
        txn.commit().await.map_err(db)?;
        Ok(Some(job))
    }

    /// At most `limit` chunks of the job that have no embedding of this model, in order.
    pub async fn chunks_to_embed(&self, job: &Job, model: &str, limit: u64) -> Result<Vec<Chunk>> {
        let missing = Condition::any()
            .add(resume_chunk::Column::Embedding.is_null())
            .add(resume_chunk::Column::EmbeddingModel.is_null())
            .add(resume_chunk::Column::EmbeddingModel.ne(model));
        let rows: Vec<(i64, String)> = resume_chunk::Entity::find()
            .select_only()
            .columns([resume_chunk::Column::Id, resume_chunk::Column::Text])
            .filter(resume_chunk::Column::JobId.eq(job.id))
            .filter(missing)
            .order_by_asc(resume_chunk::Column::Ordinal)
            .limit(limit)
            .into_tuple()
            .all(&self.read)
            .await
            .map_err(db)?;
        Ok(rows.into_iter().map(|(id, text)| Chunk { id, text }).collect())
    }

    /// Keeps one batch of embeddings; false if the lease is lost.
    pub async fn store_embeddings(&self, lease: &Lease, model: &str, batch: &[(i64, Vec<f32>)]) -> Result<bool> {
        let txn = self.begin().await?;
        if !lease.holds(&txn).await? {
            return Ok(false);
        }
        for (chunk, vector) in batch {
            resume_chunk::Entity::update_many()
                .col_expr(resume_chunk::Column::Embedding, Expr::value(blob(vector)))
                .col_expr(resume_chunk::Column::EmbeddingModel, Expr::value(model))
                .filter(resume_chunk::Column::Id.eq(*chunk))
                .exec(&txn)
                .await
                .map_err(db)?;
        }
        txn.commit().await.map_err(db)?;
        Ok(true)
    }

    /// Keeps the profile and completes the job.
    pub async fn store_profile(&self, lease: &Lease, found: &StoredProfile) -> Result<Option<Job>> {
        let now = self.clock.now();
        let profile = json(&found.profile)?;
        let row = user_profile::ActiveModel {
            job_id: Set(lease.job.id),
            upload_id: Set(lease.job.upload_id),
            user_id: Set(lease.job.user_id),
            name: Set(profile["name"].as_str().map(str::to_owned)),
            analyzer: Set(found.analyzer.clone()),
            profile: Set(profile),
            parse_quality: Set(json(&found.parse_quality)?),
            created_at: Set(found.created_at.into()),
        };
        let txn = self.begin().await?;
        let Some(job) = lease.step(Stage::Completed, now, &txn).await? else { return Ok(None) };
        user_profile::Entity::insert(row).exec_without_returning(&txn).await.map_err(db)?;
        txn.commit().await.map_err(db)?;
        Ok(Some(job))
    }

    /// The result of a completed job.
    pub async fn profile(&self, job: &Job) -> Result<Option<StoredProfile>> {
        let row = user_profile::Entity::find_by_id(job.id).one(&self.read).await.map_err(db)?;
        row.map(|row| {
            Ok(StoredProfile {
                profile: stored(row.profile)?,
                analyzer: row.analyzer,
                parse_quality: stored(row.parse_quality)?,
                created_at: row.created_at.into(),
            })
        })
        .transpose()
    }
}
