//! Who it is and how to reach them: name, e-mail, phone, place, LinkedIn, other links, age.

use std::sync::LazyLock;

use regex::Regex;

use super::lexicon::{DEGREE, HEADINGS, LABELS, ROLE, key};
use super::lines::Line;
use super::name::name;
use super::places::{Sureness, is_place, is_street, parts, place};
use super::sections::{Kind, Section};
use crate::domain::career::dates;
use crate::domain::fold::{digit, fold, is_unspaced};

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Contacts {
    pub name: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub linkedin_url: Option<String>,
    pub location: Option<String>,
    pub age: Option<i32>,
    pub links: Vec<String>,
}

/// The letters of an e-mail address as RFC 5321 allows them without quotes, in practice; ASCII, so that a label in a script
/// without spaces does not stick to it.
static EMAIL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"[A-Za-z0-9][A-Za-z0-9._%+'-]*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,24}").ok()
});
static LINKEDIN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:https?://)?(?:[a-z]{2,3}\.)?linkedin\.com/(?:in|pub|company|profile)?/?[\p{L}\p{N}%_.~/-]*")
        .ok()
});
static URL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:https?://|www\.)[^\s|,;<>()\[\]]+|\b(?:[a-z0-9-]+\.)+(?:com|org|net|io|dev|me|eu|de|fr|es|pt|it|nl|pl|ru|ua|gr|cz|se|il|cn|jp|kr|uk|ch|at|be|ca|app|ai|co|info|tech)\b(?:/[^\s|,;<>()\[\]]*)?").ok()
});
static PHONE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"[+＋]?\(?[0-9٠-٩۰-۹][0-9٠-٩۰-۹ ().\u{a0}\u{2010}-\u{2013}/-]{5,24}[0-9٠-٩۰-۹]").ok());
static AGE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\b([1-9][0-9])\s?(?:years old|years of age|jahre alt|ans\b|años\b|anos\b|anni\b|jaar oud|lat\b|лет\b|год[а]?\b|років\b|ετών|let\b|år gammal|yaşında|岁|歳|세)|(?:בן|בת)\s([1-9][0-9])\b").ok()
});

/// The lines in which contacts stand: the header and the sections of contacts and links.
fn region(sections: &[Section]) -> Vec<&Line> {
    let wanted = |section: &&Section| matches!(section.kind, Kind::Header | Kind::Contact | Kind::Links);
    sections.iter().filter(wanted).flat_map(|section| section.lines.iter()).take(60).collect()
}

pub fn contacts(sections: &[Section]) -> Contacts {
    let region = region(sections);
    let all: Vec<&Line> = sections.iter().flat_map(|section| section.lines.iter()).collect();
    let email = first_email(&region).or_else(|| first_email(&all)).or_else(|| broken_email(&all));
    let linkedin_url = linkedin(&all);
    let name = name(&region, &all, email.as_deref());
    Contacts {
        phone: phone(&region).or_else(|| phone(&all)),
        location: location(sections, name.as_deref()),
        age: age(&region),
        links: links(&region),
        name,
        email,
        linkedin_url,
    }
}

fn first_email(lines: &[&Line]) -> Option<String> {
    lines.iter().find_map(|line| email_in(&line.text))
}

/// The first address of a text that is no part of a longer word.
fn email_in(text: &str) -> Option<String> {
    let part = |c: char| (c.is_alphanumeric() && !is_unspaced(c)) || "._%+-@".contains(c);
    let alone = |found: &regex::Match<'_>| {
        let before = text[..found.start()].chars().next_back();
        let after = text[found.end()..].chars().next();
        !before.is_some_and(part) && !after.is_some_and(|c| c.is_ascii_alphanumeric() || c == '@')
    };
    EMAIL.as_ref()?.find_iter(text).find(alone).map(|found| found.as_str().to_owned())
}

/// An address that a narrow column broke: the halves stand at the end and the beginning of two lines.
fn broken_email(lines: &[&Line]) -> Option<String> {
    lines
        .windows(2)
        .filter(|pair| !pair[1].cut && !pair[1].bullet)
        .find_map(|pair| email_in(&format!("{}{}", pair[0].text, pair[1].text)))
}

