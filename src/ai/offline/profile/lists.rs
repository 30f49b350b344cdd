//! Plain lists: languages and certifications.

use super::lexicon::key;
use super::lines::Line;
use super::places::parts;
use super::sections::{Kind, Section};
use crate::domain::prose::append;

const MAX_ITEMS: usize = 30;
const MAX_ITEM: usize = 160;
/// Lines that a row may take beyond its first.
const MAX_WRAPS: usize = 2;

/// Languages as written, with their levels: "French (fluent)".
pub fn languages(sections: &[Section]) -> Vec<String> {
    let rows = rows(sections, Kind::Languages);
    let items = rows.iter().flat_map(|row| row.split(['\t', ';', '|', '•', '·'])).flat_map(parts).map(str::to_owned);
    bounded(items.filter(|item| item.split_whitespace().count() <= 8))
}

/// Certifications as written; one a line or bullet.
pub fn certifications(sections: &[Section]) -> Vec<String> {
    let rows = rows(sections, Kind::Certifications);
    // A row of short names parted by commas is a list.
    let split = |row: &String| -> Vec<String> {
        let parts = parts(row);
        let list = parts.len() >= 3 && parts.iter().all(|part| part.chars().any(char::is_alphabetic));
        if list { parts.into_iter().map(str::to_owned).collect() } else { vec![row.replace('\t', " ")] }
    };
    bounded(rows.iter().flat_map(split))
}

/// The rows of all sections of a kind; none goes on in the next section.
fn rows(sections: &[Section], kind: Kind) -> Vec<String> {
    sections.iter().filter(|section| section.kind == kind).flat_map(|section| unwrap_rows(&section.lines)).collect()
}

/// Rows in which wrapped lines are joined: a line goes on if it begins small or with a sign or number, or if its list has bullets and it none.
fn unwrap_rows(lines: &[Line]) -> Vec<String> {
    let bullets = lines.iter().any(|line| line.bullet);
    let mut joined = 0;
    let mut rows: Vec<String> = Vec::new();
    for line in lines {
        let open = rows.last().is_some_and(|row| {
            row.ends_with([',', '(', '&', '-', '–', '،', '、']) || row.matches('(').count() > row.matches(')').count()
        });
        let goes_on = line.text.chars().next().is_some_and(|c| c.is_lowercase() || c.is_ascii_digit() || c == '(');
        match rows.last_mut() {
            Some(row)
                if !line.bullet && !line.cut && ((bullets && !line.gap) || open || goes_on) && joined < MAX_WRAPS =>
            {
                joined += 1;
                append(row, &line.text);
            }
            _ => {
                joined = 0;
                rows.push(line.text.clone());
            }
        }
    }
    rows
}

fn bounded(items: impl Iterator<Item = String>) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for item in items {
        let item = item.trim().trim_end_matches('.').trim();
        let usable = item.chars().any(char::is_alphabetic) && item.chars().count() <= MAX_ITEM;
        if usable && out.len() < MAX_ITEMS && !out.iter().any(|known| key(known) == key(item)) {
            out.push(item.to_owned());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::lines::lines;
    use super::super::sections::sections;
    use super::*;

    #[test]
    fn languages_keep_their_levels() {
        let read = |text: &str| languages(&sections(lines(text)));
        assert_eq!(
            read("Languages\nEnglish (native), French (fluent),\nFinnish (basic)"),
            ["English (native)", "French (fluent)", "Finnish (basic)"]
        );
        assert_eq!(read("語学\n日本語（母語）、英語（ビジネスレベル）"), ["日本語（母語）", "英語（ビジネスレベル）"]);
    }

    #[test]
    fn a_certification_may_wrap() {
        let read = |text: &str| certifications(&sections(lines(text)));
        assert_eq!(
            read("Certifications\n• PMP – Project\nProfessional, 2021\n• First Aid"),
            ["PMP – Project Professional, 2021", "First Aid"]
        );
        assert_eq!(read("Certificates\nFirst-Aid Officer, renewed\n2024"), ["First-Aid Officer, renewed 2024"]);
    }
}
