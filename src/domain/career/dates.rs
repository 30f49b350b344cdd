//! Dates as people write them in a résumé: "Nov 2022 — present", "05/2022 - 03/2026", "2019年12月～2023年7月", "seit April 2022".
//!
//! The names of months and the words around dates are data (`data/months.txt`, `data/date_words.txt`): a language is a line.

mod tokens;

use std::ops::Range;

use super::YearMonth;
use crate::domain::fold::fold;
use tokens::{Kind, Token, WORDS, dot_after, is_dash, number, phrase, sign, tight_mark, tokenize, year};

/// The end of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    At(YearMonth),
    Present,
}

/// A date or a range of dates in a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DateSpan {
    pub start: YearMonth,
    /// `None`: a lone date.
    pub end: Option<Until>,
    /// Where it stands: bytes of the line.
    pub at: Range<usize>,
}

impl DateSpan {
    pub fn is_range(&self) -> bool {
        self.end.is_some()
    }

    /// The last year that is named.
    pub fn last_year(&self) -> i32 {
        match self.end {
            Some(Until::At(end)) => end.year,
            _ => self.start.year,
        }
    }
}

/// All dates of a line, from left to right. A range written backwards (as right-to-left extraction does) is turned round.
pub fn scan(line: &str) -> Vec<DateSpan> {
    let tokens = tokenize(line);
    let mut found = Vec::new();
    let mut i = 0;
    while i < tokens.len() {
        match span_at(&tokens, i) {
            Some((span, next)) => {
                found.push(span);
                i = next;
            }
            None => i += 1,
        }
    }
    found
}

/// Where the line says "until now" (bytes), whether or not beside a date.
pub fn present_words(line: &str) -> Vec<Range<usize>> {
    let tokens = tokenize(line);
    let at = |i: usize| phrase(&tokens, i, &WORDS.present).map(|next| tokens[i].at.start..tokens[next - 1].at.end);
    (0..tokens.len()).filter_map(at).collect()
}

/// A date or range that begins at token `i`, and the token after it.
fn span_at(tokens: &[Token], i: usize) -> Option<(DateSpan, usize)> {
    let first = tokens.get(i)?;
    if let Some((span, next)) = shared_year(tokens, i).or_else(|| short_years(tokens, i)) {
        return Some((span, next));
    }
    let since = phrase(tokens, i, &WORDS.since);
    let (start, after) = match atom(tokens, i) {
        Some(found) => found,
        None => atom(tokens, since?)?,
    };
    let make = |end, next: usize| (ordered(start, end, first.at.start..tokens[next - 1].at.end), next);
    if let Some((end, next)) = end_after(tokens, after) {
        return Some(make(Some(end), next));
    }
    let open = open_dash(tokens, after);
    match (since, open) {
        (_, Some(next)) => Some(make(Some(Until::Present), next)),
        (Some(_), None) => Some(make(Some(Until::Present), after)),
        (None, None) => Some(make(None, after)),
    }
}

fn ordered(start: YearMonth, end: Option<Until>, at: Range<usize>) -> DateSpan {
    match end {
        Some(Until::At(end)) if end.index() < start.index() => DateSpan { start: end, end: Some(Until::At(start)), at },
        end => DateSpan { start, end, at },
    }
}

/// "… – present", "… to March 2026": the end of a range whose start ended before token `i`.
fn end_after(tokens: &[Token], i: usize) -> Option<(Until, usize)> {
    let next = separator(tokens, i);
    if let Some(after) = phrase(tokens, next, &WORDS.present) {
        return Some((Until::Present, closing(tokens, after)));
    }
    // Two dates with nothing between them are a range whose dash was lost.
    let (end, after) = atom(tokens, next).or_else(|| atom(tokens, phrase(tokens, next, &WORDS.since)?))?;
    Some((Until::At(end), closing(tokens, after)))
}

/// Skips dashes and words like "to"; stays at `i` if there are none.
fn separator(tokens: &[Token], mut i: usize) -> usize {
    loop {
        if tokens.get(i).is_some_and(is_dash) {
            i += 1;
        } else if let Some(next) =
            phrase(tokens, i, &WORDS.to).filter(|next| phrase(tokens, i, &WORDS.present) < Some(*next))
        {
            i = next;
        } else {
            return i;
        }
    }
}

