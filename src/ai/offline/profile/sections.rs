//! Cutting the lines into sections at their headings.

use super::lexicon::{HEADINGS, LONG_HEADINGS, TECHNICAL, key, skill_key};
use super::lines::Line;

/// What a section is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Before the first heading: name, title, contacts.
    Header,
    Summary,
    Experience,
    Education,
    Technical,
    Soft,
    /// Technical and soft skills together.
    Skills,
    Projects,
    Certifications,
    Contact,
    Languages,
    Links,
    Other,
}

impl Kind {
    /// The kind that a line of `data/headings.txt` names; an unknown name is `Other`.
    pub fn named(name: &str) -> Self {
        match name {
            "summary" => Self::Summary,
            "experience" => Self::Experience,
            "education" => Self::Education,
            "technical" => Self::Technical,
            "soft" => Self::Soft,
            "skills" => Self::Skills,
            "projects" => Self::Projects,
            "certifications" => Self::Certifications,
            "contact" => Self::Contact,
            "languages" => Self::Languages,
            "links" => Self::Links,
            _ => Self::Other,
        }
    }
}

#[derive(Clone, Debug)]
pub struct Section {
    pub kind: Kind,
    pub lines: Vec<Line>,
}

/// The sections in order; the first is the header (possibly empty).
pub fn sections(lines: Vec<Line>) -> Vec<Section> {
    let mut out = vec![Section { kind: Kind::Header, lines: Vec::new() }];
    let mut rest = lines.into_iter().peekable();
    while let Some(line) = rest.next() {
        let next = rest.peek();
        let within = out.last().map_or(Kind::Header, |section| section.kind);
        let (kind, taken, inline) = match heading(&line, next, within) {
            Some(found) => found,
            None => {
                if let Some(section) = out.last_mut() {
                    section.lines.push(line);
                }
                continue;
            }
        };
        if taken == 2 {
            rest.next();
        }
        // A label inside its own section ("Skills: …" under "Skills") opens no new one.
        let lines =
            inline.map(|text| Line { text, bullet: false, gap: false, cut: false }).into_iter().collect::<Vec<_>>();
        match out.last_mut().filter(|last| last.kind == kind && !lines.is_empty()) {
            Some(last) => last.lines.extend(lines),
            None => out.push(Section { kind, lines }),
        }
    }
    out
}

/// The lines of all sections of a kind.
pub fn of_kind(sections: &[Section], kind: Kind) -> Vec<Line> {
    sections.iter().filter(|section| section.kind == kind).flat_map(|section| section.lines.clone()).collect()
}

/// Is this line a heading? Its kind, how many lines it takes (a narrow column breaks "Licenses & / Certifications"),
/// and the text that follows it on the same line.
fn heading(line: &Line, next: Option<&Line>, within: Kind) -> Option<(Kind, usize, Option<String>)> {
    if line.bullet || line.text.chars().count() > 400 {
        return None;
    }
    if let Some(kind) = exact(&line.text) {
        return Some((kind, 1, None));
    }
    let broken = next.filter(|next| !next.bullet && !next.gap && !next.cut && may_break(&line.text));
    if let Some(kind) = broken.and_then(|next| exact(&format!("{} {}", line.text, next.text))) {
        return Some((kind, 2, None));
    }
    if let Some(kind) = close(&line.text) {
        return Some((kind, 1, None));
    }
    inline(&line.text, within).map(|(kind, text)| (kind, 1, Some(text)))
}

fn may_break(text: &str) -> bool {
    text.chars().count() <= 30 && !text.contains([',', '|', '@', '\t'])
}

/// The line is a heading of the lexicon, perhaps with a colon or letter-spaced.
fn exact(text: &str) -> Option<Kind> {
    if text.chars().count() > 60 || text.contains(['@', '|']) {
        return None;
    }
    let key = key(text);
    // "Work." or "Skills, " are ends of sentences and lists, not headings.
    if text.ends_with(['.', ',', ';', '、', '،', '&']) {
        return None;
    }
    HEADINGS.get(&key).or_else(|| HEADINGS.get(&unspaced(&key)?)).copied()
}

/// "S K I L L S" → "skills"; several letter-spaced words cannot be told apart and are looked up glued.
fn unspaced(key: &str) -> Option<String> {
    let parts: Vec<&str> = key.split(' ').collect();
    (parts.len() >= 4 && parts.iter().all(|part| part.chars().count() == 1)).then(|| parts.concat())
}

