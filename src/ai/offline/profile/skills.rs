//! Skills: the lists of the résumé, cut into items; without a list, the known technologies that the text names.

use std::collections::HashSet;

use super::lexicon::{LABELS, SOFT, TECHNICAL, skill_key};
use super::lines::Line;
use super::sections::{Kind, Section};
use crate::domain::career::dates;
use crate::domain::profile::Skills;

/// A longer list says less, and bounds what hostile text can cost.
const MAX_SKILLS: usize = 120;
/// Lines without separator that one item may take.
const MAX_WRAPS: usize = 2;
/// Words of the longest known skill.
const LONGEST: usize = 4;

pub fn skills(sections: &[Section]) -> Skills {
    let mut found = Skills::default();
    let mut seen = HashSet::new();
    for (kind, home) in [(Kind::Technical, true), (Kind::Skills, true), (Kind::Soft, false)] {
        // Each section by itself: a list does not go on in the next.
        let of_kind = sections.iter().filter(|section| section.kind == kind);
        for item in of_kind.flat_map(|section| items(&section.lines)) {
            let key = skill_key(&item);
            if seen.len() >= MAX_SKILLS || !seen.insert(key.clone()) {
                continue;
            }
            let technical = if home { !SOFT.contains(&key) } else { is_technical(&item) };
            if technical { found.technical.push(item) } else { found.soft.push(item) }
        }
    }
    if found.technical.is_empty() && found.soft.is_empty() {
        found.technical = named_in_text(sections);
    }
    found
}

fn is_technical(item: &str) -> bool {
    TECHNICAL.get(&skill_key(item)).is_some_and(|(written, exact)| !exact || *written == item)
}

fn is_known(item: &str) -> bool {
    is_technical(item) || SOFT.contains(&skill_key(item))
}

/// The items of a list, in order.
pub fn items(lines: &[Line]) -> Vec<String> {
    let rows = rows(lines);
    rows.iter().flat_map(|row| split(row)).flat_map(|item| refine(&item)).collect()
}

/// Logical rows: a list that wraps is put together again.
fn rows(lines: &[Line]) -> Vec<String> {
    let longest = lines.iter().map(|line| line.text.chars().count()).max().unwrap_or(0);
    let mut rows: Vec<String> = Vec::new();
    let (mut width, mut joined) = (0, 0);
    let bullets = lines.iter().any(|line| line.bullet);
    for line in lines {
        let text = without_label(&line.text);
        let labelled = text.len() < line.text.len();
        let may_wrap = !line.bullet && !line.cut && !labelled && joined < MAX_WRAPS;
        let wraps = may_wrap && rows.last().is_some_and(|row| continues(row, text, width, longest, bullets));
        joined = if wraps && !text.contains(is_separator) { joined + 1 } else { 0 };
        width = line.text.chars().count();
        match rows.last_mut() {
            Some(row) if wraps => {
                // A word broken at a hyphen keeps it: whether the author wrote it cannot be known.
                if !row.ends_with(['-', '/']) {
                    row.push(' ');
                }
                row.push_str(text);
            }
            _ => rows.push(text.to_owned()),
        }
    }
    rows
}

/// Does `text` go on with the row before it?
fn continues(row: &str, text: &str, width: usize, longest: usize, bullets: bool) -> bool {
    if row.ends_with(is_separator) || row.ends_with('/') || text.starts_with([',', ')', '،']) {
        return true;
    }
    let left = split(row).pop().unwrap_or_default();
    let right = split(text).into_iter().next().unwrap_or_default();
    if is_known(&format!("{left} {right}"))
        || row.chars().filter(|c| *c == '(').count() > row.chars().filter(|c| *c == ')').count()
    {
        return true;
    }
    if is_known(&left) && is_known(&right) || text.contains('\t') || row.contains('\t') {
        return false;
    }
    let lower = text.chars().next().is_some_and(char::is_lowercase) && !is_known(&right);
    let full_width = width >= 40 && width * 10 >= longest * 7 && row.contains(is_separator);
    lower || full_width || (bullets && !is_known(&right) && !is_known(&left))
}

