//! What is composed of found facts: summary, recommendations, strengths, weaknesses. English; nothing here is new about the person.

use super::items::{items, widest};
use super::lexicon::{family, next_titles};
use super::lines::Line;
use super::sections::{Kind, Section, of_kind};
use crate::domain::career::{PRESENT, YearMonth};
use crate::domain::profile::{Experience, Profile};
use crate::domain::prose::{append, beginning};

/// In bytes.
const MAX_SUMMARY: usize = 1_000;

/// Fills the composed fields of a profile whose facts are complete.
pub fn compose(profile: &mut Profile, headline: Option<&str>, sections: &[Section]) {
    profile.summary = own_summary(sections).or_else(|| summary(profile, headline));
    profile.job_recommendations = recommendations(profile, headline);
    profile.strengths = strengths(profile);
    profile.weaknesses = weaknesses(profile, sections);
}

/// The résumé's own summary, if it has one: nobody says it better. Paragraphs become one, list items stay lines.
fn own_summary(sections: &[Section]) -> Option<String> {
    let lines: Vec<Line> =
        of_kind(sections, Kind::Summary).into_iter().take_while(|line| !line.text.contains('@')).collect();
    let mut text = String::new();
    for item in items(&lines, widest(&lines)) {
        let room = MAX_SUMMARY.saturating_sub(text.len());
        if !text.is_empty() && item.text.len() > room {
            break;
        }
        let line = item.line();
        if item.bullet && !text.is_empty() {
            text.push('\n');
            text.push_str(&line);
        } else {
            append(&mut text, beginning(&line, room));
        }
    }
    (text.chars().count() >= 40 || text.split_whitespace().count() >= 5).then_some(text)
}

fn summary(profile: &Profile, headline: Option<&str>) -> Option<String> {
    let title = latest_role(profile).or(headline);
    let mut sentences = Vec::new();
    match (title, profile.total_work_years.filter(|years| *years >= 0.1)) {
        (Some(title), Some(years)) => sentences.push(format!("{title} with {years:.1} years of work experience.")),
        (Some(title), None) => sentences.push(format!("{title}.")),
        (None, Some(years)) => sentences.push(format!("Professional with {years:.1} years of work experience.")),
        (None, None) => {}
    }
    let skills: Vec<&str> =
        profile.skills.technical.iter().chain(&profile.skills.soft).map(String::as_str).take(5).collect();
    if !skills.is_empty() {
        sentences.push(format!("Main skills: {}.", list(&skills)));
    }
    if let Some(company) = profile.experience.iter().find_map(|job| job.company.as_deref()) {
        sentences.push(format!("Most recent employer: {company}."));
    }
    if let Some(entry) = profile.education.first() {
        let parts: Vec<&str> = [entry.degree.as_deref(), entry.institution.as_deref()].into_iter().flatten().collect();
        sentences.push(format!("Education: {}.", parts.join(", ")));
    }
    (!sentences.is_empty()).then(|| sentences.join(" "))
}

fn latest_role(profile: &Profile) -> Option<&str> {
    profile.experience.iter().find_map(|job| job.role.as_deref())
}

/// Three to five next titles of the family that the latest title belongs to, from the level that the years of work suggest.
fn recommendations(profile: &Profile, headline: Option<&str>) -> Vec<String> {
    let title = latest_role(profile).or(headline);
    let years = profile.total_work_years.unwrap_or(0.0);
    let family = family(title.unwrap_or(""));
    let reach = if years >= 8.0 { 4 } else { 3 };
    let known = |next: &str| title.is_some_and(|title| title.eq_ignore_ascii_case(next));
    let mut out: Vec<String> =
        title.map(|title| format!("{title} (the work you know, at a new employer)")).into_iter().collect();
    let skip = usize::from(years >= 12.0);
    out.extend(next_titles(family).skip(skip).take(reach).filter(|next| !known(next)).map(str::to_owned));
    out.truncate(5);
    out
}