/// "から … まで": the word that closes a Japanese or Korean range.
fn closing(tokens: &[Token], i: usize) -> usize {
    let closes = |token: &Token| matches!(&token.kind, Kind::Word(word) if matches!(word.as_str(), "迄" | "止") || *word == fold("まで") || *word == fold("까지"));
    if tokens.get(i).is_some_and(closes) { i + 1 } else { i }
}

/// "2019 –" at the end of its cell: it lasts.
fn open_dash(tokens: &[Token], i: usize) -> Option<usize> {
    tokens.get(i).filter(|token| is_dash(token))?;
    let ends = tokens.get(i + 1).is_none_or(|next| matches!(next.kind, Kind::Mark(')' | ']' | '）')));
    ends.then_some(i + 1)
}

/// One date that begins at token `i`, and the token after it.
fn atom(tokens: &[Token], i: usize) -> Option<(YearMonth, usize)> {
    match &tokens.get(i)?.kind {
        Kind::Number { digits: 4, .. } => year_first(tokens, i),
        Kind::Number { digits: 1 | 2, .. } => day_or_month_first(tokens, i),
        Kind::Word(_) => month_name_first(tokens, i),
        _ => None,
    }
}

/// "2022", "2022.07", "2022-07-01", "2022年7月1日", "2022 March".
fn year_first(tokens: &[Token], i: usize) -> Option<(YearMonth, usize)> {
    let year = year(tokens, i)?;
    if sign(tokens, i + 1, ["年", "년"]) {
        let month = number(tokens, i + 2, 1..3).filter(|_| sign(tokens, i + 3, ["月", "월"]));
        return Some(match month.and_then(|month| YearMonth::month(year, month)) {
            Some(date) => (
                date,
                if number(tokens, i + 4, 1..3).is_some() && sign(tokens, i + 5, ["日", "일"]) {
                    i + 6
                } else {
                    i + 4
                },
            ),
            None => (YearMonth::year(year), i + 2),
        });
    }
    let least = match tight_mark(tokens, i + 1) {
        Some('.' | '/') => 1,
        Some('-' | '‐' | '‑') => 2,
        _ => return Some(named_month_after(tokens, i, year)),
    };
    let month = number(tokens, i + 2, least..3).and_then(|month| YearMonth::month(year, month));
    Some(match month {
        Some(date)
            if tight_mark(tokens, i + 3) == tight_mark(tokens, i + 1) && number(tokens, i + 4, 1..3).is_some() =>
        {
            (date, i + 5)
        }
        Some(date) => (date, i + 3),
        None => (YearMonth::year(year), i + 1),
    })
}

/// "2022 March" and "2022. március", unless the month belongs to the year after it.
fn named_month_after(tokens: &[Token], i: usize, year: i32) -> (YearMonth, usize) {
    let dot = usize::from(matches!(tokens.get(i + 1), Some(Token { kind: Kind::Mark('.'), .. })));
    let named = month_name(tokens, i + 1 + dot).filter(|(_, next)| number(tokens, *next, 1..5).is_none());
    match named.and_then(|(month, next)| Some((YearMonth::month(year, month)?, next))) {
        Some(found) => found,
        None => (YearMonth::year(year), i + 1),
    }
}

/// "05/2022", "5.2022", "01.05.2022", "1 May 2022", "1. Mai 2022".
fn day_or_month_first(tokens: &[Token], i: usize) -> Option<(YearMonth, usize)> {
    let value = number(tokens, i, 1..3)?;
    if let Some(mark @ ('.' | '/' | '-')) = tight_mark(tokens, i + 1) {
        if let Some(year) = year(tokens, i + 2) {
            return Some((YearMonth::month(year, value)?, i + 3));
        }
        let second = number(tokens, i + 2, 1..3).filter(|_| tight_mark(tokens, i + 3) == Some(mark));
        if let (Some(second), Some(year)) = (second, year(tokens, i + 4)) {
            // With slashes the month stands first in America: taken so where both orders are possible.
            let month = if (mark == '/' && value <= 12) || second > 12 { value } else { second };
            return Some((YearMonth::month(year, month)?, i + 5));
        }
    }
    let mut next = i + 1;
    if matches!(tokens.get(next), Some(Token { kind: Kind::Mark('.'), .. }))
        || sign(tokens, next, ["st", "th"])
        || sign(tokens, next, ["nd", "rd"])
    {
        next += 1;
    }
    (1..=31).contains(&value).then(|| month_name_first(tokens, next)).flatten()
}

