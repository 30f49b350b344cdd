//! What tells this database from every other: its one row is made when somebody first asks.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "deployment")]
pub struct Model {
    /// Always 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i32,
    /// UUID v4.
    pub name: Uuid,
}

impl ActiveModelBehavior for ActiveModel {}