fn strengths(profile: &Profile) -> Vec<String> {
    let mut out = Vec::new();
    let technical: Vec<&str> = profile.skills.technical.iter().map(String::as_str).collect();
    let soft: Vec<&str> = profile.skills.soft.iter().map(String::as_str).collect();
    if let Some(years) = profile.total_work_years.filter(|years| *years >= 0.5) {
        let latest = latest_role(profile).map(|role| format!(", most recently as {role}")).unwrap_or_default();
        out.push(format!("{years:.1} years of work{latest}."));
    }
    if let Some(job) = longest(profile) {
        out.push(job);
    }
    match technical.len() {
        0 => {}
        1 => out.push(format!("Names a concrete skill: {}.", technical[0])),
        n => out.push(format!("{n} technical skills, among them {}.", list(&technical[..n.min(3)]))),
    }
    if !soft.is_empty() {
        out.push(format!("Personal strengths: {}.", list(&soft[..soft.len().min(3)])));
    }
    if let Some(degree) = profile.education.iter().find_map(|entry| entry.degree.as_deref()) {
        out.push(format!("Formal education: {degree}."));
    }
    if profile.languages.len() > 1 {
        out.push(format!("Speaks {} languages.", profile.languages.len()));
    }
    if out.is_empty() {
        out.push("A short résumé that is quick to read.".to_owned());
    }
    out
}

/// Three years and more with one employer.
fn longest(profile: &Profile) -> Option<String> {
    let job = profile.experience.iter().max_by(|a, b| a.years.unwrap_or(0.0).total_cmp(&b.years.unwrap_or(0.0)))?;
    let (years, company) = (job.years.filter(|years| *years >= 3.0)?, job.company.as_deref()?);
    Some(format!("Stayed {years:.1} years with {company}."))
}

/// Gaps of the résumé, each with what to do about it.
fn weaknesses(profile: &Profile, sections: &[Section]) -> Vec<String> {
    let has = |kind: Kind| sections.iter().any(|section| section.kind == kind && !section.lines.is_empty());
    let mut out: Vec<&str> = Vec::new();
    if profile.email.is_none() && profile.phone.is_none() {
        out.push("There is no way to reach you: add an e-mail address and a phone number.");
    }
    if profile.experience.is_empty() {
        out.push("No dated position was found: list employer, title, start and end of each, also of internships and volunteering.");
    }
    if !has(Kind::Summary) {
        out.push("There is no summary: two or three sentences at the top tell a reader what to look for.");
    }
    if profile.experience.iter().any(|job| job.description.is_none()) {
        out.push("Some positions say nothing about what you did: add two or three results to each.");
    } else if !profile.experience.is_empty() && !quantified(&profile.experience) {
        out.push("Results stand without numbers: say how much, how many or how fast.");
    }
    if has_gap(&profile.experience) {
        out.push("There is a gap of more than six months between positions: a word about it saves a question.");
    }
    if profile.education.is_empty() {
        out.push("No education was found: add a degree, a school or a course, with its year.");
    }
    if profile.skills.technical.len() < 3 {
        out.push("Few concrete skills are listed: name the tools and methods that you work with.");
    }
    if profile.linkedin_url.is_none() && profile.links.is_empty() {
        out.push("There is no link to a profile or to work samples: add one if you have it.");
    }
    out.into_iter().take(5).map(str::to_owned).collect()
}

fn quantified(jobs: &[Experience]) -> bool {
    jobs.iter().filter_map(|job| job.description.as_deref()).any(|text| text.contains(char::is_numeric))
}

/// More than six months between the end of one position and the start of the next, where both have months.
fn has_gap(jobs: &[Experience]) -> bool {
    let month = |date: &Option<String>| {
        date.as_deref().and_then(|date| date.parse::<YearMonth>().ok()).filter(|date| date.month.is_some())
    };
    let mut spans: Vec<(i32, i32)> = jobs
        .iter()
        .filter_map(|job| {
            let end = if job.end.as_deref() == Some(PRESENT) { i32::MAX } else { month(&job.end)?.index() };
            Some((month(&job.start)?.index(), end))
        })
        .collect();
    spans.sort_unstable();
    let mut reach = i32::MAX;
    spans.into_iter().any(|(start, end)| {
        let gap = start.saturating_sub(reach) > 6;
        reach = if reach == i32::MAX { end } else { reach.max(end) };
        gap
    })
}

/// "a, b and c".
fn list(items: &[&str]) -> String {
    match items {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
