//! JSON: the profile in the groups of the contract.

use serde::Serialize;
use time::OffsetDateTime;

use super::{Format, Source, failed};
use crate::domain::JobId;
use crate::domain::clock::rfc3339;
use crate::domain::error::Result;
use crate::domain::profile::{Education, Experience, Profile};

#[derive(Serialize)]
struct Export<'a> {
    job_id: JobId,
    personal_info: PersonalInfo<'a>,
    skills: Skills<'a>,
    experience: &'a [Experience],
    education: &'a [Education],
    summary: Option<&'a str>,
    job_recommendations: &'a [String],
    strengths: &'a [String],
    weaknesses: &'a [String],
    languages: &'a [String],
    certifications: &'a [String],
    links: &'a [String],
    #[serde(with = "rfc3339::option", skip_serializing_if = "Option::is_none")]
    exported_at: Option<OffsetDateTime>,
}

#[derive(Serialize)]
struct PersonalInfo<'a> {
    name: Option<&'a str>,
    email: Option<&'a str>,
    phone: Option<&'a str>,
    location: Option<&'a str>,
    linkedin_url: Option<&'a str>,
    age: Option<i32>,
    total_work_years: Option<f64>,
}

#[derive(Serialize)]
struct Skills<'a> {
    #[serde(rename = "Technical")]
    technical: &'a [String],
    #[serde(rename = "Soft Skills")]
    soft: &'a [String],
}

impl<'a> From<&'a Profile> for PersonalInfo<'a> {
    fn from(profile: &'a Profile) -> Self {
        Self {
            name: profile.name.as_deref(),
            email: profile.email.as_deref(),
            phone: profile.phone.as_deref(),
            location: profile.location.as_deref(),
            linkedin_url: profile.linkedin_url.as_deref(),
            age: profile.age,
            total_work_years: profile.total_work_years,
        }
    }
}

fn export(source: Source<'_>, exported_at: Option<OffsetDateTime>) -> Export<'_> {
    let Source { job_id, profile, .. } = source;
    Export {
        job_id,
        personal_info: profile.into(),
        skills: Skills { technical: &profile.skills.technical, soft: &profile.skills.soft },
        experience: &profile.experience,
        education: &profile.education,
        summary: profile.summary.as_deref(),
        job_recommendations: &profile.job_recommendations,
        strengths: &profile.strengths,
        weaknesses: &profile.weaknesses,
        languages: &profile.languages,
        certifications: &profile.certifications,
        links: &profile.links,
        exported_at,
    }
}

pub fn render(source: Source, now: OffsetDateTime) -> Result<Vec<u8>> {
    serde_json::to_vec_pretty(&export(source, Some(now))).map_err(|error| failed(Format::Json, error))
}

/// Everything that any format may show, without the time of the export.
pub fn content(source: Source) -> Result<Vec<u8>> {
    serde_json::to_vec(&export(source, None)).map_err(|error| failed(Format::Json, error))
}
