//! Accounts.

use sea_orm::entity::prelude::*;

use crate::Timestamp;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// As the user writes it; [`Model::username_key`] is what is compared.
    pub username: String,
    /// The username in lower case.
    #[sea_orm(unique)]
    pub username_key: String,
    pub name: String,
    pub email: String,
    /// The e-mail address in lower case.
    #[sea_orm(unique)]
    pub email_key: String,
    /// PHC string of Argon2id.
    pub password_hash: String,
    /// `customer`, `agent` or `super-agent`.
    pub role: String,
    pub avatar: Option<String>,
    pub away: bool,
    pub disabled: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl ActiveModelBehavior for ActiveModel {}
