//! Positions: every range of dates in the section of experience anchors an entry; its header stands around it.

use super::items::{items, widest};
use super::lines::Line;
use super::places::{cut_place, is_known_place, parts};
use super::sections::{Kind, Section, of_kind};
use super::titles::{is_prose, lean, may_head, names_employer};
use crate::domain::career::dates::{DateSpan, Until, scan};
use crate::domain::career::{PRESENT, entry_years};
use crate::domain::profile::Experience;
use crate::domain::prose::beginning;

const MAX_ENTRIES: usize = 40;
/// In bytes.
const MAX_DESCRIPTION: usize = 2_000;

/// A line with the dates of an entry.
struct Anchor {
    line: usize,
    span: DateSpan,
    /// The line without its dates.
    rest: String,
}

/// The positions in the order of the text.
pub fn experience(sections: &[Section], today: time::Date) -> Vec<Experience> {
    let mut lines = of_kind(sections, Kind::Experience);
    if lines.is_empty() {
        // Without a heading: ranges of dates between name and first section, and under headings nobody knows.
        lines = sections
            .iter()
            .filter(|s| matches!(s.kind, Kind::Header | Kind::Other))
            .flat_map(|s| s.lines.clone())
            .collect();
    }
    let lines = join_broken_dates(lines);
    let anchors = anchors(&lines);
    let Some(first) = anchors.first() else {
        return Vec::new();
    };
    let (lead, widest) = (lead(&lines, first), widest(&lines));
    let spans: Vec<(usize, usize)> =
        anchors.iter().enumerate().map(|(i, anchor)| header_span(&lines, &anchors, i, anchor, lead)).collect();
    let entry = |(i, anchor): (usize, &Anchor)| {
        let until = spans.get(i + 1).map_or(lines.len(), |(start, _)| *start);
        let mut entry = entry(&lines, anchor, spans[i], today)?;
        entry.description = description(lines.get(spans[i].1..until).unwrap_or_default(), widest);
        Some(entry)
    };
    anchors.iter().enumerate().filter_map(entry).collect()
}

/// Puts together dates that a narrow column broke: "April 2022 to October / 2023", "May 2019 – / present".
fn join_broken_dates(lines: Vec<Line>) -> Vec<Line> {
    let mut out: Vec<Line> = Vec::new();
    for line in lines {
        match out.last_mut().filter(|last| !line.bullet && !line.cut && breaks_a_date(&last.text, &line.text)) {
            Some(last) => {
                last.text.push(' ');
                last.text.push_str(&line.text);
            }
            None => out.push(line),
        }
    }
    out
}

fn breaks_a_date(line: &str, next: &str) -> bool {
    let short = line.chars().count() <= 120 && next.chars().count() <= 40;
    // Two lines that each end in a year are two dates.
    if !short || (line.ends_with(char::is_numeric) && !next.starts_with(['-', '–', '—'])) {
        return false;
    }
    let both = format!("{line} {next}");
    let crosses = |span: &DateSpan| span.is_range() && span.at.start < line.len() && span.at.end > line.len() + 1;
    scan(&both).iter().any(crosses)
}

fn anchors(lines: &[Line]) -> Vec<Anchor> {
    let dated = |(line, content): (usize, &Line)| {
        let span = scan(&content.text).into_iter().find(DateSpan::is_range)?;
        let rest = without(&content.text, &span);
        // A range inside a sentence of a description dates no position.
        let words = rest.split_whitespace().count();
        let in_prose = (content.bullet && words > 6) || (is_prose(&rest) && words > 8);
        (!in_prose).then_some(Anchor { line, span, rest })
    };
    lines.iter().enumerate().filter_map(dated).take(MAX_ENTRIES).collect()
}

