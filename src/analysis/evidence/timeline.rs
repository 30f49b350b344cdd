//! The dates that the text names, and where.

use super::haystack::{Haystack, Span};
use crate::domain::career::dates::{DateSpan, Until, present_words, scan};
use crate::domain::career::{PRESENT, YearMonth};

/// Dates looked at.
const MAX_DATES: usize = 5_000;

pub struct Timeline {
    dates: Vec<(YearMonth, Span)>,
    present: Vec<Span>,
}

impl Timeline {
    pub fn new(haystack: &Haystack<'_>) -> Self {
        let mut timeline = Self { dates: Vec::new(), present: Vec::new() };
        let lines: Vec<String> = haystack.chars().split(|c| *c == '\n').map(|line| line.iter().collect()).collect();
        let mut start = 0;
        for (i, line) in lines.iter().enumerate() {
            if timeline.dates.len() >= MAX_DATES {
                break;
            }
            timeline.read(line, start);
            // A narrow column breaks dates: "April 2022 to October / 2023".
            if let Some(next) = lines.get(i + 1) {
                timeline.read_across(line, next, start);
            }
            start += line.chars().count() + 1;
        }
        timeline
    }

    fn read(&mut self, line: &str, start: usize) {
        for found in scan(line) {
            self.add(&found, chars(line, &found.at, start));
        }
        self.present.extend(present_words(line).iter().map(|at| chars(line, at, start)));
    }

    fn read_across(&mut self, line: &str, next: &str, start: usize) {
        let tail = line.trim_end();
        if tail.chars().count() > 300 || tail.ends_with(|c: char| c.is_numeric() || c == '.') {
            return;
        }
        let both = format!("{line}\n{next}");
        for found in scan(&both).into_iter().filter(|found| found.at.start < line.len() && found.at.end > line.len()) {
            self.add(&found, chars(&both, &found.at, start));
        }
    }

    fn add(&mut self, found: &DateSpan, at: Span) {
        self.dates.push((found.start, at.clone()));
        match found.end {
            Some(Until::At(end)) => self.dates.push((end, at)),
            Some(Until::Present) => self.present.push(at),
            None => {}
        }
    }

    /// The claimed date in normal form and the place that says so, nearest to `home`. A month that no place gives falls away.
    pub fn find(&self, claim: &str, home: &Span) -> Option<(String, Span)> {
        let nearest =
            |spans: &mut dyn Iterator<Item = &Span>| spans.min_by_key(|span| span.start.abs_diff(home.start)).cloned();
        let Some(date) = read_claim(claim) else {
            let says_present = claim.trim().eq_ignore_ascii_case(PRESENT) || !present_words(claim).is_empty();
            let span = says_present.then(|| nearest(&mut self.present.iter())).flatten()?;
            return Some((PRESENT.to_owned(), span));
        };
        let exact = nearest(&mut self.dates.iter().filter(|(found, _)| *found == date).map(|(_, span)| span));
        if let Some(span) = exact {
            return Some((date.to_string(), span));
        }
        let span = nearest(&mut self.dates.iter().filter(|(found, _)| found.year == date.year).map(|(_, span)| span))?;
        Some((YearMonth::year(date.year).to_string(), span))
    }
}

/// A claim in normal form or as people write dates.
fn read_claim(claim: &str) -> Option<YearMonth> {
    claim.trim().parse().ok().or_else(|| scan(claim).into_iter().next().map(|found| found.start))
}

/// Bytes of a line as characters of the text in which the line begins at `start`.
fn chars(line: &str, at: &std::ops::Range<usize>, start: usize) -> Span {
    let before = line[..at.start].chars().count();
    start + before..start + before + line[at.clone()].chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(text: &str, claim: &str) -> Option<(String, String)> {
        let haystack = Haystack::new(text);
        Timeline::new(&haystack).find(claim, &(0..1)).map(|(date, span)| (date, haystack.quote(&span).to_owned()))
    }

    #[test]
    fn a_date_is_found_as_it_is_written() {
        let text = "Qualitätsprüfer\tseit April 2022\nKoch, 05/2019 – 12/2020";
        assert_eq!(find(text, "2022-04"), Some(("2022-04".into(), "seit April 2022".into())));
        assert_eq!(find(text, "2020-12"), Some(("2020-12".into(), "05/2019 – 12/2020".into())));
        assert_eq!(find(text, "present").map(|found| found.0), Some("present".into()));
        assert_eq!(find(text, "2021"), None);
    }

    #[test]
    fn a_month_that_the_text_does_not_give_falls_away() {
        assert_eq!(find("2018–2020", "2018-03").map(|found| found.0), Some("2018".into()));
    }

    #[test]
    fn a_date_may_break_across_lines() {
        assert_eq!(find("kwiecień 2022 do październik\n2023", "2023-10").map(|found| found.0), Some("2023-10".into()));
    }

    #[test]
    fn claims_in_other_forms_are_understood() {
        assert_eq!(find("Nov 2022 — heute", "November 2022").map(|found| found.0), Some("2022-11".into()));
        assert_eq!(find("Nov 2022 — heute", "Current").map(|found| found.0), Some("present".into()));
    }
}
