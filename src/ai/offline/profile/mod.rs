//! The offline analyser: the text of a résumé to a profile, by layout, dates and word lists. No network, no model.
//!
//! `lines` cleans the text, `sections` cuts it at headings, one room a field reads its section, `items` undoes the breaks of wrapped lines,
//! `composed` writes about what was found.
//! Every other value is copied from the text, never inferred, so that each can be shown in it.

mod composed;
mod contacts;
mod education;
mod experience;
mod items;
mod lexicon;
mod lines;
mod lists;
mod name;
mod places;
mod sections;
mod skills;
mod titles;

use time::Date;

use crate::domain::career::total_years;
use crate::domain::profile::Profile;
use lexicon::ROLE;
pub use lexicon::family;
use sections::{Kind, Section};

/// The profile that the text states. `today` is the end of positions that last. `evidence` and `unsupported` stay empty.
/// Never fails: what is not found is `None` or empty. Text beyond the size of a long résumé (60,000 characters) is not read.
pub fn analyze(text: &str, today: Date) -> Profile {
    let sections = sections::sections(lines::lines(text));
    let contacts = contacts::contacts(&sections);
    let headline = headline(&sections, contacts.name.as_deref());
    let experience = experience::experience(&sections, today);
    let dates = experience.iter().filter_map(|job| Some((job.start.as_deref()?, job.end.as_deref()?)));
    let mut profile = Profile {
        total_work_years: total_years(dates, today),
        name: contacts.name,
        email: contacts.email,
        phone: contacts.phone,
        linkedin_url: contacts.linkedin_url,
        age: contacts.age,
        location: contacts.location,
        links: contacts.links,
        skills: skills::skills(&sections),
        education: education::education(&sections),
        languages: lists::languages(&sections),
        certifications: lists::certifications(&sections),
        experience,
        ..Profile::default()
    };
    composed::compose(&mut profile, headline.as_deref(), &sections);
    profile
}

/// Known technologies and methods that a text names, as it writes them.
pub fn technologies(text: &str) -> Vec<String> {
    skills::known_in(text).into_iter().map(|(_, skill)| skill).collect()
}

/// The title under the name: the first piece of the header that reads like one.
fn headline(sections: &[Section], name: Option<&str>) -> Option<String> {
    let header =
        sections.iter().filter(|section| section.kind == Kind::Header).flat_map(|section| &section.lines).take(6);
    let pieces = header.flat_map(|line| contacts::pieces(&line.text));
    let title = |piece: &&str| {
        Some(*piece) != name && !piece.contains('@') && !titles::is_prose(piece) && ROLE.has(&lexicon::key(piece))
    };
    pieces.filter(|piece| piece.chars().count() <= 60).find(title).map(str::to_owned)
}

#[cfg(test)]
mod tests;
