//! Education: degrees, the places that gave them, and years.

use super::experience::without;
use super::lexicon::{DEGREE, INSTITUTION, key};
use super::lines::Line;
use super::places::{Sureness, is_known_place, parts, place};
use super::sections::{Kind, Section, of_kind};
use super::titles::is_prose;
use crate::domain::career::dates::{DateSpan, scan};
use crate::domain::profile::Education;

const MAX_ENTRIES: usize = 20;

/// What a piece of a line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    Degree,
    Institution,
    Unclear,
}

pub fn education(sections: &[Section]) -> Vec<Education> {
    let lines = of_kind(sections, Kind::Education);
    let mut out: Vec<Education> = Vec::new();
    for line in lines.iter().filter(|line| !line.bullet || says(&line.text) != Says::Unclear) {
        read(&mut out, line);
    }
    out.retain(|entry| entry.degree.is_some() || entry.institution.is_some());
    out.truncate(MAX_ENTRIES);
    out
}

fn read(out: &mut Vec<Education>, line: &Line) {
    let found = scan(&line.text);
    let span = found.iter().find(|span| span.is_range()).or(found.last());
    let text = span.map_or_else(|| line.text.clone(), |span| without(&line.text, span));
    let pieces = pieces(&text);
    let prose = is_prose(&text) && !pieces.iter().any(|piece| says(piece) == Says::Institution) || is_note(&text);
    if !prose {
        for piece in &pieces {
            add(out, piece);
        }
    }
    if let Some(span) = span.filter(|_| !prose) {
        add_year(out, span);
    }
}

/// Grades and remarks: "GPA: 3.8", "Thesis: …", "Note: 1,3".
fn is_note(text: &str) -> bool {
    let label = text.split_once([':', '：']).map(|(label, _)| key(label));
    let first = key(text);
    let notes = [
        "gpa",
        "grade",
        "thesis",
        "relevant coursework",
        "coursework",
        "note",
        "abschlussnote",
        "honors",
        "honours",
        "nota",
        "promedio",
        "moyenne",
        "mention",
        "dissertation",
        "minor",
        "abschlussarbeit",
        "bachelorarbeit",
        "masterarbeit",
    ];
    label.is_some_and(|label| notes.contains(&label.as_str()))
        || first.starts_with("gpa ")
        || first.starts_with("relevant coursework")
}

/// The year is that of the entry begun last; a range counts by its end.
fn add_year(out: &mut Vec<Education>, span: &DateSpan) {
    match out.last_mut() {
        Some(entry) if entry.year.is_none() => entry.year = Some(span.last_year()),
        Some(_) | None => out.push(Education { year: Some(span.last_year()), ..Education::default() }),
    }
}

/// Puts a piece where it belongs: into the entry begun last if that lacks it, else into a new one.
fn add(out: &mut Vec<Education>, piece: &str) {
    let last = out.last();
    let (no_degree, no_place) =
        last.map_or((true, true), |entry| (entry.degree.is_none(), entry.institution.is_none()));
    let degree = match says(piece) {
        Says::Degree => true,
        Says::Institution => false,
        // Unclear: what the entry begun last lacks; a new one begins with its degree.
        Says::Unclear if no_degree || !no_place => true,
        Says::Unclear => false,
    };
    let fits = if degree { no_degree } else { no_place };
    if last.is_none() || !fits {
        out.push(Education::default());
    }
    if let Some(entry) = out.last_mut() {
        let slot = if degree { &mut entry.degree } else { &mut entry.institution };
        *slot = Some(piece.to_owned());
    }
}

fn says(text: &str) -> Says {
    let key = key(text);
    let (degree, institution) = (DEGREE.hits(&key), INSTITUTION.hits(&key));
    match degree.cmp(&institution) {
        std::cmp::Ordering::Greater => Says::Degree,
        std::cmp::Ordering::Less => Says::Institution,
        std::cmp::Ordering::Equal if degree > 0 => Says::Institution,
        std::cmp::Ordering::Equal => Says::Unclear,
    }
}

/// The pieces of a line: at strong separators, and at commas if they part degree and institution. Places are left out.
fn pieces(text: &str) -> Vec<String> {
    let mut out: Vec<&str> = text.split(['\t', '|', '•', '·', '｜']).collect();
    for separator in [" – ", " — ", " - ", " @ ", " at "] {
        out = out.into_iter().flat_map(|piece| split_if_telling(piece, separator)).collect();
    }
    let pieces = out.iter().flat_map(|piece| by_commas(piece));
    let usable = |piece: &String| {
        piece.chars().any(char::is_alphabetic) && (says(piece) != Says::Unclear || !is_known_place(piece))
    };
    pieces.filter(usable).collect()
}

/// Splits only where one side is an institution: "Master – Data Science" stays whole.
fn split_if_telling<'a>(piece: &'a str, separator: &str) -> Vec<&'a str> {
    match piece.split_once(separator) {
        Some((left, right)) if says(left) == Says::Institution || says(right) == Says::Institution => vec![left, right],
        _ => vec![piece],
    }
}

/// "BSc Physics, University of Porto, Porto" → degree and institution; "MBA, Finance" stays whole.
fn by_commas(piece: &str) -> Vec<String> {
    let parts = parts(piece);
    let Some(at) = parts.iter().position(|part| says(part) == Says::Institution) else {
        return vec![piece.trim().to_owned()];
    };
    let mut out: Vec<String> = Vec::new();
    let mut join = |parts: &[&str]| {
        let kept: Vec<&str> = parts.iter().copied().filter(|part| place(part) != Sureness::Known).collect();
        if !kept.is_empty() {
            out.push(kept.join(", "));
        }
    };
    join(&parts[..at]);
    join(&parts[at..=at]);
    // What follows the institution is a place, or a degree if none stood before.
    let rest: Vec<&str> =
        parts[at + 1..].iter().copied().filter(|part| at == 0 || says(part) == Says::Degree).collect();
    join(&rest);
    out
}
