//! Analysis: the queue of jobs, what their stages stored, who read the results.

use sea_orm_migration::{prelude::*, schema::*};

use crate::parts::*;

const STAGES: &[&str] = &["queued", "extracting_text", "chunking", "generating_embeddings", "analyzing", "completed"];

/// The queue: claims take its first row, so finished jobs must not be in the way.
const QUEUE_INDEX: &str = "CREATE INDEX idx_analysis_jobs_queue ON analysis_jobs (run_at, id) \
                           WHERE lease_token IS NULL AND status NOT IN ('completed', 'failed')";

/// The number of active jobs of a user is counted before each start.
const ACTIVE_INDEX: &str = "CREATE INDEX idx_analysis_jobs_active ON analysis_jobs (user_id) \
                            WHERE status NOT IN ('completed', 'failed')";

/// The sweep for expired leases reads only jobs that are leased.
const LEASE_INDEX: &str =
    "CREATE INDEX idx_analysis_jobs_lease_until ON analysis_jobs (lease_until) WHERE lease_until IS NOT NULL";

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(analysis_jobs()).await?;
        manager.create_table(job_texts()).await?;
        manager.create_table(resume_chunks()).await?;
        manager.create_table(user_profile()).await?;
        manager.create_table(access_log()).await?;
        unique(manager, "analysis_jobs", &["job_id"]).await?;
        index(manager, "analysis_jobs", &["upload_id", "id"]).await?;
        index(manager, "analysis_jobs", &["user_id", "id"]).await?;
        for partial in [QUEUE_INDEX, ACTIVE_INDEX, LEASE_INDEX] {
            manager.get_connection().execute_unprepared(partial).await?;
        }
        unique(manager, "resume_chunks", &["job_id", "ordinal"]).await?;
        index(manager, "resume_chunks", &["user_id"]).await?;
        index(manager, "resume_chunks", &["upload_id"]).await?;
        index(manager, "resume_chunks", &["embedding_model"]).await?;
        index(manager, "user_profile", &["user_id"]).await?;
        index(manager, "user_profile", &["upload_id"]).await?;
        index(manager, "access_log", &["owner_id", "id"]).await?;
        index(manager, "access_log", &["viewer_id"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["access_log", "user_profile", "resume_chunks", "job_texts", "analysis_jobs"]).await
    }
}

fn analysis_jobs() -> TableCreateStatement {
    Table::create()
        .table("analysis_jobs")
        .col(big_pk_auto("id"))
        .col(uuid("job_id"))
        .col(big_integer("upload_id"))
        .col(big_integer("user_id"))
        .col(text("status"))
        .col(text("stage"))
        .col(integer("attempt").default(1))
        .col(integer("tries").default(0))
        .col(text_null("error_message"))
        .col(json_binary("errors"))
        .col(timestamp_with_time_zone("run_at"))
        .col(uuid_null("lease_token"))
        .col(big_integer_null("lease_owner"))
        .col(timestamp_with_time_zone_null("lease_until"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .col(timestamp_with_time_zone_null("completed_at"))
        .check(one_of("status", STAGES).or(Expr::col("status").eq("failed")))
        .check(one_of("stage", STAGES))
        .check(at_least("attempt", 1))
        .check(at_least("tries", 0))
        .foreign_key(&mut owned_by("upload_id", "user_uploads"))
        .foreign_key(&mut owned_by("user_id", "users"))
        .to_owned()
}

fn job_texts() -> TableCreateStatement {
    Table::create()
        .table("job_texts")
        .col(big_integer("job_id").primary_key())
        .col(text("status"))
        .col(text("text"))
        .col(json_binary("parse_quality"))
        .col(timestamp_with_time_zone("created_at"))
        .foreign_key(&mut owned_by("job_id", "analysis_jobs"))
        .to_owned()
}

fn resume_chunks() -> TableCreateStatement {
    Table::create()
        .table("resume_chunks")
        .col(big_pk_auto("id"))
        .col(big_integer("job_id"))
        .col(big_integer("user_id"))
        .col(big_integer("upload_id"))
        .col(integer("ordinal"))
        .col(text("text"))
        .col(blob_null("embedding"))
        .col(text_null("embedding_model"))
        .col(timestamp_with_time_zone("created_at"))
        .check(at_least("ordinal", 0))
        .foreign_key(&mut owned_by("job_id", "analysis_jobs"))
        .foreign_key(&mut owned_by("user_id", "users"))
        .foreign_key(&mut owned_by("upload_id", "user_uploads"))
        .to_owned()
}

fn user_profile() -> TableCreateStatement {
    Table::create()
        .table("user_profile")
        .col(big_integer("job_id").primary_key())
        .col(big_integer("upload_id"))
        .col(big_integer("user_id"))
        .col(text_null("name"))
        .col(text("analyzer"))
        .col(json_binary("profile"))
        .col(json_binary("parse_quality"))
        .col(timestamp_with_time_zone("created_at"))
        .foreign_key(&mut owned_by("job_id", "analysis_jobs"))
        .foreign_key(&mut owned_by("upload_id", "user_uploads"))
        .foreign_key(&mut owned_by("user_id", "users"))
        .to_owned()
}

fn access_log() -> TableCreateStatement {
    Table::create()
        .table("access_log")
        .col(big_pk_auto("id"))
        .col(big_integer("owner_id"))
        .col(big_integer_null("viewer_id"))
        .col(uuid("job_id"))
        .col(text("action"))
        .col(timestamp_with_time_zone("at"))
        .check(one_of("action", &["status", "result", "export"]))
        .foreign_key(&mut owned_by("owner_id", "users"))
        .foreign_key(&mut mentions("viewer_id", "users"))
        .to_owned()
}
