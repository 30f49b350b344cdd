use time::macros::datetime;

use super::testing::{source, veronica};
use super::*;
use crate::domain::profile::{Evidence, Unsupported};

const NOW: OffsetDateTime = datetime!(2026-11-21 10:00 UTC);

#[test]
fn files_are_named_after_the_job() {
    let profile = Profile::default();
    let names = Format::ALL.map(|format| format.file_name(source(&profile).job_id));
    let expected = ["a1b2c3d4.json", "a1b2c3d4_jsonresume.json", "a1b2c3d4.csv", "a1b2c3d4.pdf", "a1b2c3d4.docx"];
    assert_eq!(names, expected.map(|name| format!("resume_analysis_{name}")));
}

#[test]
fn formats_are_named_exactly() {
    assert_eq!(Format::ALL.map(|format| Format::parse(format.name())), Format::ALL.map(Some));
    for name in ["", "xml", "JSON", "json,csv", "../json"] {
        assert_eq!(Format::parse(name), None, "{name}");
    }
}

#[test]
fn an_empty_profile_can_be_exported() {
    let profile = Profile::default();
    for format in Format::ALL {
        assert!(!render(format, source(&profile), NOW).unwrap().is_empty(), "{format:?}");
    }
}

#[test]
fn json_has_the_groups_of_the_contract() {
    let profile = veronica();
    let export: serde_json::Value =
        serde_json::from_slice(&render(Format::Json, source(&profile), NOW).unwrap()).unwrap();
    assert_eq!(
        export["skills"],
        serde_json::json!({"Technical": ["Rust", "PostgreSQL", "C++"], "Soft Skills": ["Leadership"]})
    );
    assert_eq!(export["personal_info"]["location"], "Praha, Česko");
    assert_eq!(export["experience"], serde_json::to_value(&profile.experience).unwrap());
    assert_eq!(export["exported_at"], "2026-11-21T10:00:00.000Z");
}

#[test]
fn unsupported_claims_are_in_no_file() {
    let mut profile = veronica();
    let plain = Format::ALL.map(|format| render(format, source(&profile), NOW).unwrap());
    profile.unsupported = vec![Unsupported { field: "skills".into(), value: "Zymurgy".into() }];
    profile.evidence.insert("name".into(), Evidence { quote: "Zymurgy".into(), start: 0, end: 7 });
    for (format, plain) in Format::ALL.into_iter().zip(plain) {
        let file = render(format, source(&profile), NOW).unwrap();
        assert!(!file.windows(7).any(|window| window == b"Zymurgy"), "{format:?}");
        assert_eq!(file.len(), plain.len(), "{format:?}");
    }
}

#[test]
fn a_fingerprint_changes_with_what_is_shown_and_with_the_format() {
    let (mut profile, same) = (veronica(), veronica());
    let of = |format, profile: &Profile| fingerprint(format, source(profile)).unwrap();
    let before = of(Format::Pdf, &profile);
    assert_eq!(before, of(Format::Pdf, &same));
    assert_ne!(before, of(Format::Docx, &profile));
    profile.age = Some(39);
    assert_ne!(before, of(Format::Pdf, &profile));
}
