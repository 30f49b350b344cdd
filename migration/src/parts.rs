//! What the migrations are made of: references, checks, indexes.

use sea_orm_migration::prelude::*;

/// The largest part of a file kept in one row, in bytes.
pub const PART_BYTES: u64 = 256 * 1024;
/// The largest file, in bytes.
pub const FILE_BYTES: u64 = 10 * 1024 * 1024;

pub const CATEGORIES: &[&str] = &["Technical", "Behavioral", "Situational", "Problem-Solving"];
pub const DIFFICULTIES: &[&str] = &["Easy", "Medium", "Hard"];

/// Reference to `table`'s id; the row goes with the one it refers to.
pub fn owned_by(column: &'static str, table: &'static str) -> ForeignKeyCreateStatement {
    reference(column, table, "id", ForeignKeyAction::Cascade)
}

/// Reference to `table`'s id that becomes null when the row it refers to goes.
pub fn mentions(column: &'static str, table: &'static str) -> ForeignKeyCreateStatement {
    reference(column, table, "id", ForeignKeyAction::SetNull)
}

pub fn reference(
    column: &'static str,
    table: &'static str,
    key: &'static str,
    on_delete: ForeignKeyAction,
) -> ForeignKeyCreateStatement {
    ForeignKey::create().from_col(column).to(table, key).on_delete(on_delete).to_owned()
}

pub fn one_of(column: &'static str, values: &[&'static str]) -> Expr {
    Expr::col(column).is_in(values.iter().copied())
}

/// Bounds on the number of Unicode scalar values.
pub fn chars(column: &str, min: u64, max: u64) -> Expr {
    Expr::cust(format!("length({column}) BETWEEN {min} AND {max}"))
}

pub fn bytes(column: &str, min: u64, max: u64) -> Expr {
    Expr::cust(format!("octet_length({column}) BETWEEN {min} AND {max}"))
}

pub fn between(column: &'static str, min: u64, max: u64) -> Expr {
    Expr::cust(format!("{column} BETWEEN {min} AND {max}"))
}

pub fn at_least(column: &'static str, min: u64) -> Expr {
    Expr::cust(format!("{column} >= {min}"))
}

/// Exactly the rows whose `kind` is the given one have a value in `column`.
pub fn only_kind_has(kind: &str, column: &str) -> Expr {
    Expr::cust(format!("(kind = '{kind}') = ({column} IS NOT NULL)"))
}

pub fn key(columns: &[&'static str]) -> IndexCreateStatement {
    let mut key = Index::create();
    for column in columns {
        key.col(*column);
    }
    key
}

pub async fn index(manager: &SchemaManager<'_>, table: &'static str, columns: &[&'static str]) -> Result<(), DbErr> {
    manager.create_index(named(table, columns)).await
}

pub async fn unique(manager: &SchemaManager<'_>, table: &'static str, columns: &[&'static str]) -> Result<(), DbErr> {
    manager.create_index(named(table, columns).unique().to_owned()).await
}

fn named(table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    key(columns).name(format!("idx_{table}_{}", columns.join("_"))).table(table).to_owned()
}

/// Drops the tables in the order given: those that refer to others first.
pub async fn drop_tables(manager: &SchemaManager<'_>, tables: &[&'static str]) -> Result<(), DbErr> {
    for table in tables {
        manager.drop_table(Table::drop().table(*table).to_owned()).await?;
    }
    Ok(())
}
