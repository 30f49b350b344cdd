//! JSON Resume 1.0.0 (<https://jsonresume.org/schema>), for the tools that read it. What is not known is left out.

use serde::Serialize;
use url::Url;

use super::document::web_address;
use super::{Format, Source, failed};
use crate::domain::career::PRESENT;
use crate::domain::clock::rfc3339;
use crate::domain::error::Result;
use crate::domain::profile::{Education, Experience, Profile};

const SCHEMA: &str = "https://raw.githubusercontent.com/jsonresume/resume-schema/v1.0.0/schema.json";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Resume<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    basics: Basics<'a>,
    work: Vec<Work<'a>>,
    education: Vec<Study<'a>>,
    skills: Vec<Skill<'a>>,
    languages: Vec<Language<'a>>,
    certificates: Vec<Certificate<'a>>,
    meta: Meta,
}

#[derive(Serialize)]
struct Basics<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<Location<'a>>,
    profiles: Vec<Network>,
}

#[derive(Serialize)]
struct Location<'a> {
    address: &'a str,
}

#[derive(Serialize)]
struct Network {
    network: String,
    url: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Work<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_date: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_date: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Study<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    institution: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    study_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_date: Option<String>,
}

#[derive(Serialize)]
struct Skill<'a> {
    name: &'static str,
    keywords: &'a [String],
}

#[derive(Serialize)]
struct Language<'a> {
    language: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    fluency: Option<&'a str>,
}

#[derive(Serialize)]
struct Certificate<'a> {
    name: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Meta {
    version: &'static str,
    last_modified: String,
}

pub fn render(source: Source) -> Result<Vec<u8>> {
    let profile = source.profile;
    let resume = Resume {
        schema: SCHEMA,
        basics: basics(profile),
        work: profile.experience.iter().map(work).collect(),
        education: profile.education.iter().map(study).collect(),
        skills: skills(profile),
        languages: profile.languages.iter().map(|text| language(text)).collect(),
        certificates: profile.certifications.iter().map(|name| Certificate { name }).collect(),
        meta: Meta { version: "v1.0.0", last_modified: rfc3339::format(source.analysed_at) },
    };
    serde_json::to_vec_pretty(&resume).map_err(|error| failed(Format::JsonResume, error))
}

fn basics(profile: &Profile) -> Basics<'_> {
    let mut profiles: Vec<Network> =
        profile.linkedin_url.iter().chain(&profile.links).filter_map(|link| network(link)).collect();
    profiles.dedup_by(|a, b| a.url == b.url);
    Basics {
        name: profile.name.as_deref(),
        label: profile.experience.iter().find_map(|job| job.role.as_deref()),
        email: profile.email.as_deref(),
        phone: profile.phone.as_deref(),
        url: profile.links.iter().find_map(|link| web_address(link)),
        summary: profile.summary.as_deref(),
        location: profile.location.as_deref().map(|address| Location { address }),
        profiles,
    }
}

/// A link, named by its host: `linkedin.com` is the network `LinkedIn`.
fn network(link: &str) -> Option<Network> {
    let url = web_address(link)?;
    let host = Url::parse(&url).ok()?.host_str()?.trim_start_matches("www.").to_owned();
    let name = match host.as_str() {
        "github.com" => "GitHub".to_owned(),
        "gitlab.com" => "GitLab".to_owned(),
        _ if host.ends_with("linkedin.com") => "LinkedIn".to_owned(),
        _ => host,
    };
    Some(Network { network: name, url })
}

fn work(job: &Experience) -> Work<'_> {
    Work {
        name: job.company.as_deref(),
        position: job.role.as_deref(),
        start_date: job.start.as_deref(),
        end_date: job.end.as_deref().filter(|end| *end != PRESENT),
        summary: job.description.as_deref(),
    }
}

fn study(entry: &Education) -> Study<'_> {
    Study {
        institution: entry.institution.as_deref(),
        study_type: entry.degree.as_deref(),
        end_date: entry.year.filter(|year| (1000..3000).contains(year)).map(|year| year.to_string()),
    }
}

fn skills(profile: &Profile) -> Vec<Skill<'_>> {
    let groups = [("Technical", &profile.skills.technical), ("Soft Skills", &profile.skills.soft)];
    let filled = groups.into_iter().filter(|(_, keywords)| !keywords.is_empty());
    filled.map(|(name, keywords)| Skill { name, keywords }).collect()
}

/// `French (fluent)` is French, and how well.
fn language(text: &str) -> Language<'_> {
    let level = text.strip_suffix(')').and_then(|text| text.rsplit_once('('));
    match level {
        Some((language, fluency)) if !language.trim().is_empty() => {
            Language { language: language.trim(), fluency: Some(fluency.trim()) }
        }
        _ => Language { language: text, fluency: None },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::export::testing::{source, veronica};

    #[test]
    fn a_resume_has_the_fields_of_the_schema() {
        let profile = veronica();
        let resume: Value = serde_json::from_slice(&render(source(&profile)).unwrap()).unwrap();
        assert_eq!(
            resume["work"][0],
            json!({"name": "Initech GmbH", "position": "Senior Software Engineer", "startDate": "2021-03",
                "summary": "• Cut p99 latency from 900 ms to 120 ms\n• Led a team of 5"})
        );
        assert_eq!(
            resume["education"][0],
            json!({"institution": "Univerzita Karlova", "studyType": "MSc Computer Science", "endDate": "2015"})
        );
        assert_eq!(resume["languages"][0], json!({"language": "Čeština", "fluency": "native"}));
        assert_eq!(resume["basics"]["profiles"][0]["network"], "LinkedIn");
        assert_eq!(resume["basics"]["url"], "https://github.com/veronica");
    }

    #[test]
    fn what_is_unknown_is_absent() {
        let profile = Profile::default();
        let resume: Value = serde_json::from_slice(&render(source(&profile)).unwrap()).unwrap();
        assert_eq!(resume["basics"], json!({"profiles": []}));
    }
}