/// A heading in which an extraction lost letters ("Licenses & Certications") or a typist did.
fn close(text: &str) -> Option<Kind> {
    let length = text.chars().count();
    if !(7..=40).contains(&length)
        || text.contains(['@', '|', ',', '.', ':', '\t'])
        || !text.chars().next()?.is_uppercase()
    {
        return None;
    }
    let key = key(text);
    let candidates = LONG_HEADINGS.get(&key.chars().next()?)?;
    let near = |heading: &str| {
        let length = heading.chars().count();
        let allowed = (length / 7).min(3);
        key.chars().count().abs_diff(length) <= allowed && distance_within(&key, heading, allowed)
    };
    candidates.iter().find(|(heading, _)| near(heading)).map(|(_, kind)| *kind)
}

/// Is the edit distance at most `limit`?
fn distance_within(a: &str, b: &str, limit: usize) -> bool {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
        if row.iter().min().is_some_and(|least| *least > limit) {
            return false;
        }
    }
    row.last().is_some_and(|distance| *distance <= limit)
}

/// "Skills: Python, Go" or "Languages\tEnglish": a heading and its content on one line.
/// Labels of contacts in the header ("Location: …", "Web: …") are no headings.
fn inline(text: &str, within: Kind) -> Option<(Kind, String)> {
    let (label, rest) = text.split_once([':', '：', '\t'])?;
    let rest = rest.trim();
    if rest.is_empty() || label.chars().count() > 40 {
        return None;
    }
    let kind = exact(label)?;
    let usable = match kind {
        Kind::Languages => !(matches!(within, Kind::Technical | Kind::Skills) && names_technology(rest)),
        Kind::Technical | Kind::Soft | Kind::Skills => true,
        Kind::Summary | Kind::Certifications => within == Kind::Header,
        _ => false,
    };
    usable.then(|| (kind, rest.to_owned()))
}

/// "Languages: Python, Go" among the skills means programming languages.
fn names_technology(list: &str) -> bool {
    list.split([',', ';', '/', '|', '、', '،']).any(|item| TECHNICAL.contains_key(&skill_key(item)))
}

#[cfg(test)]
mod tests {
    use super::super::lines::lines;
    use super::*;

    fn kinds(text: &str) -> Vec<(Kind, usize)> {
        sections(lines(text)).into_iter().map(|section| (section.kind, section.lines.len())).collect()
    }

    #[test]
    fn headings_of_many_languages_open_sections() {
        for (heading, kind) in [
            ("EXPERIENCE", Kind::Experience),
            ("Beruflicher Werdegang:", Kind::Experience),
            ("Doświadczenie zawodowe", Kind::Experience),
            ("Опыт работы", Kind::Experience),
            ("職務経歴", Kind::Experience),
            ("【学歴】", Kind::Education),
            ("השכלה", Kind::Education),
            ("المهارات التقنية", Kind::Technical),
            ("S K I L L S", Kind::Skills),
            ("Licenses & Certications", Kind::Certifications),
            ("자격증", Kind::Certifications),
        ] {
            assert_eq!(kinds(&format!("Name\n{heading}\nx")), [(Kind::Header, 1), (kind, 1)], "{heading}");
        }
    }

    #[test]
    fn a_heading_may_break_across_lines_or_hold_its_content() {
        assert_eq!(kinds("Licenses &\nCertifications\n• A"), [(Kind::Header, 0), (Kind::Certifications, 1)]);
        assert_eq!(
            kinds("Jane\nSkills: Rust, Go\nLanguages: French"),
            [(Kind::Header, 1), (Kind::Skills, 1), (Kind::Languages, 1)]
        );
    }

    #[test]
    fn programming_languages_are_no_section_of_languages() {
        assert_eq!(
            kinds("Skills\nLanguages: Python, Go\nTools: Git"),
            [(Kind::Header, 0), (Kind::Skills, 1), (Kind::Technical, 1)]
        );
    }

    #[test]
    fn bullets_and_sentences_are_no_headings() {
        assert_eq!(kinds("• Training\nProfile, \nEducated in Bern"), [(Kind::Header, 3)]);
    }
}
