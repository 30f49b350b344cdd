//! What the search over résumés reads: the vectors of completed jobs, and the passages that were found.

use std::time::Duration;

use entity::{Timestamp, deployment};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait, QueryResult};
use time::OffsetDateTime;
use uuid::Uuid;

use super::profiles::floats;
use super::sql::Sql;
use super::{Store, db};
use crate::domain::error::Result;
use crate::domain::{JobId, UploadId, UserId};

/// By how much the clocks of nodes may differ, and the time that a commit may take.
const SLACK: Duration = Duration::from_secs(120);

/// A completed job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Completed {
    pub id: i64,
    pub at: OffsetDateTime,
}

/// A chunk of a completed job with its vector.
#[derive(Clone, Debug, PartialEq)]
pub struct EmbeddedChunk {
    pub id: i64,
    pub job: i64,
    pub user: UserId,
    pub upload: UploadId,
    pub vector: Vec<f32>,
}

/// A chunk as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passage {
    pub chunk: i64,
    pub upload_id: UploadId,
    pub job_id: JobId,
    /// Of the person whose résumé it is, if the analysis found one.
    pub name: Option<String>,
    pub text: String,
}

const CHUNKS: &str = "SELECT c.id, c.job_id, c.user_id, c.upload_id, c.embedding FROM resume_chunks c
    JOIN analysis_jobs j ON j.id = c.job_id AND j.status = 'completed'
    WHERE c.embedding IS NOT NULL AND c.embedding_model = $1 AND ";

fn embedded_chunk(row: &QueryResult) -> Result<EmbeddedChunk, sea_orm::DbErr> {
    let bytes: Vec<u8> = row.try_get_by_index(4)?;
    Ok(EmbeddedChunk {
        id: row.try_get_by_index(0)?,
        job: row.try_get_by_index(1)?,
        user: row.try_get_by_index(2)?,
        upload: row.try_get_by_index(3)?,
        vector: floats(&bytes),
    })
}

impl Store {
    /// Completed jobs with vectors of this model: all, or those that may have been committed since the clock of any node showed
    /// `since`. All chunks of a completed job have vectors of one model.
    pub async fn embedded_jobs(&self, model: &str, since: Option<OffsetDateTime>) -> Result<Vec<Completed>> {
        let mut sql = Sql::about(
            "SELECT j.id, j.completed_at FROM analysis_jobs j
             JOIN resume_chunks c ON c.job_id = j.id AND c.ordinal = 0 AND c.embedding_model = $1
             WHERE j.status = 'completed' AND j.completed_at IS NOT NULL",
            model,
        );
        if let Some(since) = since {
            sql.push(" AND j.completed_at >= ").bind(Timestamp::from(since - SLACK));
        }
        self.rows(sql, |row| {
            let at: Timestamp = row.try_get_by_index(1)?;
            Ok(Completed { id: row.try_get_by_index(0)?, at: at.into() })
        })
        .await
    }

    /// The vectors of this model of these jobs, as far as they are still there.
    pub async fn vectors_of_jobs(&self, jobs: &[i64], model: &str) -> Result<Vec<EmbeddedChunk>> {
        let mut sql = Sql::about(CHUNKS, model);
        sql.push("c.job_id IN ").list(jobs.iter().copied());
        self.rows(sql, embedded_chunk).await
    }

    /// The vectors of this model of these chunks, as far as they are still there.
    pub async fn vectors_of_chunks(&self, chunks: &[i64], model: &str) -> Result<Vec<EmbeddedChunk>> {
        let mut sql = Sql::about(CHUNKS, model);
        sql.push("c.id IN ").list(chunks.iter().copied());
        self.rows(sql, embedded_chunk).await
    }

    /// The texts of a job's chunks, in order.
    pub async fn chunk_texts(&self, job: i64) -> Result<Vec<String>> {
        let sql = Sql::about("SELECT text FROM resume_chunks WHERE job_id = $1 ORDER BY ordinal", job);
        self.rows(sql, |row| row.try_get_by_index(0)).await
    }

    /// What is shown of these chunks, in no order.
    pub async fn passages(&self, chunks: &[i64]) -> Result<Vec<Passage>> {
        let mut sql = Sql::new(
            "SELECT c.id, c.upload_id, j.job_id, p.name, c.text FROM resume_chunks c
             JOIN analysis_jobs j ON j.id = c.job_id LEFT JOIN user_profile p ON p.job_id = c.job_id WHERE c.id IN ",
        );
        sql.list(chunks.iter().copied());
        self.rows(sql, |row| {
            Ok(Passage {
                chunk: row.try_get_by_index(0)?,
                upload_id: row.try_get_by_index(1)?,
                job_id: row.try_get_by_index(2)?,
                name: row.try_get_by_index(3)?,
                text: row.try_get_by_index(4)?,
            })
        })
        .await
    }

    /// The customers whose active support chats are assigned to this agent.
    pub async fn customers_of(&self, agent: UserId) -> Result<Vec<UserId>> {
        let sql = Sql::about(
            "SELECT DISTINCT customer_id FROM conversations
             WHERE kind = 'support' AND status = 'active' AND agent_id = $1 AND customer_id IS NOT NULL",
            agent,
        );
        self.rows(sql, |row| row.try_get_by_index(0)).await
    }

    /// What tells this database from every other.
    pub async fn deployment(&self) -> Result<Uuid> {
        let row = deployment::ActiveModel { id: Set(1), name: Set(Uuid::new_v4()) };
        let first = OnConflict::column(deployment::Column::Id).do_nothing().to_owned();
        let insert = deployment::Entity::insert(row).on_conflict(first);
        insert.exec_without_returning(&self.write).await.map_err(db)?;
        let row = deployment::Entity::find_by_id(1).one(&self.write).await.map_err(db)?;
        row.map(|row| row.name).ok_or_else(|| crate::domain::error::Error::internal("no deployment row"))
    }

    async fn rows<T>(&self, sql: Sql, read: impl Fn(&QueryResult) -> Result<T, sea_orm::DbErr>) -> Result<Vec<T>> {
        let rows = self.read.query_all_raw(sql.statement(self.read.get_database_backend())).await.map_err(db)?;
        rows.iter().map(read).collect::<Result<_, _>>().map_err(db)
    }
}
