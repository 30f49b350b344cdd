//! What PDF and DOCX have in common: the profile as the parts of a document that one hands to an employer.
//! Remarks that are meant for the candidate (strengths, weaknesses, recommendations) are not in it.

use url::Url;

use crate::domain::career::PRESENT;
use crate::domain::profile::{Education, Experience, Profile};

/// A document, from top to bottom. All texts are printable and without line ends.
#[derive(Debug, Default, PartialEq)]
pub struct Document {
    /// The candidate's name, or what the document is.
    pub title: String,
    /// What the candidate is, and for how long.
    pub headline: Vec<String>,
    pub contact: Vec<Contact>,
    pub sections: Vec<Section>,
    /// The name is written from right to left, so the page is as well.
    pub rtl: bool,
}

/// A way to reach the candidate, with the address to open if there is one.
#[derive(Clone, Debug, PartialEq)]
pub struct Contact {
    pub text: String,
    pub uri: Option<String>,
}

#[derive(Debug, PartialEq)]
pub struct Section {
    pub heading: &'static str,
    pub blocks: Vec<Block>,
}

#[derive(Debug, PartialEq)]
pub enum Block {
    Paragraph(String),
    Item(String),
    Link(Contact),
    /// A position or a degree: the title, dates at the other edge, a line below.
    Entry {
        title: String,
        dates: Option<String>,
        place: Option<String>,
    },
    /// Rows of a label and what belongs to it.
    Table(Vec<(&'static str, Vec<String>)>),
}

impl Document {
    /// The headline as one line; in a page from right to left as one each, since ours would be torn by the order of words.
    pub fn headlines(&self) -> Vec<String> {
        match self.headline.as_slice() {
            [] => Vec::new(),
            lines if self.rtl => lines.to_vec(),
            parts => vec![parts.join(" · ")],
        }
    }

    pub fn of(profile: &Profile) -> Self {
        let title = profile.name.as_deref().map(line).filter(|name| !name.is_empty());
        let rtl = title.as_deref().is_some_and(is_rtl);
        let filled = sections(profile).into_iter().filter(|section| !section.blocks.is_empty());
        Self {
            title: title.unwrap_or_else(|| "Résumé".into()),
            headline: headline(profile),
            contact: contact(profile),
            sections: filled.collect(),
            rtl,
        }
    }
}

fn headline(profile: &Profile) -> Vec<String> {
    let role = profile.experience.iter().find_map(|job| some_line(job.role.as_deref()));
    let years = profile.total_work_years.filter(|years| *years >= 0.1).map(|years| match years {
        1.0 => "1 year of experience".to_owned(),
        _ => format!("{years} years of experience"),
    });
    [role, years].into_iter().flatten().collect()
}

fn contact(profile: &Profile) -> Vec<Contact> {
    let plain = |text: String| Contact { text, uri: None };
    let mail = some_line(profile.email.as_deref()).map(|text| Contact { uri: Some(format!("mailto:{text}")), text });
    let phone = some_line(profile.phone.as_deref()).map(|text| Contact { uri: telephone(&text), text });
    let linkedin = some_line(profile.linkedin_url.as_deref()).map(web);
    let place = some_line(profile.location.as_deref()).map(plain);
    let age = profile.age.map(|age| plain(format!("Age: {age}")));
    [mail, phone, place, age, linkedin].into_iter().flatten().collect()
}

fn sections(profile: &Profile) -> Vec<Section> {
    let section = |heading, blocks| Section { heading, blocks };
    vec![
        section("Summary", paragraphs(profile.summary.as_deref()).collect()),
        section("Experience", profile.experience.iter().flat_map(position).collect()),
        section("Education", profile.education.iter().filter_map(study).collect()),
        section("Skills", skills(profile)),
        section("Languages", enumeration(&profile.languages).map(Block::Paragraph).into_iter().collect()),
        section("Certifications", texts(&profile.certifications).map(Block::Item).collect()),
        section("Links", texts(&profile.links).map(|link| Block::Link(web(link))).collect()),
    ]
}

fn position(job: &Experience) -> Vec<Block> {
    let (role, company) = (some_line(job.role.as_deref()), some_line(job.company.as_deref()));
    let dates = dates(job.start.as_deref(), job.end.as_deref());
    let mut blocks: Vec<Block> = entry(role, company, dates).into_iter().collect();
    blocks.extend(paragraphs(job.description.as_deref()));
    blocks
}

fn study(entry_of: &Education) -> Option<Block> {
    let (degree, school) = (some_line(entry_of.degree.as_deref()), some_line(entry_of.institution.as_deref()));
    entry(degree, school, entry_of.year.map(|year| year.to_string()))
}

/// An entry whose title is not known is headed by its place.
fn entry(title: Option<String>, place: Option<String>, dates: Option<String>) -> Option<Block> {
    match (title, place, dates) {
        (Some(title), place, dates) => Some(Block::Entry { title, dates, place }),
        (None, Some(place), dates) => Some(Block::Entry { title: place, dates, place: None }),
        (None, None, dates) => dates.map(Block::Paragraph),
    }
}

/// The lines of a text: items where they have a bullet, else paragraphs.
fn paragraphs(text: Option<&str>) -> impl Iterator<Item = Block> {
    text.into_iter().flat_map(str::lines).filter_map(paragraph)
}

fn paragraph(text: &str) -> Option<Block> {
    let text = line(text);
    match text.strip_prefix(['•', '●', '▪', '‣', '◦']) {
        Some(item) => some_line(Some(item)).map(Block::Item),
        None => (!text.is_empty()).then_some(Block::Paragraph(text)),
    }
}

fn skills(profile: &Profile) -> Vec<Block> {
    let groups = [("Technical", &profile.skills.technical), ("Soft skills", &profile.skills.soft)];
    let rows = groups.into_iter().map(|(label, values)| (label, texts(values).collect::<Vec<_>>()));
    let rows: Vec<_> = rows.filter(|(_, values)| !values.is_empty()).collect();
    if rows.is_empty() { Vec::new() } else { vec![Block::Table(rows)] }
}

fn texts(values: &[String]) -> impl Iterator<Item = String> {
    values.iter().filter_map(|value| some_line(Some(value)))
}

fn enumeration(values: &[String]) -> Option<String> {
    join(texts(values).map(Some), ", ")
}

fn join(parts: impl IntoIterator<Item = Option<String>>, separator: &str) -> Option<String> {
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(separator))
}

/// `2019-03`, `present` → `Mar 2019 – Present`.
fn dates(start: Option<&str>, end: Option<&str>) -> Option<String> {
    join([start.and_then(month), end.and_then(month)], " – ")
}

fn month(text: &str) -> Option<String> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    if text.eq_ignore_ascii_case(PRESENT) {
        return Some("Present".to_owned());
    }
    let named = text.split_once('-').and_then(|(year, month)| {
        let index = month.parse::<usize>().ok()?.checked_sub(1)?;
        Some(format!("{} {year}", MONTHS.get(index)?))
    });
    named.or_else(|| some_line(Some(text)))
}

