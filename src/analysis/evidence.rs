//! Evidence: every value of a profile is found in the résumé's text, or it leaves the profile.
//!
//! Whoever made the profile, a model or the offline analyser, this is where its claims are held against the text. A value stays if the
//! text says it (case, spacing, punctuation, diacritics, line breaks and hyphenation aside) and gets a quotation; otherwise it goes to
//! `unsupported`. Lengths of work are computed from the dates that were found. Lines that give orders to a model prove nothing.

mod haystack;
mod loose;
mod sentences;
mod timeline;

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashSet};

use time::Date;

use crate::domain::career::{PRESENT, entry_years, total_years};
use crate::domain::profile::{Education, Evidence, Experience, Profile, Unsupported};
use crate::domain::prose::sentences;
use haystack::{Haystack, Span};
use loose::Words;
use sentences::{Vocabulary, line_words, retold};
use timeline::Timeline;

/// More values in one list are not looked at: they leave the profile unseen.
const MAX_LIST: usize = 200;
/// A quotation may break across this many lines; a value that needs more is scattered words.
const MAX_BREAKS: usize = 3;

/// How strictly the first letter of a single word is compared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum As {
    /// A name: "Apple" is not found in "apple pie".
    Name,
    /// Any words.
    Phrase,
    /// A skill: three letters and fewer must stand exactly as claimed ("Go", not "go").
    Skill,
}

/// Holds a profile against the text it was made from; `today` ends positions that last. The text of `summary` and `strengths` is composed:
/// sentences that name numbers or names which the text (or a computed figure) does not have are dropped. `job_recommendations` and
/// `weaknesses` are advice and stay.
pub fn ground(profile: Profile, text: &str, today: Date) -> Profile {
    let haystack = Haystack::new(text);
    let mut grounds = Grounds {
        words: Words::new(&haystack),
        timeline: Timeline::new(&haystack),
        haystack,
        evidence: BTreeMap::new(),
        unsupported: Vec::new(),
        passages: OnceCell::new(),
    };
    let mut out = grounds.facts(profile, today);
    grounds.composed(&mut out);
    out.evidence = grounds.evidence;
    out.unsupported = grounds.unsupported;
    out
}

struct Grounds<'a> {
    haystack: Haystack<'a>,
    words: Words,
    timeline: Timeline,
    evidence: BTreeMap<String, Evidence>,
    unsupported: Vec<Unsupported>,
    passages: OnceCell<Passages>,
}