/// The text without a date, and without the signs that surrounded it.
pub fn without(text: &str, span: &DateSpan) -> String {
    let edge = |c: char| c.is_whitespace() || ",;|•·–—-()[]:（）،、".contains(c);
    let before = text[..span.at.start].trim_end_matches(edge);
    let after = text[span.at.end..].trim_start_matches(|c: char| edge(c) || c == '.');
    let after = if span.at.start == 0 { after } else { after.trim_end_matches(edge) };
    let joined = match (before.is_empty(), after.is_empty()) {
        (false, false) => format!("{before}\t{after}"),
        _ => format!("{before}{after}"),
    };
    let opened = joined.matches('(').count() > joined.matches(')').count();
    let text = joined.trim_start_matches(|c: char| c.is_whitespace() || ",;|–—-:".contains(c)).trim();
    if opened { format!("{text})") } else { text.to_owned() }
}

/// How many lines of a header stand before its dates: as many as before the first dates of the section.
fn lead(lines: &[Line], first: &Anchor) -> usize {
    let run = lines[..first.line].iter().rev().take(3).take_while(|line| may_head(line)).count();
    if first.line <= 3 { run } else { run.min(usize::from(first.rest.is_empty())) }
}

/// The lines of the header of entry `i`, from the first to after the last.
fn header_span(lines: &[Line], anchors: &[Anchor], i: usize, anchor: &Anchor, lead: usize) -> (usize, usize) {
    let floor = i.checked_sub(1).map_or(0, |before| anchors[before].line + 1);
    let available = lines[floor..anchor.line].iter().rev().take(lead).take_while(|line| may_head(line)).count();
    // The line after the dates of the entry before may be its employer: it is not ours then.
    let start = if i > 0 && available > 0 && anchor.line - available == floor && needs_next(&anchors[i - 1], lead) {
        anchor.line - available + 1
    } else {
        anchor.line - available
    };
    let found = bodies(lines, start, anchor).len();
    let ceiling = anchors.get(i + 1).map_or(lines.len(), |next| next.line);
    let mut end = anchor.line + 1;
    while end < ceiling.min(anchor.line + 3) && takes_next(lines, start, anchor, found, end) {
        end += 1;
    }
    (start.min(anchor.line), end)
}

/// Entries whose dates come first, or beside the title alone, have their employer on the next line.
fn needs_next(anchor: &Anchor, lead: usize) -> bool {
    lead == 0 || (anchor.rest.is_empty() && lead < 2)
}

/// Does the line at `end` still belong to the header?
fn takes_next(lines: &[Line], start: usize, anchor: &Anchor, found: usize, end: usize) -> bool {
    let next = &lines[end];
    if !may_head(next) || scan(&next.text).iter().any(DateSpan::is_range) {
        return false;
    }
    let taken = found + (end - anchor.line - 1);
    match taken {
        0 => true,
        1 => {
            let single = bodies(lines, start, anchor);
            let complete = single.first().is_some_and(|(text, _)| names_both(text));
            !complete || names_employer(&next.text)
        }
        _ => is_known_place(&next.text),
    }
}

/// "Engineer, Acme Corp" or "Engineer at Acme": title and employer in one piece.
fn names_both(text: &str) -> bool {
    split_at_word(text).is_some() || {
        let parts = parts(cut_place(text, false).0);
        parts.len() > 1 && parts.iter().any(|part| lean(part) < 0) && parts.iter().any(|part| lean(part) >= 0)
    }
}

/// The pieces of a header with their places cut off; `true` for those on the line of the dates.
fn bodies(lines: &[Line], start: usize, anchor: &Anchor) -> Vec<(String, bool)> {
    let before = lines[start.min(anchor.line)..anchor.line].iter().map(|line| (line.text.as_str(), false));
    before
        .chain([(anchor.rest.as_str(), true)])
        .flat_map(|(text, dated)| pieces(text).into_iter().map(move |piece| (piece, dated)))
        .collect()
}

/// The pieces between strong separators, without those that are a place and nothing else.
fn pieces(text: &str) -> Vec<String> {
    let mut out: Vec<&str> = text.split(['\t', '|', '•', '·', '｜', '／']).collect();
    for separator in [" – ", " — ", " - ", " // "] {
        out = out.into_iter().flat_map(|piece| piece.split(separator)).collect();
    }
    let whole = out
        .iter()
        .map(|piece| piece.trim())
        .filter(|piece| piece.chars().any(char::is_alphabetic) && !is_known_place(piece));
    whole.map(str::to_owned).collect()
}

