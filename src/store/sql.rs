//! Statements written by hand, where the query builder would be slower or harder to read. Values are always bound.

use std::fmt::Write as _;

use sea_orm::{DbBackend, Statement, Value};

/// A statement in the making. `$1`, `$2`, … mean the same on both databases.
#[derive(Default)]
pub(super) struct Sql {
    text: String,
    values: Vec<Value>,
}

impl Sql {
    pub fn new(text: &str) -> Self {
        Self { text: text.to_owned(), values: Vec::new() }
    }

    /// A statement whose `$1` is this value.
    pub fn about(text: &str, first: impl Into<Value>) -> Self {
        Self { text: text.to_owned(), values: vec![first.into()] }
    }

    /// Adds text as it is: never anything that came from outside.
    pub fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Adds a value.
    pub fn bind(&mut self, value: impl Into<Value>) -> &mut Self {
        self.values.push(value.into());
        let place = self.values.len();
        // writing to a string cannot fail
        let _ = write!(self.text, "${place}");
        self
    }

    /// Adds `(value, value, …)`; of none, a list in which nothing is.
    pub fn list<V: Into<Value>>(&mut self, values: impl IntoIterator<Item = V>) -> &mut Self {
        self.push("(");
        let mut first = true;
        for value in values {
            if !first {
                self.push(", ");
            }
            first = false;
            self.bind(value);
        }
        if first {
            self.push("NULL");
        }
        self.push(")")
    }

    pub fn statement(self, backend: DbBackend) -> Statement {
        Statement::from_sql_and_values(backend, self.text, self.values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_numbered_and_lists_never_empty() {
        let mut sql = Sql::new("SELECT 1 WHERE a = ");
        sql.bind(7).push(" AND b IN ").list(["x", "y"]).push(" AND c IN ").list(Vec::<i64>::new());
        let statement = sql.statement(DbBackend::Sqlite);
        assert_eq!(statement.sql, "SELECT 1 WHERE a = $1 AND b IN ($2, $3) AND c IN (NULL)");
        assert_eq!(statement.values.map(|values| values.0.len()), Some(3));
    }
}