impl Grounds<'_> {
    fn facts(&mut self, mut p: Profile, today: Date) -> Profile {
        p.name = self.keep("name", p.name, |g, value| g.find(value, As::Name, 0));
        p.email = self.keep("email", p.email, |g, value| g.haystack.find_email(value));
        p.phone = self.keep("phone", p.phone, |g, value| g.haystack.find_phone(value));
        p.linkedin_url = self.keep("linkedin_url", p.linkedin_url, |g, value| g.haystack.find_url(value));
        p.location = self.keep("location", p.location, |g, value| g.find(value, As::Name, 0));
        let age = self.keep("age", p.age.map(|age| age.to_string()), |g, value| g.age(value));
        p.age = age.and_then(|age| age.parse().ok());
        p.skills.technical =
            self.keep_list("skills.technical", p.skills.technical, |g, value| g.find(value, As::Skill, 0));
        p.skills.soft = self.keep_list("skills.soft", p.skills.soft, |g, value| g.find(value, As::Skill, 0));
        p.certifications = self.keep_list("certifications", p.certifications, |g, value| g.find(value, As::Name, 0));
        p.languages = self.languages(p.languages);
        p.links = self.keep_list("links", p.links, |g, value| g.haystack.find_url(value));
        p.experience = self.positions(p.experience, today);
        p.education = self.schools(p.education);
        let dates = p.experience.iter().filter_map(|job| Some((job.start.as_deref()?, job.end.as_deref()?)));
        p.total_work_years = total_years(dates, today);
        p
    }

    fn quote(&self, span: &Span) -> Evidence {
        Evidence { quote: self.haystack.quote(span).to_owned(), start: span.start, end: span.end }
    }

    fn reject(&mut self, field: &str, value: &str) {
        if self.unsupported.len() < MAX_LIST {
            self.unsupported.push(Unsupported { field: field.to_owned(), value: value.to_owned() });
        }
    }

    /// Keeps a value for which `find` has a place in the text.
    fn keep(
        &mut self,
        field: &str,
        value: Option<String>,
        find: impl Fn(&Self, &str) -> Option<Span>,
    ) -> Option<String> {
        let value = value.filter(|value| !value.trim().is_empty())?;
        match find(self, &value) {
            Some(span) => {
                let evidence = self.quote(&span);
                self.evidence.insert(field.to_owned(), evidence);
                Some(value)
            }
            None => {
                self.reject(field, &value);
                None
            }
        }
    }

    fn keep_list(
        &mut self,
        field: &str,
        values: Vec<String>,
        find: impl Fn(&Self, &str) -> Option<Span>,
    ) -> Vec<String> {
        let mut out = Vec::new();
        for (i, value) in values.into_iter().take(MAX_LIST).enumerate().filter(|(_, value)| !value.trim().is_empty()) {
            match find(self, &value) {
                Some(span) => {
                    let evidence = self.quote(&span);
                    self.evidence.insert(format!("{field}[{}]", out.len()), evidence);
                    out.push(value);
                }
                None => self.reject(&format!("{field}[{i}]"), &value),
            }
        }
        out
    }

    /// Where the text says the value: the occurrence at or after `from`, else the first.
    fn find(&self, value: &str, kind: As, from: usize) -> Option<Span> {
        self.all(value, kind)
            .into_iter()
            .min_by_key(|span| (span.start < from, self.haystack.quote(span) != value, span.start))
    }

    fn all(&self, value: &str, kind: As) -> Vec<Span> {
        let mut found = self.haystack.find(value);
        found.retain(|span| self.fits(span, value, kind));
        if found.is_empty() {
            found.extend(self.words.find(value).filter(|span| self.fits(span, value, kind)));
        }
        found
    }

    fn fits(&self, span: &Span, value: &str, kind: As) -> bool {
        let quote = self.haystack.quote(span);
        let lines = quote.split('\n').filter(|line| line.contains(char::is_alphanumeric));
        if lines.count() > MAX_BREAKS + 1 {
            return false;
        }
        let single = !value.trim().contains(char::is_whitespace);
        let first = |text: &str| text.chars().find(|c| c.is_alphabetic());
        match kind {
            As::Name if single && first(value).is_some_and(char::is_uppercase) => {
                !first(quote).is_some_and(char::is_lowercase)
            }
            As::Skill if value.chars().count() <= 3 => quote == value,
            _ => true,
        }
    }

    /// A number that stands alone, and neither a share nor an amount.
    fn age(&self, value: &str) -> Option<Span> {
        let number = value.parse().ok().filter(|age| (1..=130).contains(age))?;
        let chars = self.haystack.chars();
        let alone = |span: &Span| {
            let before = span.start.checked_sub(1).and_then(|at| chars.get(at));
            let after = chars.get(span.end);
            !before.is_some_and(|c| c.is_alphabetic() || ".,/-+$€£".contains(*c))
                && !after.is_some_and(|c| "%.,/-+$€£".contains(*c) && !self.ends_there(span.end))
        };
        self.haystack.find_number(number).into_iter().find(alone)
    }

    /// Does the sign at `at` end a sentence or a piece, rather than go on with a number?
    fn ends_there(&self, at: usize) -> bool {
        let chars = self.haystack.chars();
        matches!(chars.get(at), Some('.' | ',')) && !chars.get(at + 1).is_some_and(|c| c.is_numeric())
    }

    /// A level that the text words differently falls away: "French (fluent)" → "French".
    fn languages(&mut self, values: Vec<String>) -> Vec<String> {
        let bare = |value: String| match value.split_once(['(', '（']) {
            Some((name, _)) if self.all(&value, As::Phrase).is_empty() && !name.trim().is_empty() => {
                name.trim().to_owned()
            }
            _ => value,
        };
        let values = values.into_iter().take(MAX_LIST).map(bare).collect();
        self.keep_list("languages", values, |g, value| g.find(value, As::Phrase, 0))
    }

    fn positions(&mut self, jobs: Vec<Experience>, today: Date) -> Vec<Experience> {
        let mut out = Vec::new();
        let mut from = 0;
        for (i, job) in jobs.into_iter().take(MAX_LIST).enumerate() {
            let company = self.occurrences(job.company.as_deref(), As::Name);
            let role = self.occurrences(job.role.as_deref(), As::Phrase);
            let pair = closest(company, role, from);
            let Some(home) = pair.0.as_ref().or(pair.1.as_ref()).cloned() else {
                self.reject_position(i, &job);
                continue;
            };
            from = home.end;
            let at = Entry { claimed: format!("experience[{i}]"), kept: format!("experience[{}]", out.len()) };
            let company = self.settle(&at, "company", job.company, pair.0);
            let role = self.settle(&at, "role", job.role, pair.1);
            let start = self.date(&at, "start", job.start, &home);
            let end = self.date(&at, "end", job.end, &home);
            let years = start.as_deref().zip(end.as_deref()).and_then(|(start, end)| entry_years(start, end, today));
            let description = self.description(&at, job.description);
            out.push(Experience { company, role, years, start, end, description });
        }
        out
    }

    fn occurrences(&self, value: Option<&str>, kind: As) -> Vec<Span> {
        value.filter(|value| !value.trim().is_empty()).map(|value| self.all(value, kind)).unwrap_or_default()
    }

    fn reject_position(&mut self, i: usize, job: &Experience) {
        for (name, value) in [("company", &job.company), ("role", &job.role)] {
            if let Some(value) = value.as_deref().filter(|value| !value.trim().is_empty()) {
                self.reject(&format!("experience[{i}].{name}"), value);
            }
        }
    }

    /// Records where a value was found, or that it was not.
    fn settle(&mut self, at: &Entry, name: &str, value: Option<String>, span: Option<Span>) -> Option<String> {
        let value = value.filter(|value| !value.trim().is_empty())?;
        match span {
            Some(span) => {
                let evidence = self.quote(&span);
                self.evidence.insert(format!("{}.{name}", at.kept), evidence);
                Some(value)
            }
            None => {
                self.reject(&format!("{}.{name}", at.claimed), &value);
                None
            }
        }
    }

    /// A date as `YYYY-MM`, `YYYY` or `present`, found nearest to the entry. A month that the text does not give falls away.
    fn date(&mut self, at: &Entry, name: &str, value: Option<String>, home: &Span) -> Option<String> {
        let claim = value.filter(|value| !value.trim().is_empty())?;
        let Some((date, span)) = self.timeline.find(&claim, home) else {
            self.reject(&format!("{}.{name}", at.claimed), &claim);
            return None;
        };
        if date.len() < claim.len() && date != PRESENT && claim.starts_with(&date) {
            self.reject(&format!("{}.{name}", at.claimed), &claim);
        }
        let evidence = self.quote(&span);
        self.evidence.insert(format!("{}.{name}", at.kept), evidence);
        Some(date)
    }

    /// Keeps the lines of a description that stand in the text or retell a passage of it.
    fn description(&mut self, at: &Entry, value: Option<String>) -> Option<String> {
        let value = value.filter(|value| !value.trim().is_empty())?;
        if let Some(span) = self.haystack.find(&value).into_iter().next() {
            return self.settle(at, "description", Some(value), Some(span));
        }
        let mut kept = Vec::new();
        let mut span: Option<Span> = None;
        for line in value.lines().filter(|line| !line.trim().is_empty()).take(MAX_LIST) {
            match self.haystack.find(line).into_iter().next().or_else(|| self.retold(line)) {
                Some(found) => {
                    kept.push(line);
                    span.get_or_insert(found);
                }
                None => self.reject(&format!("{}.description", at.claimed), line),
            }
        }
        let kept = (!kept.is_empty()).then(|| kept.join("\n"));
        self.settle(at, "description", kept, span)
    }

    fn retold(&self, line: &str) -> Option<Span> {
        let passages = self.passages.get_or_init(|| Passages::new(&self.haystack));
        passages.vocabulary.supports(line).then_some(())?;
        let (first, last) = retold(line, &passages.words)?;
        let start = *passages.starts.get(first)?;
        // The last line ends before its line break.
        Some(start..passages.starts.get(last)?.saturating_sub(1).max(start))
    }

    fn schools(&mut self, entries: Vec<Education>) -> Vec<Education> {
        let mut out = Vec::new();
        let mut from = 0;
        for (i, entry) in entries.into_iter().take(MAX_LIST).enumerate() {
            let degree = self.occurrences(entry.degree.as_deref(), As::Phrase);
            let institution = self.occurrences(entry.institution.as_deref(), As::Name);
            let pair = closest(institution, degree, from);
            let at = Entry { claimed: format!("education[{i}]"), kept: format!("education[{}]", out.len()) };
            let home = pair.0.as_ref().or(pair.1.as_ref()).cloned();
            let institution = self.settle(&at, "institution", entry.institution, pair.0);
            let degree = self.settle(&at, "degree", entry.degree, pair.1);
            let Some(home) = home else { continue };
            from = home.end;
            let near = |span: &Span| span.start.abs_diff(home.start);
            let found =
                |g: &Self, value: &str| g.haystack.find_number(value.parse().ok()?).into_iter().min_by_key(near);
            let year = entry.year.map(|year| year.to_string());
            let span = year.as_deref().and_then(|year| found(self, year));
            let year = self.settle(&at, "year", year, span).and_then(|year| year.parse().ok());
            out.push(Education { degree, institution, year });
        }
        out
    }

    fn composed(&mut self, profile: &mut Profile) {
        let visible: String = self.haystack.chars().iter().collect();
        let vocabulary = Vocabulary::new(&visible, figures(profile));
        if let Some(summary) = profile.summary.take().filter(|summary| !summary.trim().is_empty()) {
            if let Some(span) = self.haystack.find(&summary).into_iter().next() {
                let evidence = self.quote(&span);
                self.evidence.insert("summary".to_owned(), evidence);
                profile.summary = Some(summary);
            } else {
                let (kept, dropped): (Vec<&str>, Vec<&str>) =
                    sentences(&summary).partition(|sentence| vocabulary.supports(sentence));
                dropped.iter().for_each(|sentence| self.reject("summary", sentence));
                profile.summary = (!kept.is_empty()).then(|| kept.join(" "));
            }
        }
        let strengths = std::mem::take(&mut profile.strengths).into_iter().take(MAX_LIST).enumerate();
        for (i, strength) in strengths {
            if vocabulary.supports(&strength) {
                profile.strengths.push(strength);
            } else {
                self.reject(&format!("strengths[{i}]"), &strength);
            }
        }
    }
}

