//! Accounts, tokens, tickets.

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
        manager.create_table(users()).await?;
        manager.create_table(retired_usernames()).await?;
        manager.create_table(tokens()).await?;
        manager.create_table(ws_tickets()).await?;
        unique(manager, "users", &["username_key"]).await?;
        unique(manager, "users", &["email_key"]).await?;
        index(manager, "users", &["role"]).await?;
        index(manager, "tokens", &["user_id"]).await?;
        index(manager, "tokens", &["sid"]).await?;
        index(manager, "tokens", &["expires_at"]).await?;
        index(manager, "ws_tickets", &["jti"]).await?;
        index(manager, "ws_tickets", &["expires_at"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["ws_tickets", "tokens", "retired_usernames", "users"]).await
    }
}

fn users() -> TableCreateStatement {
    Table::create()
        .table("users")
        .col(big_pk_auto("id"))
        .col(text("username"))
        .col(text("username_key"))
        .col(text("name"))
        .col(text("email"))
        .col(text("email_key"))
        .col(text("password_hash"))
        .col(text("role"))
        .col(text_null("avatar"))
        .col(boolean("away").default(false))
        .col(boolean("disabled").default(false))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .check(chars("username", 3, 50))
        .check(chars("name", 2, 100))
        .check(chars("email", 3, 254))
        .check(one_of("role", &["customer", "agent", "super-agent"]))
        .to_owned()
}

fn retired_usernames() -> TableCreateStatement {
    Table::create()
        .table("retired_usernames")
        .col(text("username_key").primary_key())
        .col(timestamp_with_time_zone("retired_at"))
        .to_owned()
}

fn tokens() -> TableCreateStatement {
    Table::create()
        .table("tokens")
        .col(pk_uuid("jti"))
        .col(big_integer("user_id"))
        .col(uuid("sid"))
        .col(timestamp_with_time_zone("issued_at"))
        .col(timestamp_with_time_zone("expires_at"))
        .col(timestamp_with_time_zone_null("revoked_at"))
        .col(uuid_null("replaced_by"))
        .col(timestamp_with_time_zone_null("replaced_at"))
        .foreign_key(&mut owned_by("user_id", "users"))
        .to_owned()
}

fn ws_tickets() -> TableCreateStatement {
    Table::create()
        .table("ws_tickets")
        .col(text("ticket_hash").primary_key())
        .col(uuid("jti"))
        .col(timestamp_with_time_zone("expires_at"))
        .check(chars("ticket_hash", 64, 64))
        .foreign_key(&mut reference("jti", "tokens", "jti", ForeignKeyAction::Cascade))
        .to_owned()
}
