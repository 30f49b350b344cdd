//! Statements written by hand, where the query builder would be slower or harder to read. Values are always bound.

use std::fmt::Write as _;

use sea_orm::{DbBackend, Statement, Value};

/// A statement in the making.
///
/// SQLite finds a named parameter by walking all names, so that a statement with many of them costs their square:
/// there they have no names, unless the text names one itself.
#[derive(Default)]
pub(super) struct Sql {
    text: String,
    values: Vec<Value>,
    /// Where in the text values belong.
    places: Vec<usize>,
    /// How many values the text names itself.
    named: usize,
}

impl Sql {
    pub fn new(text: &str) -> Self {
        Self { text: text.to_owned(), ..Self::default() }
    }

    /// A statement whose `$1` is this value.
    pub fn about(text: &str, first: impl Into<Value>) -> Self {
        Self { text: text.to_owned(), values: vec![first.into()], named: 1, ..Self::default() }
    }

    /// The statement that begins with this text and goes on with what there is.
    pub fn after(mut self, text: &str) -> Self {
        self.text.insert_str(0, text);
        self.places.iter_mut().for_each(|place| *place += text.len());
        self
    }

    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Adds text as it is: never anything that came from outside.
    pub fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Adds a value.
    pub fn bind(&mut self, value: impl Into<Value>) -> &mut Self {
        self.values.push(value.into());
        self.places.push(self.text.len());
        self
    }

    /// Adds `(value, value, …)`; of none, a list in which nothing is. Long lists are filled up with their last value, so
    /// that there are few different statements and the database keeps them prepared.
    pub fn list<V: Into<Value>>(&mut self, values: impl IntoIterator<Item = V>) -> &mut Self {
        let mut values: Vec<Value> = values.into_iter().map(Into::into).collect();
        if let Some(last) = values.last().cloned() {
            values.resize(padded(values.len()), last);
        }
        self.push("(");
        if values.is_empty() {
            self.push("NULL");
        }
        for (n, value) in values.into_iter().enumerate() {
            self.push(if n > 0 { ", " } else { "" }).bind(value);
        }
        self.push(")")
    }

    pub fn statement(self, backend: DbBackend) -> Statement {
        let unnamed = backend == DbBackend::Sqlite && self.named == 0;
        let mut text = String::with_capacity(self.text.len() + self.places.len() * 4);
        let mut written = 0;
        for (place, number) in self.places.into_iter().zip(self.named + 1..) {
            text.push_str(&self.text[written..place]);
            written = place;
            placeholder(&mut text, number, unnamed);
        }
        text.push_str(&self.text[written..]);
        Statement::from_sql_and_values(backend, text, self.values)
    }
}

/// How many values a list of so many is filled up to.
pub(super) fn padded(len: usize) -> usize {
    if len <= 8 { len } else { len.next_power_of_two() }
}

/// Where a value is put in: `?`, or `$1`, `$2`, …
pub(super) fn placeholder(text: &mut String, number: usize, unnamed: bool) {
    if unnamed {
        text.push('?');
    } else {
        // writing to a string cannot fail
        let _ = write!(text, "${number}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_numbered_where_it_costs_nothing_and_lists_never_empty() {
        let sql = || {
            let mut sql = Sql::new("SELECT 1 WHERE a = ");
            sql.bind(7).push(" AND b IN ").list(["x", "y"]).push(" AND c IN ").list(Vec::<i64>::new());
            sql
        };
        let statement = sql().statement(DbBackend::Postgres);
        assert_eq!(statement.sql, "SELECT 1 WHERE a = $1 AND b IN ($2, $3) AND c IN (NULL)");
        assert_eq!(statement.values.map(|values| values.0.len()), Some(3));
        let statement = sql().statement(DbBackend::Sqlite);
        assert_eq!(statement.sql, "SELECT 1 WHERE a = ? AND b IN (?, ?) AND c IN (NULL)");
        let mut sql = Sql::about("SELECT $1, $1 WHERE a = ", 1);
        sql.bind(2);
        assert_eq!(sql.statement(DbBackend::Sqlite).sql, "SELECT $1, $1 WHERE a = $2");
    }

    #[test]
    fn long_lists_are_filled_up_with_their_last_value() {
        let mut sql = Sql::new("SELECT 1 WHERE a IN ");
        sql.list(0..9_i64);
        let values = sql.statement(DbBackend::Sqlite).values.map(|values| values.0).unwrap_or_default();
        assert_eq!((values.len(), values.last()), (16, Some(&Value::from(8_i64))));
        assert_eq!([0, 1, 8, 9, 256, 257].map(padded), [0, 1, 8, 16, 256, 512]);
    }
}