/// "Databases: PostgreSQL" → "PostgreSQL".
fn without_label(text: &str) -> &str {
    match text.split_once([':', '：']) {
        Some((label, rest))
            if label.chars().count() <= 40 && !label.contains(is_separator) && !rest.trim().is_empty() =>
        {
            rest.trim()
        }
        Some((label, "")) if label.chars().count() <= 40 => "",
        _ => text,
    }
}

fn is_separator(c: char) -> bool {
    matches!(
        c,
        ',' | ';' | '|' | '•' | '·' | '∙' | '，' | '、' | '،' | '؛' | '；' | '\t' | '▪' | '●' | '◦' | '｜' | '・'
    )
}

/// Splits at separators outside of parentheses. The middle dot of Japanese joins words and does not separate inside of a word.
fn split(row: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut depth = 0_usize;
    let katakana = row.chars().filter(|c| is_separator(*c)).all(|c| c == '・') && row.chars().count() < 20;
    for c in row.chars() {
        match c {
            '(' | '（' | '[' => depth += 1,
            ')' | '）' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        let separates = is_separator(c) && depth == 0 && (c != '・' || !katakana);
        match out.last_mut() {
            Some(item) if !separates => item.push(c),
            _ => out.push(String::new()),
        }
    }
    out.into_iter()
        .map(|item| item.trim().trim_end_matches('.').trim().to_owned())
        .filter(|item| !item.is_empty())
        .collect()
}

/// One item of a list as skills: levels in parentheses and joining words taken off; several known skills side by side told apart.
fn refine(item: &str) -> Vec<String> {
    let item = item.trim_start_matches("and ").trim_start_matches("und ").trim();
    if let Some((outer, inner)) = parenthesis(item) {
        let inner = split(inner);
        let several = inner.len() > 1 || inner.iter().any(|skill| is_known(skill));
        let known = if several { inner.into_iter().filter(|skill| is_known(skill)).collect() } else { Vec::new() };
        return refine(outer).into_iter().chain(known).collect();
    }
    if item.split(' ').count() > 1 && !is_known(item) {
        if let Some(several) = segment(item) {
            return several;
        }
        for joint in [" and ", " & ", " und ", " et ", " y ", " e ", " i ", " и ", " – ", " - "] {
            if let Some((left, right)) =
                item.split_once(joint).filter(|(left, right)| is_known(left) && is_known(right))
            {
                return vec![left.trim().to_owned(), right.trim().to_owned()];
            }
        }
    }
    let words = item.split_whitespace().count();
    if words > 7 || item.chars().count() > 70 {
        return known_in(item).into_iter().map(|(_, skill)| skill).collect();
    }
    let dated = dates::scan(item).iter().any(dates::DateSpan::is_range);
    let usable = item.chars().any(char::is_alphabetic)
        && !dated
        && !item.contains('@')
        && !LABELS.contains_key(&skill_key(item));
    if usable { vec![item.to_owned()] } else { Vec::new() }
}

/// "Python (Django, Flask)" → ("Python", "Django, Flask").
fn parenthesis(item: &str) -> Option<(&str, &str)> {
    let open = item.find(['(', '（'])?;
    let close = item.rfind([')', '）'])?;
    let inner_start = open + item[open..].chars().next()?.len_utf8();
    let outer = item[..open].trim();
    (open > 0 && inner_start <= close && !outer.is_empty() && !item.contains("()"))
        .then(|| (outer, &item[inner_start..close]))
}

/// A row of a grid whose columns were lost: every word belongs to a known skill, and there is more than one.
fn segment(item: &str) -> Option<Vec<String>> {
    let words: Vec<&str> = item.split_whitespace().collect();
    let mut out = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let length = (1..=LONGEST.min(words.len() - at)).rev().find(|n| is_known(&words[at..at + n].join(" ")))?;
        out.push(words[at..at + length].join(" "));
        at += length;
    }
    (out.len() > 1).then_some(out)
}

