//! What the service keeps for itself.

use sea_orm_migration::{prelude::*, schema::*};

use crate::parts::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(idempotency_keys()).await?;
        manager.create_table(model_calibrations()).await?;
        index(manager, "idempotency_keys", &["expires_at"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["model_calibrations", "idempotency_keys"]).await
    }
}

fn idempotency_keys() -> TableCreateStatement {
    Table::create()
        .table("idempotency_keys")
        .col(big_integer("user_id"))
        .col(text("key"))
        .col(text("scope"))
        .col(text("request_hash"))
        .col(integer_null("status"))
        .col(blob_null("body"))
        .col(json_binary_null("headers"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("expires_at"))
        .primary_key(&mut key(&["user_id", "scope", "key"]))
        .check(chars("key", 1, 255))
        .check(between("status", 100, 599))
        .foreign_key(&mut owned_by("user_id", "users"))
        .to_owned()
}

fn model_calibrations() -> TableCreateStatement {
    Table::create()
        .table("model_calibrations")
        .col(text("model").primary_key())
        .col(integer("dimension"))
        .col(double("cut"))
        .col(timestamp_with_time_zone("measured_at"))
        .check(at_least("dimension", 1))
        .check(Expr::cust("cut BETWEEN -1 AND 1"))
        .to_owned()
}