/// What retold sentences are held against; built when the first one turns up.
struct Passages {
    vocabulary: Vocabulary,
    words: Vec<HashSet<String>>,
    /// Where each line begins, and where one after the last would.
    starts: Vec<usize>,
}

impl Passages {
    fn new(haystack: &Haystack<'_>) -> Self {
        let text: String = haystack.chars().iter().collect();
        let mut starts = vec![0];
        starts.extend(haystack.chars().iter().enumerate().filter(|(_, c)| **c == '\n').map(|(at, _)| at + 1));
        starts.push(haystack.chars().len() + 1);
        Self { vocabulary: Vocabulary::new(&text, []), words: line_words(haystack), starts }
    }
}

/// Paths of an entry: as it was claimed, and where it stands in what is left.
struct Entry {
    claimed: String,
    kept: String,
}

/// The occurrences of two values that stand closest together, at or after `from` if there are such.
fn closest(a: Vec<Span>, b: Vec<Span>, from: usize) -> (Option<Span>, Option<Span>) {
    let before = |span: &Span| span.start < from;
    if a.is_empty() || b.is_empty() {
        let first = |spans: Vec<Span>| spans.into_iter().min_by_key(|span| (before(span), span.start));
        return (first(a), first(b));
    }
    let pairs = a.iter().flat_map(|a| b.iter().map(move |b| (a, b)));
    let best =
        pairs.min_by_key(|(a, b)| (before(a) && before(b), a.start.abs_diff(b.start) / 40, a.start.min(b.start)));
    best.map_or((None, None), |(a, b)| (Some(a.clone()), Some(b.clone())))
}

/// Figures that are computed from the profile, as sentences may write them.
fn figures(profile: &Profile) -> Vec<String> {
    let counts = [
        profile.skills.technical.len(),
        profile.skills.soft.len(),
        profile.experience.len(),
        profile.education.len(),
        profile.languages.len(),
        profile.certifications.len(),
    ];
    let lengths = profile.experience.iter().filter_map(|job| job.years).chain(profile.total_work_years);
    let forms = |years: f64| {
        [
            format!("{years:.1}"),
            format!("{:.0}", years.floor()),
            format!("{:.0}", years.round()),
            format!("{:.0}+", years.floor()),
        ]
    };
    counts.iter().map(ToString::to_string).chain(lengths.flat_map(forms)).collect()
}

#[cfg(test)]
mod tests;