/// "May 2022", "May 1, 2022", "mai de 2022", "Sept. ’22".
fn month_name_first(tokens: &[Token], i: usize) -> Option<(YearMonth, usize)> {
    let (month, mut next) = month_name(tokens, i)?;
    if number(tokens, next, 1..3).is_some_and(|day| day <= 31)
        && year(tokens, next).is_none()
        && !is_dash(&tokens[next.saturating_sub(1)])
    {
        let comma = usize::from(matches!(tokens.get(next + 1), Some(Token { kind: Kind::Mark(','), .. })));
        if let Some(year) = year(tokens, next + 1 + comma) {
            return Some((YearMonth::month(year, month)?, next + 2 + comma));
        }
    }
    if let Some(Token { kind: Kind::Mark('\'' | '’' | '‘' | '-'), .. }) = tokens.get(next)
        && let Some(short) = number(tokens, next + 1, 2..3)
    {
        return Some((YearMonth::month(century(short), month)?, next + 2));
    }
    while matches!(tokens.get(next), Some(Token { kind: Kind::Mark(',' | '،' | '-' | '/' | '\''), .. }))
        || phrase(tokens, next, &WORDS.of).is_some()
    {
        next += 1;
    }
    Some((YearMonth::month(year(tokens, next)?, month)?, next + 1))
}

fn month_name(tokens: &[Token], i: usize) -> Option<(u32, usize)> {
    let Kind::Word(word) = &tokens.get(i)?.kind else {
        return None;
    };
    if let Some(Token { kind: Kind::Word(second), .. }) = tokens.get(i + 1)
        && let Some(month) = WORDS.months.get(&format!("{word} {second}"))
    {
        return Some((*month, i + 2));
    }
    WORDS.months.get(word).map(|month| (*month, dot_after(tokens, i + 1)))
}

/// "Jan – Mar 2020": the start borrows the year of the end.
fn shared_year(tokens: &[Token], i: usize) -> Option<(DateSpan, usize)> {
    let (month, after) = month_name(tokens, i)?;
    let next = separator(tokens, after);
    let (end, last) = (next > after).then(|| atom(tokens, next)).flatten()?;
    let start = YearMonth::month(end.year, month).filter(|_| end.month.is_some())?;
    Some((ordered(start, Some(Until::At(end)), tokens[i].at.start..tokens[last - 1].at.end), last))
}

/// "03/19 – 05/21" and "2019–21": two digits for the year, only where a range leaves no doubt.
fn short_years(tokens: &[Token], i: usize) -> Option<(DateSpan, usize)> {
    let make = |start, end, next: usize| (ordered(start, Some(end), tokens[i].at.start..tokens[next - 1].at.end), next);
    if let Some(start) = year(tokens, i)
        .filter(|_| tokens.get(i + 1).is_some_and(|t| matches!(t.kind, Kind::Mark('–' | '—' | '/' | '-'))))
    {
        let short = number(tokens, i + 2, 2..3)
            .filter(|_| tight_mark(tokens, i + 1).is_some() && tight_mark(tokens, i + 3).is_none())?;
        let end = start - start % 100 + i32::try_from(short).ok()?;
        return (short > 12 && end > start)
            .then(|| make(YearMonth::year(start), Until::At(YearMonth::year(end)), i + 3));
    }
    let (start, after) = slashed_short(tokens, i)?;
    let next = separator(tokens, after);
    if let Some(last) = phrase(tokens, next, &WORDS.present).filter(|_| next > after) {
        return Some(make(start, Until::Present, last));
    }
    let (end, last) = slashed_short(tokens, next).filter(|_| next > after)?;
    Some(make(start, Until::At(end), last))
}

fn slashed_short(tokens: &[Token], i: usize) -> Option<(YearMonth, usize)> {
    let month = number(tokens, i, 2..3)?;
    let year = number(tokens, i + 2, 2..3)
        .filter(|_| tight_mark(tokens, i + 1) == Some('/') && tight_mark(tokens, i + 3) != Some('/'))?;
    Some((YearMonth::month(century(year), month)?, i + 3))
}

/// Two digits of a year in a career: up to 39 it is this century.
fn century(short: u32) -> i32 {
    let short = i32::try_from(short).unwrap_or(0);
    if short < 40 { 2000 + short } else { 1900 + short }
}

#[cfg(test)]
mod tests;
