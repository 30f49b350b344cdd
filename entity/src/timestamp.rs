//! The one type of every time column.

use std::ops::Deref;

use sea_orm::{DeriveValueType, sea_query::DateTimeLikeValue};
use time::{OffsetDateTime, UtcOffset};

/// A point in time as both databases keep it: UTC, in odd microseconds.
///
/// SQLite keeps times as RFC 3339 text without trailing zeros, where `…:05Z` sorts after `…:05.5Z`.
/// An odd microsecond always takes six digits, so the text sorts and compares as the time does;
/// PostgreSQL, which keeps microseconds, returns the same value. The cost is one microsecond:
/// of two times closer than that the order may be lost, never reversed.
///
/// Bind this type, not an [`OffsetDateTime`], wherever a query compares times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, DeriveValueType)]
pub struct Timestamp(OffsetDateTime);

impl From<OffsetDateTime> for Timestamp {
    fn from(time: OffsetDateTime) -> Self {
        let utc = time.to_offset(UtcOffset::UTC);
        let odd = (utc.nanosecond() / 1000) | 1;
        // An odd number of microseconds below a million is always a valid part of a second.
        Self(utc.replace_nanosecond(odd * 1000).unwrap_or(utc))
    }
}

impl From<Timestamp> for OffsetDateTime {
    fn from(timestamp: Timestamp) -> Self {
        timestamp.0
    }
}

impl Deref for Timestamp {
    type Target = OffsetDateTime;

    fn deref(&self) -> &OffsetDateTime {
        &self.0
    }
}

impl DateTimeLikeValue for Timestamp {}

#[cfg(test)]
mod tests {
    use super::*;
    use time::{Duration, format_description::well_known::Rfc3339};

    fn text(time: OffsetDateTime) -> String {
        Timestamp::from(time).format(&Rfc3339).unwrap()
    }

    #[test]
    fn the_text_of_later_times_sorts_later() {
        let start = OffsetDateTime::UNIX_EPOCH;
        let steps = [0, 2, 9, 10, 12, 500_000, 500_010, 999_999, 1_000_000, 1_100_000];
        let texts: Vec<_> = steps.map(|step| text(start + Duration::microseconds(step))).into();
        assert!(texts.is_sorted_by(|a, b| a < b), "{texts:?}");
    }

    #[test]
    fn another_offset_becomes_utc() {
        let time = OffsetDateTime::UNIX_EPOCH.to_offset(UtcOffset::from_hms(2, 0, 0).unwrap());
        assert_eq!(text(time), "1970-01-01T00:00:00.000001Z");
    }

    #[test]
    fn the_end_of_a_second_stays_in_it() {
        let time = OffsetDateTime::UNIX_EPOCH + Duration::nanoseconds(999_999_999);
        assert_eq!(text(time), "1970-01-01T00:00:00.999999Z");
    }

    #[test]
    fn a_timestamp_made_of_a_timestamp_is_the_same() {
        let once = Timestamp::from(OffsetDateTime::UNIX_EPOCH);
        assert_eq!(Timestamp::from(*once), once);
    }
}