fn entry(lines: &[Line], anchor: &Anchor, (start, end): (usize, usize), today: time::Date) -> Option<Experience> {
    let mut found = bodies(lines, start, anchor);
    found.extend(lines[anchor.line + 1..end].iter().flat_map(|line| pieces(&line.text)).map(|piece| (piece, false)));
    let (role, company) = role_and_company(&found);
    if role.is_none() && company.is_none() {
        return None;
    }
    let from = anchor.span.start.to_string();
    let to = match anchor.span.end? {
        Until::Present => PRESENT.to_owned(),
        Until::At(date) => date.to_string(),
    };
    let years = entry_years(&from, &to, today);
    Some(Experience { company, role, years, start: Some(from), end: Some(to), description: None })
}

/// What was done: an item a line, those of a list with a bullet.
fn description(lines: &[Line], widest: usize) -> Option<String> {
    let mut out = String::new();
    for item in items(lines, widest) {
        let line = item.line();
        if out.is_empty() {
            out.push_str(beginning(&line, MAX_DESCRIPTION));
        } else if out.len() + line.len() < MAX_DESCRIPTION {
            out.push('\n');
            out.push_str(&line);
        } else {
            break;
        }
    }
    (!out.is_empty()).then_some(out)
}

/// Which piece is the title and which the employer.
fn role_and_company(found: &[(String, bool)]) -> (Option<String>, Option<String>) {
    match found {
        [] => (None, None),
        [(only, _)] => one_piece(only),
        [(first, first_dated), (second, _), ..] => {
            let (a, b) = (lean(first), lean(second));
            // A tie goes to the title on the line of the dates, or else to the first.
            let first_is_role = a < b || (a == b && (*first_dated || !found[1].1));
            let (role, company) = if first_is_role { (first, second) } else { (second, first) };
            (Some(clean_role(role)), some(cut_place(company, true).0))
        }
    }
}

fn one_piece(text: &str) -> (Option<String>, Option<String>) {
    if let Some((role, company)) = split_at_word(text) {
        return (Some(clean_role(role)), some(cut_place(company, true).0));
    }
    let body = cut_place(text, false).0;
    let parts = parts(body);
    let Some(role) = (0..parts.len()).min_by_key(|i| lean(parts[*i])).filter(|_| parts.len() > 1) else {
        return if lean(body) > 0 { (None, some(cut_place(text, true).0)) } else { (some(body), None) };
    };
    // Title first: all up to the last part that leans to titles; employer first: its parts end before the title.
    let at = |i: usize| (parts[i].as_ptr() as usize).saturating_sub(body.as_ptr() as usize);
    if role == 0 {
        let company = (1..parts.len()).max_by_key(|i| (lean(parts[*i]), std::cmp::Reverse(*i))).unwrap_or(1);
        let title = body[..at(company)].trim().trim_end_matches(',').trim();
        (some(title), some(parts[company]))
    } else {
        (some(parts[role]), some(body[..at(role)].trim().trim_end_matches(',').trim()))
    }
}

/// "Engineer at Acme", "Entwickler bei Acme".
fn split_at_word(text: &str) -> Option<(&str, &str)> {
    let joints = [" at ", " @ ", " bei ", " chez ", " presso ", " bij ", " hos "];
    let (role, company) = joints.iter().find_map(|joint| text.split_once(joint))?;
    (!role.trim().is_empty() && !company.trim().is_empty() && lean(role) <= 0).then(|| (role.trim(), company.trim()))
}

fn clean_role(role: &str) -> String {
    cut_place(role, false).0.trim_end_matches([',', ':', '،']).trim().to_owned()
}

fn some(text: &str) -> Option<String> {
    let text = text.trim().trim_end_matches([',', ':', '،', '-']).trim();
    text.chars().any(char::is_alphanumeric).then(|| text.to_owned())
}