fn telephone(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
    (digits.len() >= 5).then(|| format!("tel:{digits}"))
}

fn web(text: String) -> Contact {
    Contact { uri: web_address(&text), text }
}

/// The address behind a link as people write it (`github.com/jo`), if it leads to a web site.
pub fn web_address(text: &str) -> Option<String> {
    let text = text.trim();
    let address = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let url = Url::parse(&address).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let host = url.host_str().filter(|host| host.contains('.'))?;
    let bare = url.path() == "/" && url.query().is_none() && !address.ends_with('/');
    Some(if bare { format!("{}://{host}", url.scheme()) } else { url.into() })
}

fn some_line(text: Option<&str>) -> Option<String> {
    text.map(line).filter(|text| !text.is_empty())
}

/// The printable text of a line: any white space is one space; controls, marks of direction (which could turn what
/// stands around them) and what is no character of XML 1.0 are left out.
fn line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split(|c: char| c.is_whitespace()).map(printable) {
        if !out.is_empty() && !word.is_empty() {
            out.push(' ');
        }
        out.push_str(&word);
    }
    out
}

fn printable(word: &str) -> String {
    let is_mark = |c| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let is_special = |c| matches!(c, '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}');
    word.chars().filter(|c| !c.is_control() && !is_mark(*c) && !is_special(*c)).collect()
}

/// Whether the first letter with a direction of its own runs from right to left.
pub fn is_rtl(text: &str) -> bool {
    use unicode_bidi::BidiClass::{AL, L, R};
    let strong = text.chars().map(unicode_bidi::bidi_class).find(|class| matches!(class, L | R | AL));
    matches!(strong, Some(R | AL))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_named() {
        assert_eq!(dates(Some("2019-03"), Some("present")).as_deref(), Some("Mar 2019 – Present"));
        assert_eq!(dates(Some("2019"), None).as_deref(), Some("2019"));
        assert_eq!(dates(Some("2019-13"), None).as_deref(), Some("2019-13"));
        assert_eq!(dates(None, None), None);
    }

    #[test]
    fn a_description_is_lines_and_items() {
        let job =
            Experience { description: Some("Built things.\n• fast\n\n•\n● cheap".into()), ..Default::default() };
        let item = |text: &str| Block::Item(text.into());
        assert_eq!(position(&job), [Block::Paragraph("Built things.".into()), item("fast"), item("cheap")]);
    }

    #[test]
    fn a_summary_may_be_a_list() {
        let profile = Profile { summary: Some("• Ten years of work\n• Calm".into()), ..Default::default() };
        let item = |text: &str| Block::Item(text.into());
        assert_eq!(Document::of(&profile).sections[0].blocks, [item("Ten years of work"), item("Calm")]);
    }

    #[test]
    fn only_web_sites_become_links() {
        assert_eq!(web_address("github.com/jo").as_deref(), Some("https://github.com/jo"));
        assert_eq!(web_address("https://jo.example").as_deref(), Some("https://jo.example"));
        for text in ["javascript:alert(1)", "ftp://files.example", "portfolio", ""] {
            assert_eq!(web_address(text), None, "{text}");
        }
    }

    #[test]
    fn text_is_printable_and_keeps_its_direction() {
        assert_eq!(line("a\u{202e}b\u{0}\r\n\t c\u{ffff}"), "ab c");
        assert!(is_rtl("12 אבג"));
        assert!(!is_rtl("Dana אבג"));
    }

    #[test]
    fn remarks_for_the_candidate_stay_out() {
        let profile = Profile { weaknesses: vec!["Late".into()], strengths: vec!["Fast".into()], ..Default::default() };
        let document = Document::of(&profile);
        assert_eq!(document, Document { title: "Résumé".into(), ..Default::default() });
    }
}
