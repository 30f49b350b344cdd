//! CSV: `SECTION,KEY,VALUE` rows (RFC 4180), an empty line between sections. No cell is a formula to a spreadsheet.

use std::borrow::Cow;

use csv::{Terminator, WriterBuilder};

use super::{Format, failed};
use crate::domain::error::Result;
use crate::domain::profile::{Education, Experience, Profile};

type Row<'a> = (&'static str, Cow<'a, str>);

pub fn render(profile: &Profile) -> Result<Vec<u8>> {
    let mut file = Vec::new();
    write(&mut file, [["SECTION", "KEY", "VALUE"]]).map_err(|error| failed(Format::Csv, error))?;
    let filled = sections(profile).into_iter().filter(|(_, rows)| !rows.is_empty());
    for (index, (section, rows)) in filled.enumerate() {
        if index > 0 {
            file.extend_from_slice(b"\r\n");
        }
        let cells: Vec<(&str, Cow<str>)> = rows.into_iter().map(|(key, value)| (key, harmless(value))).collect();
        write(&mut file, cells.iter().map(|(key, value)| [section, *key, value]))
            .map_err(|error| failed(Format::Csv, error))?;
    }
    Ok(file)
}

fn write<'a>(file: &mut Vec<u8>, rows: impl IntoIterator<Item = [&'a str; 3]>) -> Result<(), csv::Error> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(file);
    rows.into_iter().try_for_each(|row| writer.write_record(row))?;
    Ok(writer.flush()?)
}

fn sections(profile: &Profile) -> Vec<(&'static str, Vec<Row<'_>>)> {
    vec![
        ("PERSONAL INFORMATION", personal_information(profile)),
        ("SKILLS", skills(profile)),
        ("WORK EXPERIENCE", profile.experience.iter().flat_map(position).collect()),
        ("EDUCATION", profile.education.iter().flat_map(study).collect()),
        ("SUMMARY", known([("Summary", text(profile.summary.as_ref()))])),
        ("LANGUAGES", each("Language", &profile.languages)),
        ("CERTIFICATIONS", each("Certification", &profile.certifications)),
        ("LINKS", each("Link", &profile.links)),
        ("JOB RECOMMENDATIONS", each("Recommendation", &profile.job_recommendations)),
        ("STRENGTHS", each("Strength", &profile.strengths)),
        ("WEAKNESSES", each("Weakness", &profile.weaknesses)),
    ]
}

fn personal_information(profile: &Profile) -> Vec<Row<'_>> {
    known([
        ("Name", text(profile.name.as_ref())),
        ("Email", text(profile.email.as_ref())),
        ("Phone", text(profile.phone.as_ref())),
        ("Location", text(profile.location.as_ref())),
        ("LinkedIn", text(profile.linkedin_url.as_ref())),
        ("Age", number(profile.age)),
        ("Total Work Years", number(profile.total_work_years)),
    ])
}

fn skills(profile: &Profile) -> Vec<Row<'_>> {
    let mut rows = each("Technical", &profile.skills.technical);
    rows.extend(each("Soft Skills", &profile.skills.soft));
    rows
}

/// A `Company` row starts each position, even if the company is not known.
fn position(job: &Experience) -> Vec<Row<'_>> {
    known([
        ("Company", Some(text(job.company.as_ref()).unwrap_or_default())),
        ("Role", text(job.role.as_ref())),
        ("Years", number(job.years)),
        ("Start", text(job.start.as_ref())),
        ("End", text(job.end.as_ref())),
        ("Description", text(job.description.as_ref())),
    ])
}

/// A `Degree` row starts each entry, even if the degree is not known.
fn study(entry: &Education) -> Vec<Row<'_>> {
    known([
        ("Degree", Some(text(entry.degree.as_ref()).unwrap_or_default())),
        ("Institution", text(entry.institution.as_ref())),
        ("Year", number(entry.year)),
    ])
}

fn each<'a>(key: &'static str, values: &'a [String]) -> Vec<Row<'a>> {
    values.iter().map(|value| (key, Cow::Borrowed(value.as_str()))).collect()
}

fn known<'a, const N: usize>(rows: [(&'static str, Option<Cow<'a, str>>); N]) -> Vec<Row<'a>> {
    rows.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
}

fn text(value: Option<&String>) -> Option<Cow<'_, str>> {
    value.map(|value| Cow::Borrowed(value.as_str()))
}

fn number<'a>(value: Option<impl ToString>) -> Option<Cow<'a, str>> {
    value.map(|value| Cow::Owned(value.to_string()))
}

/// A cell that a spreadsheet would take for a formula gets a leading `'`
/// (<https://owasp.org/www-community/attacks/CSV_Injection>). A phone number may keep its plus.
fn harmless(cell: Cow<'_, str>) -> Cow<'_, str> {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && !is_phone(&cell) {
        return Cow::Owned(format!("'{cell}"));
    }
    cell
}

fn is_phone(cell: &str) -> bool {
    let number = cell.strip_prefix('+').filter(|number| !number.is_empty());
    number.is_some_and(|number| number.chars().all(|c| c.is_ascii_digit() || " ().-".contains(c)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::profile::Skills;

    fn cells(profile: &Profile) -> Vec<[String; 3]> {
        let file = render(profile).unwrap();
        let rows = csv::ReaderBuilder::new().has_headers(false).from_reader(file.as_slice()).into_deserialize();
        rows.map(Result::unwrap).collect()
    }

    #[test]
    fn sections_are_divided_by_an_empty_line() {
        let profile = Profile {
            name: Some("John Doe".into()),
            location: Some("San Francisco, CA".into()),
            skills: Skills { technical: vec!["Python".into()], soft: vec!["Leadership".into()] },
            ..Profile::default()
        };
        let expected = "SECTION,KEY,VALUE\r\nPERSONAL INFORMATION,Name,John Doe\r\n\
             PERSONAL INFORMATION,Location,\"San Francisco, CA\"\r\n\r\n\
             SKILLS,Technical,Python\r\nSKILLS,Soft Skills,Leadership\r\n";
        assert_eq!(String::from_utf8(render(&profile).unwrap()).unwrap(), expected);
    }

    #[test]
    fn formulas_are_defused_and_phone_numbers_keep_their_plus() {
        for formula in ["=1+1", "@SUM(A1)", "-2+3", "+1 team lead", "\tx", "\rx", "+", "+1=2"] {
            assert_eq!(harmless(formula.into()), format!("'{formula}"), "{formula:?}");
        }
        for plain in ["+1 (555) 010-4477", "Go", "C++", "a=b", ""] {
            assert_eq!(harmless(plain.into()), plain);
        }
    }

    #[test]
    fn what_is_read_back_is_what_was_written() {
        let description = "Led \"Apollo\",\nthen rested.";
        let job =
            Experience { role: Some("Lead".into()), description: Some(description.into()), ..Experience::default() };
        let rows = cells(&Profile { experience: vec![job], ..Profile::default() });
        let row = |key: &str, value: &str| ["WORK EXPERIENCE", key, value].map(str::to_owned);
        assert_eq!(rows[1..], [row("Company", ""), row("Role", "Lead"), row("Description", description)]);
    }
}