/// The first LinkedIn address; a hyphen or slash at the end of its line continues on the next.
fn linkedin(lines: &[&Line]) -> Option<String> {
    let pattern = LINKEDIN.as_ref()?;
    let (index, found) = lines.iter().enumerate().find_map(|(i, line)| Some((i, pattern.find(&line.text)?)))?;
    let mut url = found.as_str().to_owned();
    let at_end = found.end() == lines[index].text.len();
    let tail = lines.get(index + 1).filter(|_| at_end && url.ends_with(['-', '/'])).map(|line| line.text.as_str());
    if let Some(tail) =
        tail.filter(|tail| tail.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_/".contains(c)))
    {
        url.push_str(tail);
    }
    let url = url.trim_end_matches(['/', '.', '-']);
    // "linkedin.com" alone names the site, not the person.
    url.split_once(".com/").is_some_and(|(_, path)| path.len() > 3).then(|| url.to_owned())
}

fn links(region: &[&Line]) -> Vec<String> {
    let (Some(pattern), Some(email)) = (URL.as_ref(), EMAIL.as_ref()) else {
        return Vec::new();
    };
    let mut out: Vec<String> = Vec::new();
    for line in region {
        let text = email.replace_all(&line.text, " ");
        for found in pattern.find_iter(&text) {
            let url = found.as_str().trim_end_matches(['.', '/', ')']);
            let glued = |c: char| c.is_alphanumeric() || "@._%-".contains(c);
            let part = text[..found.start()].ends_with(glued) || text[found.start() + url.len()..].starts_with(glued);
            let known = fold(url).contains("linkedin.") || out.iter().any(|known| known == url);
            if !part && !known && out.len() < 10 {
                out.push(url.to_owned());
            }
        }
    }
    out
}

/// The most likely phone number: a label or a plus sign before it, the form of a number, no date.
fn phone(lines: &[&Line]) -> Option<String> {
    let pattern = PHONE.as_ref()?;
    let mut best: Option<(usize, String)> = None;
    for line in lines.iter().filter(|line| line.text.chars().count() <= 400) {
        for found in pattern.find_iter(&line.text) {
            let text = found.as_str().trim_end_matches(['-', '.', ' ', '(', '/']);
            let score = phone_score(&line.text, found.start(), text);
            if score >= 2 && best.as_ref().is_none_or(|(most, _)| score > *most) {
                best = Some((score, text.to_owned()));
            }
        }
    }
    best.map(|(_, text)| text.trim().to_owned())
}

fn phone_score(line: &str, start: usize, text: &str) -> usize {
    let digits = text.chars().filter(|c| digit(*c).is_some()).count();
    let glued = line[..start].chars().next_back().is_some_and(|c| c.is_alphanumeric() || "$€£@_=".contains(c));
    if !(7..=15).contains(&digits)
        || glued
        || !dates::scan(text).is_empty()
        || EMAIL.as_ref().is_some_and(|email| inside(email, line, start))
    {
        return 0;
    }
    if line[start + text.len()..].trim_start().starts_with(['$', '€', '£', '¥', '%', '₴', '₽', '₺', '₪']) {
        return 0;
    }
    let plus = text.starts_with(['+', '＋']) || text.starts_with("00");
    let label = label_before(&line[..start]).is_some_and(|kind| kind == "phone");
    let named = line[..start].trim_end().ends_with(char::is_alphabetic);
    // "ISO 27001 9001": a number that a word leads to needs the groups of a phone number.
    let groups = text.split(|c: char| digit(c).is_none()).filter(|group| !group.is_empty()).count();
    if named && !label && !plus && groups < 3 {
        return 0;
    }
    let grouped = text.contains([' ', '-', '.', '(', '/', '‐', '‑']);
    let beside = line.contains('@') || line.contains('|') || line.chars().count() <= text.chars().count() + 16;
    usize::from(plus) * 3
        + usize::from(label) * 4
        + usize::from(grouped && digits >= 9)
        + usize::from(beside)
        + usize::from(digits >= 9)
}

fn inside(pattern: &Regex, line: &str, at: usize) -> bool {
    pattern.find_iter(line).any(|found| found.range().contains(&at))
}

/// The kind of the label that ends the text: "Phone: ", "Tel. ".
fn label_before(text: &str) -> Option<&'static str> {
    let last = text.rsplit(['|', '\t', '•', '·', ',']).next()?.trim().trim_end_matches([':', '：', '.', '#']);
    LABELS.get(&key(last)).copied()
}

