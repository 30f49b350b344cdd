//! How long an endpoint asks to be left alone.

use std::time::{Duration, SystemTime};

use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

/// Longest wait that is taken from an endpoint's word.
const MAX_RETRY_AFTER: Duration = Duration::from_hours(24);

/// The wait that the endpoint asks for: `retry-after-ms` (Azure, OpenAI), else `Retry-After` in seconds or as a date
/// (RFC 9110, 10.2.3), which is compared with the endpoint's own clock where it sent one. At most 24 hours.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let seconds = |text: &str| Duration::try_from_secs_f64(text.parse().ok()?).ok();
    if let Some(milliseconds) = text("retry-after-ms").and_then(seconds) {
        return Some((milliseconds / 1000).min(MAX_RETRY_AFTER));
    }
    let value = text(RETRY_AFTER.as_str())?;
    let until = |date| {
        let now = text(DATE.as_str()).and_then(|now| httpdate::parse_http_date(now).ok());
        SystemTime::duration_since(&date, now.unwrap_or_else(SystemTime::now)).unwrap_or_default()
    };
    let wait = seconds(value).or_else(|| httpdate::parse_http_date(value).ok().map(until))?;
    Some(wait.min(MAX_RETRY_AFTER))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn the_wait_is_read_in_each_form_that_endpoints_use() {
        let date = ("date", "Wed, 21 Oct 2015 07:28:00 GMT");
        for (pairs, expected) in [
            (vec![("retry-after", "20")], Some(20_000)),
            (vec![("retry-after", "1.5")], Some(1500)),
            (vec![("retry-after-ms", "250"), ("retry-after", "9")], Some(250)),
            (vec![date, ("retry-after", "Wed, 21 Oct 2015 07:30:00 GMT")], Some(120_000)),
            (vec![date, ("retry-after", "Wed, 21 Oct 2015 07:00:00 GMT")], Some(0)),
            (vec![("retry-after", "99999999999999")], Some(86_400_000)),
            (vec![("retry-after", "-3")], None),
            (vec![("retry-after", "soon")], None),
            (vec![], None),
        ] {
            assert_eq!(retry_after(&headers(&pairs)), expected.map(Duration::from_millis), "{pairs:?}");
        }
    }
}
