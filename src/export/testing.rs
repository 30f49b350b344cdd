//! Profiles for the tests of all formats.

use time::macros::datetime;

use super::Source;
use crate::domain::profile::{Education, Experience, Profile, Skills};

pub fn source(profile: &Profile) -> Source<'_> {
    let job_id = "a1b2c3d4-e5f6-4a7b-8c9d-0e1f2a3b4c5d".parse().unwrap();
    Source { job_id, profile, analysed_at: datetime!(2026-11-20 09:30 UTC) }
}

fn owned(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

/// A profile with something in every field.
pub fn veronica() -> Profile {
    Profile {
        name: Some("Veronika Žáčková".into()),
        email: Some("veronika@example.org".into()),
        phone: Some("+420 601 234 567".into()),
        linkedin_url: Some("https://www.linkedin.com/in/veronika".into()),
        age: Some(38),
        location: Some("Praha, Česko".into()),
        total_work_years: Some(11.5),
        skills: Skills { technical: owned(&["Rust", "PostgreSQL", "C++"]), soft: owned(&["Leadership"]) },
        experience: vec![
            Experience {
                company: Some("Initech GmbH".into()),
                role: Some("Senior Software Engineer".into()),
                years: Some(5.7),
                start: Some("2021-03".into()),
                end: Some("present".into()),
                description: Some("• Cut p99 latency from 900 ms to 120 ms\n• Led a team of 5".into()),
            },
            Experience {
                company: Some("Škoda Auto".into()),
                role: Some("Software Engineer".into()),
                years: Some(5.8),
                start: Some("2015-06".into()),
                end: Some("2021-02".into()),
                description: Some("Wrote the payment service.".into()),
            },
        ],
        education: vec![Education {
            degree: Some("MSc Computer Science".into()),
            institution: Some("Univerzita Karlova".into()),
            year: Some(2015),
        }],
        summary: Some("Engineer who likes small services & short queues.".into()),
        job_recommendations: owned(&["Staff Engineer"]),
        strengths: owned(&["Eleven years of work."]),
        weaknesses: owned(&["There is no photo."]),
        languages: owned(&["Čeština (native)", "English (C1)"]),
        certifications: owned(&["CKA <2024>"]),
        links: owned(&["github.com/veronica"]),
        ..Profile::default()
    }
}
