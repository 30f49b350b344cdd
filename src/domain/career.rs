//! Arithmetic of a career: months, how long one position lasted, and how long all of them together.

pub mod dates;

use std::fmt;
use std::str::FromStr;

use time::Date;

/// What `end` of a position says while it lasts.
pub const PRESENT: &str = "present";

/// A year, and the month (1–12) if it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct YearMonth {
    pub year: i32,
    pub month: Option<u8>,
}

impl YearMonth {
    pub fn year(year: i32) -> Self {
        Self { year, month: None }
    }

    /// `None` if there is no such month.
    pub fn month(year: i32, month: u32) -> Option<Self> {
        (1..=12).contains(&month).then(|| Self { year, month: u8::try_from(month).ok() })
    }

    /// Months since January of the year 0. A bare year stands for its middle: what is least wrong if the month is unknown.
    pub fn index(self) -> i32 {
        self.year * 12 + i32::from(self.month.unwrap_or(7)) - 1
    }
}

impl fmt::Display for YearMonth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.month {
            Some(month) => write!(f, "{:04}-{month:02}", self.year),
            None => write!(f, "{:04}", self.year),
        }
    }
}

/// The text is neither `YYYY` nor `YYYY-MM`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write a date as YYYY or YYYY-MM")]
pub struct BadDate;

impl FromStr for YearMonth {
    type Err = BadDate;

    fn from_str(text: &str) -> Result<Self, BadDate> {
        let number = |part: &str, digits: usize| {
            let plain = part.len() == digits && part.bytes().all(|b| b.is_ascii_digit());
            if plain { part.parse::<u32>().map_err(|_| BadDate) } else { Err(BadDate) }
        };
        let (year, month) = text.split_once('-').map_or((text, None), |(year, month)| (year, Some(month)));
        let year = i32::try_from(number(year, 4)?).map_err(|_| BadDate)?;
        match month {
            None => Ok(Self::year(year)),
            Some(month) => Self::month(year, number(month, 2)?).ok_or(BadDate),
        }
    }
}

/// What two unknown months of one year lie apart on average.
const WITHIN_A_YEAR: i32 = 4;

/// The months `[start, end)` of a position; `None` if a date is missing, malformed or the end lies before the start.
fn interval(start: &str, end: &str, today: Date) -> Option<(i32, i32)> {
    let start = start.parse::<YearMonth>().ok()?;
    if end == PRESENT {
        let now = today.year() * 12 + i32::from(u8::from(today.month())) - 1;
        // A bare year that has only begun must not start after today.
        let from =
            if start.month.is_none() && start.year == today.year() { start.index().min(now) } else { start.index() };
        return (from <= now).then_some((from, now));
    }
    let end = end.parse::<YearMonth>().ok()?;
    if start.month.is_none() && start == end {
        return Some((start.index(), start.index() + WITHIN_A_YEAR));
    }
    (start.index() <= end.index()).then(|| (start.index(), end.index()))
}

/// Length of one position in years, to one decimal. The dates are as in `domain::profile::Experience`; `present` is `today`.
pub fn entry_years(start: &str, end: &str, today: Date) -> Option<f64> {
    interval(start, end, today).map(|(start, end)| years(end - start))
}

/// Years that the positions cover, overlaps counted once, to one decimal. `None` if no position has a usable pair of dates.
pub fn total_years<'a>(positions: impl IntoIterator<Item = (&'a str, &'a str)>, today: Date) -> Option<f64> {
    let mut intervals: Vec<_> = positions.into_iter().filter_map(|(start, end)| interval(start, end, today)).collect();
    intervals.sort_unstable();
    let mut reach = intervals.first()?.0;
    let mut months = 0;
    for (start, end) in intervals {
        months += (end - start.max(reach)).max(0);
        reach = reach.max(end);
    }
    Some(years(months))
}

fn years(months: i32) -> f64 {
    (f64::from(months) / 12.0 * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    const TODAY: Date = date!(2026 - 06 - 15);

    #[test]
    fn dates_are_read_and_written_alike() {
        for text in ["2022", "2022-11"] {
            assert_eq!(text.parse::<YearMonth>().map(|date| date.to_string()), Ok(text.to_owned()));
        }
        for text in ["", "22", "2022-13", "2022-00", "2022-1", "2022-11-01", "present", "+022", "２０２２"] {
            assert_eq!(text.parse::<YearMonth>(), Err(BadDate), "{text}");
        }
    }

    #[test]
    fn the_length_of_a_position_has_one_decimal() {
        assert_eq!(entry_years("2022-11", "present", TODAY), Some(3.6));
        assert_eq!(entry_years("2020-02", "2022-08", TODAY), Some(2.5));
        assert_eq!(entry_years("2021", "2022", TODAY), Some(1.0));
    }

    #[test]
    fn a_bare_year_stands_for_its_middle() {
        assert_eq!(entry_years("2024", "present", TODAY), Some(1.9));
        assert_eq!(entry_years("2026", "present", TODAY), Some(0.0));
        assert_eq!(entry_years("2020", "2020", TODAY), Some(0.3));
        assert_eq!(entry_years("2020", "2021-01", TODAY), Some(0.5));
    }

    #[test]
    fn a_position_that_ends_before_it_starts_has_no_length() {
        assert_eq!(entry_years("2022-11", "2020-01", TODAY), None);
        assert_eq!(entry_years("2027", "present", TODAY), None);
    }

    #[test]
    fn overlapping_positions_count_once_and_gaps_do_not_count() {
        let jobs = [("2018", "2020"), ("2019", "2021"), ("2019-03", "2019-06"), ("2023-01", "2023-07")];
        assert_eq!(total_years(jobs, TODAY), Some(3.5));
    }

    #[test]
    fn without_dates_there_is_no_total() {
        assert_eq!(total_years([], TODAY), None);
        assert_eq!(total_years([("soon", "present")], TODAY), None);
    }
}