/// "Label: value" → the kind of the label and the value.
pub fn labelled(text: &str) -> Option<(&'static str, &str)> {
    let (label, value) = text.split_once([':', '：', '\t'])?;
    LABELS.get(&key(label)).map(|kind| (*kind, value.trim()))
}

fn age(region: &[&Line]) -> Option<i32> {
    let plausible = |text: &str| text.parse().ok().filter(|age| (14..=99).contains(age));
    region.iter().find_map(|line| {
        let labelled = labelled(&line.text).filter(|(kind, _)| *kind == "age");
        let number = labelled
            .and_then(|(_, value)| plausible(value.split(|c: char| !c.is_ascii_digit()).find(|n| !n.is_empty())?));
        number.or_else(|| {
            let short = line.text.chars().count() <= 60;
            let found = AGE.as_ref().filter(|_| short)?.captures(&line.text)?;
            plausible(found.get(1).or_else(|| found.get(2))?.as_str())
        })
    })
}

/// The pieces of a line of contacts.
pub fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let spaced = [" – ", " — ", " - ", " • ", " · ", " / "];
    let mut out: Vec<&str> = text.split(['|', '\t', '•', '·', '∙', ';', '｜', '◆']).collect();
    for separator in spaced {
        out = out.into_iter().flat_map(|piece| piece.split(separator)).collect();
    }
    out.into_iter().map(str::trim).filter(|piece| !piece.is_empty())
}

fn is_contact(piece: &str) -> bool {
    let matches =
        |pattern: &LazyLock<Option<Regex>>| (*pattern).as_ref().is_some_and(|pattern| pattern.is_match(piece));
    matches(&EMAIL)
        || matches(&LINKEDIN)
        || matches(&URL)
        || piece.contains('@')
        || piece.chars().filter(|c| digit(*c).is_some()).count() >= 7
}

/// A labelled place, else a known place among the contacts, else what is left of a line of contacts or of the contact section.
fn location(sections: &[Section], name: Option<&str>) -> Option<String> {
    let region = region(sections);
    let label = region
        .iter()
        .filter_map(|line| labelled(&line.text))
        .find(|(kind, value)| *kind == "location" && usable_place(value));
    if let Some((_, value)) = label {
        return Some(without_contacts(value).to_owned());
    }
    let candidates: Vec<(&str, bool)> = region
        .iter()
        .flat_map(|line| location_pieces(line, sections))
        .filter(|(piece, _)| Some(*piece) != name)
        .collect();
    let known = candidates.iter().find(|(piece, _)| is_place(piece) || known_after_street(piece));
    let left = || candidates.iter().find(|(piece, leftover)| *leftover && could_be_place(piece));
    known.or_else(left).map(|(piece, _)| (*piece).to_owned()).or_else(|| beside_contacts(sections))
}

/// The pieces of a line that may be a place, and whether being left over would make them one.
fn location_pieces<'a>(line: &'a Line, sections: &[Section]) -> Vec<(&'a str, bool)> {
    let text =
        labelled(&line.text).filter(|(kind, _)| *kind == "location").map_or(line.text.as_str(), |(_, value)| value);
    let of_contacts = pieces(text).any(is_contact);
    let in_section = sections
        .iter()
        .any(|section| section.kind == Kind::Contact && section.lines.iter().any(|l| std::ptr::eq(l, line)));
    let birth = labelled(text).is_some_and(|(kind, _)| kind != "location");
    let usable = pieces(text).filter(|piece| !birth && !is_contact(piece) && piece.chars().count() <= 80);
    usable.map(|piece| (piece, of_contacts || in_section)).collect()
}

/// A line of its own next to contacts in the header, below name and title: nothing but a place is written there.
fn beside_contacts(sections: &[Section]) -> Option<String> {
    let header = sections.first().map_or(&[][..], |section| section.lines.as_slice());
    let contact = |at: usize| header.get(at).is_some_and(|line| is_contact(&line.text));
    let alone =
        |at: &usize| (contact(at + 1) || contact(at - 1)) && !header[*at].bullet && could_be_place(&header[*at].text);
    (2..header.len().min(10)).find(alone).map(|at| header[at].text.clone())
}

