//! Search over résumés: what is new is found by its time, and a vector store of its own knows deployments apart.

use sea_orm_migration::{prelude::*, schema::*};

use crate::parts::*;

/// Each search asks for the jobs that were completed since the last one.
const COMPLETED_INDEX: &str =
    "CREATE INDEX idx_analysis_jobs_completed ON analysis_jobs (completed_at) WHERE status = 'completed'";

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(deployment()).await?;
        manager.get_connection().execute_unprepared(COMPLETED_INDEX).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared("DROP INDEX idx_analysis_jobs_completed").await?;
        drop_tables(manager, &["deployment"]).await
    }
}

fn deployment() -> TableCreateStatement {
    Table::create()
        .table("deployment")
        .col(integer("id").primary_key())
        .col(uuid("name"))
        .check(between("id", 1, 1))
        .to_owned()
}
