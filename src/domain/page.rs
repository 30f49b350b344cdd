//! One page of a list: how many, and after which entry.

use super::error::{Error, Kind, Result};

/// The bounds of one page (contract, section 1): `limit` is 1–200, `before` the position where the last page ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    pub limit: u64,
    pub before: Option<i64>,
}

/// One page of entries, and the position after which the next page begins, if there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slice<T> {
    pub items: Vec<T>,
    pub next: Option<i64>,
}

impl Page {
    const DEFAULT: u64 = 50;
    const MAX: u64 = 200;

    /// Reads `limit` and the decoded `cursor`. Over 200 is 200; not a positive integer is refused.
    pub fn new(limit: Option<&str>, before: Option<i64>) -> Result<Self> {
        let limit = match limit {
            None => Self::DEFAULT,
            Some(text) => match text.parse::<u64>() {
                Ok(limit) if limit > 0 => limit.min(Self::MAX),
                // more digits than fit are still a positive integer
                Err(_) if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) => Self::MAX,
                _ => return Err(Error::invalid("limit", "limit must be a whole number from 1 to 200.")),
            },
        };
        Ok(Self { limit, before })
    }

    /// Cuts what a query for `limit + 1` rows gave into a page; `position` tells where an entry stands.
    pub fn slice<T>(&self, mut items: Vec<T>, position: impl Fn(&T) -> i64) -> Slice<T> {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let more = items.len() > limit;
        items.truncate(limit);
        let next = if more { items.last().map(position) } else { None };
        Slice { items, next }
    }
}

/// A cursor is opaque to clients: a kind (so that one list's cursor is no other's), the owner, and the position.
pub fn encode_cursor(list: &str, owner: i64, position: i64) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(format!("{list}:{owner}:{position}"))
}

/// Reads a cursor of this list and owner.
pub fn decode_cursor(list: &str, owner: i64, cursor: &str) -> Result<i64> {
    use base64::Engine as _;
    let position = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| {
        let text = String::from_utf8(bytes).ok()?;
        text.strip_prefix(&format!("{list}:{owner}:"))?.parse().ok()
    });
    position.ok_or_else(|| {
        let mut error = Error::new(
            Kind::Invalid,
            "INVALID_CURSOR",
            "Invalid cursor",
            "cursor must be the X-Next-Cursor of an earlier page of this list: start again without it.",
        );
        error.field = Some("cursor".into());
        error
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_bounded_and_must_be_positive_integers() {
        for (text, wanted) in [("1", 1), ("200", 200), ("201", 200), ("99999999999999999999999", 200)] {
            assert_eq!(Page::new(Some(text), None).map(|p| p.limit).ok(), Some(wanted));
        }
        for bad in ["", "0", "-1", "abc", "1.5"] {
            assert!(Page::new(Some(bad), None).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_cursor_belongs_to_its_list_and_owner() {
        let cursor = encode_cursor("uploads", 7, 42);
        assert_eq!(decode_cursor("uploads", 7, &cursor).ok(), Some(42));
        assert!(decode_cursor("uploads", 8, &cursor).is_err());
        assert!(decode_cursor("jobs", 7, &cursor).is_err());
        assert!(decode_cursor("uploads", 7, "nonsense").is_err());
    }

    #[test]
    fn a_page_names_the_next_only_if_there_is_more() {
        let page = Page { limit: 2, before: None };
        assert_eq!(page.slice(vec![9, 8, 7], |n| *n), Slice { items: vec![9, 8], next: Some(8) });
        assert_eq!(page.slice(vec![9, 8], |n| *n), Slice { items: vec![9, 8], next: None });
    }
}