fn usable_place(value: &str) -> bool {
    let value = without_contacts(value);
    value.chars().any(char::is_alphabetic) && value.chars().count() <= 100
}

fn without_contacts(value: &str) -> &str {
    pieces(value).find(|piece| !is_contact(piece)).unwrap_or("")
}

fn known_after_street(piece: &str) -> bool {
    is_street(piece) && parts(piece).iter().any(|part| place(part) == Sureness::Known)
}

fn could_be_place(piece: &str) -> bool {
    let parts = parts(piece);
    let name = key(piece);
    (1..=4).contains(&parts.len())
        && parts.iter().all(|part| place(part) >= Sureness::Possible)
        && !ROLE.has(&name)
        && !DEGREE.has(&name)
        && !LABELS.contains_key(&name)
        && !HEADINGS.contains_key(&name)
}

#[cfg(test)]
mod tests {
    use super::super::lines::lines;
    use super::super::sections::sections;
    use super::*;

    fn read(text: &str) -> Contacts {
        contacts(&sections(lines(text)))
    }

    #[test]
    fn one_line_of_contacts_is_taken_apart() {
        let found = read(
            "Ida Quellmann\nData Analyst\nida.quellmann@example.com | +49 30 1234 567 | Pcim | linkedin.com/in/ida-q",
        );
        assert_eq!(found.name.as_deref(), Some("Ida Quellmann"));
        assert_eq!(found.email.as_deref(), Some("ida.quellmann@example.com"));
        assert_eq!(found.phone.as_deref(), Some("+49 30 1234 567"));
        assert_eq!(found.location.as_deref(), Some("Pcim"));
        assert_eq!(found.linkedin_url.as_deref(), Some("linkedin.com/in/ida-q"));
    }

    #[test]
    fn labels_name_their_values() {
        let found = read(
            "Name: Jo Marsh\nAge: 34\nEmail: jo@example.org\nPhone: +1-555-010-4477\nLocation: Lisbon, Portugal\nGitHub: github.com/jomarsh",
        );
        assert_eq!((found.name.as_deref(), found.age), (Some("Jo Marsh"), Some(34)));
        assert_eq!(
            (found.phone.as_deref(), found.location.as_deref()),
            (Some("+1-555-010-4477"), Some("Lisbon, Portugal"))
        );
        assert_eq!(found.links, ["github.com/jomarsh"]);
    }

    #[test]
    fn names_of_other_scripts_are_names() {
        for name in
            ["Мария Иванова", "ليلى التجريبية", "見本 花菜", "端木样帆", "איתן לדוגמה", "김민수", "Ελένη Παπαδάκη"]
        {
            assert_eq!(read(&format!("{name}\na@example.org")).name.as_deref(), Some(name));
        }
    }

    #[test]
    fn the_address_tells_the_name_from_other_lines() {
        assert_eq!(
            read("Brave Heart\nIngrid Solheim — Nurse\ningrid.solheim@example.no").name.as_deref(),
            Some("Ingrid Solheim")
        );
        assert_eq!(read("Käthe Öhlmeier\nkaethe.oehlmeier@example.de").name.as_deref(), Some("Käthe Öhlmeier"));
    }

    #[test]
    fn what_is_not_there_is_not_found() {
        let found = read("Jane Example\nGardener\n\nSKILLS\nPruning, Planting");
        assert_eq!(found, Contacts { name: Some("Jane Example".into()), ..Contacts::default() });
    }

    #[test]
    fn dates_and_amounts_are_no_phones() {
        assert_eq!(
            read("Jo Marsh\n2022.07–2025.07\n01.02.2019 - 03.04.2020\nBudget 1 000 000 000 $\nISO 27001 9001").phone,
            None
        );
    }

    #[test]
    fn addresses_broken_by_a_narrow_column_are_joined() {
        let found = read("Contact\nodalys.q@mail.\nexample.org\nlinkedin.com/in/example-odalys-\nquill");
        assert_eq!(found.email.as_deref(), Some("odalys.q@mail.example.org"));
        assert_eq!(found.linkedin_url.as_deref(), Some("linkedin.com/in/example-odalys-quill"));
    }
}