/// Known technologies in running text: the word at which each stands, and the skill as written there.
pub fn known_in(text: &str) -> Vec<(usize, String)> {
    let words: Vec<&str> = text
        .split_whitespace()
        .map(|word| word.trim_matches(|c: char| "()[],;:!?\"“”„«»•".contains(c)).trim_end_matches('.'))
        .collect();
    let mut out = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let length = (1..=LONGEST.min(words.len() - at)).rev().find(|n| is_technical(&words[at..at + n].join(" ")));
        if let Some(length) = length {
            out.push((at, words[at..at + length].join(" ")));
        }
        at += length.unwrap_or(1);
    }
    out
}

fn named_in_text(sections: &[Section]) -> Vec<String> {
    let mut seen = HashSet::new();
    let lines = sections.iter().filter(|section| section.kind != Kind::Header).flat_map(|section| &section.lines);
    let found = lines.flat_map(|line| known_in(&line.text)).map(|(_, skill)| skill);
    found.filter(|skill| seen.insert(skill_key(skill))).take(MAX_SKILLS).collect()
}

#[cfg(test)]
mod tests {
    use super::super::lines::lines;
    use super::super::sections::sections;
    use super::*;

    fn read(text: &str) -> (Vec<String>, Vec<String>) {
        let found = skills(&sections(lines(text)));
        (found.technical, found.soft)
    }

    #[test]
    fn lists_are_cut_at_their_separators() {
        let (technical, soft) = read("SKILLS\nPython, Go, CI/CD; C++ | SAP R/3 • .NET Core\nLeadership, Communication");
        assert_eq!(technical, ["Python", "Go", "CI/CD", "C++", "SAP R/3", ".NET Core"]);
        assert_eq!(soft, ["Leadership", "Communication"]);
    }

    #[test]
    fn bullets_tabs_and_lost_columns_are_lists_too() {
        assert_eq!(read("Technologies\n• Go\n• REST APIs").0, ["Go", "REST APIs"]);
        assert_eq!(read("Technologies\nGo\tREST APIs\nJava\tC#").0, ["Go", "REST APIs", "Java", "C#"]);
        assert_eq!(
            read("Technologies\nPower BI Azure SAP R/3\nGCP dbt Kafka").0,
            ["Power BI", "Azure", "SAP R/3", "GCP", "dbt", "Kafka"]
        );
    }

    #[test]
    fn wrapped_lists_are_put_together() {
        assert_eq!(
            read("Soft Skills\nTime management, Attention to\ndetail, Negotiation").1,
            ["Time management", "Attention to detail", "Negotiation"]
        );
        assert_eq!(read("Skills\nKafka, .NET\nCore, Docker").0, ["Kafka", ".NET Core", "Docker"]);
        assert_eq!(read("Skills\nPython, Go\nDocker, Kubernetes").0, ["Python", "Go", "Docker", "Kubernetes"]);
    }

    #[test]
    fn labels_and_levels_are_no_skills() {
        assert_eq!(
            read("Skills\nDatabases: PostgreSQL, Redis\nPython (advanced), Java (Spring Boot, Maven)").0,
            ["PostgreSQL", "Redis", "Python", "Java", "Spring Boot", "Maven"]
        );
    }

    #[test]
    fn lists_of_other_scripts_are_cut() {
        assert_eq!(
            read("スキル\nGCP、Jira\n強み\n問題解決力、リーダーシップ"),
            (vec!["GCP".into(), "Jira".into()], vec!["問題解決力".into(), "リーダーシップ".into()])
        );
        assert_eq!(read("المهارات الشخصية\nالتواصل، القيادة").1, ["التواصل", "القيادة"]);
    }

    #[test]
    fn without_a_list_known_technologies_are_collected_from_the_text() {
        assert_eq!(
            read("Experience\nTuned PostgreSQL and wrote Rust. I go to express opinions.").0,
            ["PostgreSQL", "Rust"]
        );
    }

    #[test]
    fn an_ordinary_trade_is_a_skill() {
        assert_eq!(read("SKILLS\nPruning, Planting").0, ["Pruning", "Planting"]);
    }
}
