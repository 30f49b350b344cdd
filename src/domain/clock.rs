//! The one clock. Everything that compares or stores a time asks it, so that tests can set it.

use std::sync::{Arc, Mutex, PoisonError};

use time::{Duration, OffsetDateTime};

/// A source of the present time, in UTC and whole milliseconds (what both databases and JSON keep unchanged).
#[derive(Clone, Debug, Default)]
pub struct Clock {
    manual: Option<Arc<Mutex<OffsetDateTime>>>,
}

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Self::default()
    }

    /// A clock that stands still until it is moved by [`Clock::advance`].
    pub fn manual(start: OffsetDateTime) -> Self {
        Self { manual: Some(Arc::new(Mutex::new(start))) }
    }

    /// Moves a manual clock. The system's clock is not impressed.
    pub fn advance(&self, by: Duration) {
        if let Some(manual) = &self.manual {
            *manual.lock().unwrap_or_else(PoisonError::into_inner) += by;
        }
    }

    pub fn now(&self) -> OffsetDateTime {
        let now = match &self.manual {
            Some(manual) => *manual.lock().unwrap_or_else(PoisonError::into_inner),
            None => OffsetDateTime::now_utc(),
        };
        let excess = now.nanosecond() % 1_000_000;
        now - Duration::nanoseconds(i64::from(excess))
    }
}

/// Serialises a time as RFC 3339 in UTC with milliseconds and `Z`: `2026-11-20T09:30:00.000Z`.
pub mod rfc3339 {
    use serde::{Deserialize, Deserializer, Serializer, de::Error as _};
    use time::{OffsetDateTime, UtcOffset, format_description::BorrowedFormatItem, macros::format_description};

    const FORMAT: &[BorrowedFormatItem<'static>] =
        format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

    /// The text of a time. Empty only for years beyond 9999, which no clock of ours gives.
    pub fn format(time: OffsetDateTime) -> String {
        time.to_offset(UtcOffset::UTC).format(FORMAT).unwrap_or_default()
    }

    pub fn serialize<S: Serializer>(time: &OffsetDateTime, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format(*time))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<OffsetDateTime, D::Error> {
        let text = String::deserialize(deserializer)?;
        OffsetDateTime::parse(&text, &time::format_description::well_known::Rfc3339).map_err(D::Error::custom)
    }

    /// The same for `Option<OffsetDateTime>`.
    pub mod option {
        use super::{OffsetDateTime, Serializer, format};

        pub fn serialize<S: Serializer>(time: &Option<OffsetDateTime>, serializer: S) -> Result<S::Ok, S::Error> {
            match time {
                Some(time) => serializer.serialize_some(&format(*time)),
                None => serializer.serialize_none(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn the_clock_gives_whole_milliseconds() {
        assert_eq!(Clock::system().now().nanosecond() % 1_000_000, 0);
    }

    #[test]
    fn a_manual_clock_moves_only_when_told() {
        let clock = Clock::manual(datetime!(2026-11-20 09:00 UTC));
        clock.clone().advance(Duration::seconds(90));
        assert_eq!(clock.now(), datetime!(2026-11-20 09:01:30 UTC));
    }

    #[test]
    fn times_are_written_in_utc_with_milliseconds() {
        assert_eq!(rfc3339::format(datetime!(2026-11-20 10:00:00.5 +1)), "2026-11-20T09:00:00.500Z");
    }
}
