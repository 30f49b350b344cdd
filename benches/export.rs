//! How long an export takes: `cargo bench --bench export`. Aims: JSON and CSV under 1 ms, DOCX under 10 ms, PDF under 50 ms.

use criterion::{Criterion, criterion_group, criterion_main};
use greenroom::domain::profile::{Education, Experience, Profile, Skills};
use greenroom::export::{Format, Source, render};
use time::OffsetDateTime;

fn owned(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

/// A résumé of two pages.
fn profile(name: &str) -> Profile {
    let work = "• Cut the latency of the payment service from 900 ms to 120 ms.\n• Led a team of five engineers through two migrations.\n\
        • Ran PostgreSQL, Kafka and Kubernetes for 20,000 customers in four countries, with a budget of two million a year.";
    let job = Experience {
        company: Some("Initech GmbH".into()),
        role: Some("Senior Software Engineer".into()),
        years: Some(2.0),
        start: Some("2021-03".into()),
        end: Some("present".into()),
        description: Some(work.into()),
    };
    Profile {
        name: Some(name.into()),
        email: Some("veronika@example.org".into()),
        phone: Some("+420 601 234 567".into()),
        location: Some("Praha".into()),
        total_work_years: Some(16.0),
        skills: Skills {
            technical: owned(&["Rust", "PostgreSQL", "Kafka", "Kubernetes", "C++"]),
            soft: owned(&["Leadership"]),
        },
        experience: vec![job; 8],
        education: vec![Education {
            degree: Some("MSc".into()),
            institution: Some("Univerzita Karlova".into()),
            year: Some(2015),
        }],
        summary: Some("Engineer who likes small services and short queues.".into()),
        languages: owned(&["Čeština (native)", "English (C1)"]),
        ..Profile::default()
    }
}

fn exports(criterion: &mut Criterion) {
    let now = OffsetDateTime::UNIX_EPOCH;
    for (script, name) in [("latin", "Veronika Žáčková"), ("chinese", "王小明")] {
        let profile = profile(name);
        let source = Source { job_id: uuid::Uuid::nil(), profile: &profile, analysed_at: now };
        for format in Format::ALL {
            criterion.bench_function(&format!("{}/{script}", format.name()), |bencher| {
                bencher.iter(|| render(format, source, now));
            });
        }
    }
}

criterion_group!(benches, exports);
criterion_main!(benches);
