//! From what a model wrote to a profile: finds the JSON object, whatever stands around it, and reads it leniently.

use std::fmt;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::lenient;
use crate::domain::profile::{Education, Experience, Profile, Skills};

const FIELDS: [&str; 16] = [
    "name",
    "email",
    "phone",
    "linkedin_url",
    "age",
    "location",
    "skills",
    "experience",
    "education",
    "summary",
    "job_recommendations",
    "strengths",
    "weaknesses",
    "languages",
    "certifications",
    "links",
];

/// What is wrong with an answer, said so that the model can repair it. May quote the answer: never for a log.
pub(super) struct Fault(String);

impl Fault {
    /// An answer that ended at the limit of tokens.
    pub(super) fn cut() -> Self {
        Self("it was cut off at the length limit; shorten the descriptions".to_owned())
    }

    pub(super) fn new(what: impl fmt::Display) -> Self {
        Self(what.to_string())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Reads the object with most fields of a profile: alone, in a fence, in prose, or inside a wrapper such as `{"profile": …}`.
pub(super) fn profile(content: &str) -> Result<Profile, Fault> {
    let object = object(content, &FIELDS)?;
    Draft::deserialize(Value::Object(object)).map(Profile::from).map_err(Fault::new)
}

/// The object with most of these fields, wherever it stands in what a model wrote.
pub(super) fn object(content: &str, fields: &[&str]) -> Result<Map<String, Value>, Fault> {
    best_object(without_reasoning(content), fields)
}

/// Local reasoning models put their thoughts in front of the answer.
pub(super) fn without_reasoning(content: &str) -> &str {
    if let Some((_, answer)) = content.rsplit_once("</think>") {
        return answer;
    }
    let started = content.trim_start().starts_with("<think>");
    if started { "" } else { content }
}

/// An object that breaks off or is malformed ends the search: what stands inside it is a part, never the answer.
fn best_object(content: &str, fields: &[&str]) -> Result<Map<String, Value>, Fault> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = next_object(content, from) {
        let mut values = serde_json::Deserializer::from_str(&content[start..]).into_iter();
        match values.next() {
            Some(Ok(object)) => found.push(unwrapped(object, fields)),
            Some(Err(error)) if found.is_empty() => return Err(Fault(format!("it is no valid JSON ({error})"))),
            _ => break,
        }
        from = start + values.byte_offset();
    }
    let best = found
        .into_iter()
        .max_by_key(|object| known_fields(object, fields))
        .ok_or_else(|| Fault("it holds no JSON object".to_owned()))?;
    if known_fields(&best, fields) == 0 {
        return Err(Fault("it has none of the fields asked for".to_owned()));
    }
    Ok(best)
}

/// Where the next brace stands that a field or the end of an object follows; others belong to prose.
fn next_object(content: &str, from: usize) -> Option<usize> {
    let mut braces = content[from..].match_indices('{').map(|(at, _)| from + at);
    braces.find(|at| content[at + 1..].trim_start().starts_with(['"', '}']))
}

fn known_fields(object: &Map<String, Value>, fields: &[&str]) -> usize {
    fields.iter().filter(|field| object.contains_key(**field)).count()
}

/// The object inside a wrapper of one field, if the wrapper itself is no profile.
fn unwrapped(object: Map<String, Value>, fields: &[&str]) -> Map<String, Value> {
    match object.values().next() {
        Some(Value::Object(inner)) if object.len() == 1 && known_fields(&object, fields) == 0 => inner.clone(),
        _ => object,
    }
}

/// A profile as models write it. What the caller computes itself (years, evidence) is not read.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Draft {
    #[serde(deserialize_with = "lenient::text")]
    name: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    email: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    phone: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    linkedin_url: Option<String>,
    #[serde(deserialize_with = "lenient::integer")]
    age: Option<i32>,
    #[serde(deserialize_with = "lenient::text")]
    location: Option<String>,
    #[serde(deserialize_with = "lenient::skills")]
    skills: Skills,
    #[serde(deserialize_with = "lenient::records")]
    experience: Vec<DraftExperience>,
    #[serde(deserialize_with = "lenient::records")]
    education: Vec<DraftEducation>,
    #[serde(deserialize_with = "lenient::text")]
    summary: Option<String>,
    #[serde(deserialize_with = "lenient::texts")]
    job_recommendations: Vec<String>,
    #[serde(deserialize_with = "lenient::texts")]
    strengths: Vec<String>,
    #[serde(deserialize_with = "lenient::texts")]
    weaknesses: Vec<String>,
    #[serde(deserialize_with = "lenient::texts")]
    languages: Vec<String>,
    #[serde(deserialize_with = "lenient::texts")]
    certifications: Vec<String>,
    #[serde(deserialize_with = "lenient::texts")]
    links: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct DraftExperience {
    #[serde(deserialize_with = "lenient::text")]
    company: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    role: Option<String>,
    #[serde(deserialize_with = "lenient::date")]
    start: Option<String>,
    #[serde(deserialize_with = "lenient::date")]
    end: Option<String>,
    #[serde(deserialize_with = "lenient::lines")]
    description: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct DraftEducation {
    #[serde(deserialize_with = "lenient::text")]
    degree: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    institution: Option<String>,
    #[serde(deserialize_with = "lenient::integer")]
    year: Option<i32>,
}

impl From<Draft> for Profile {
    fn from(draft: Draft) -> Self {
        Self {
            name: draft.name,
            email: draft.email,
            phone: draft.phone,
            linkedin_url: draft.linkedin_url,
            age: draft.age,
            location: draft.location,
            skills: draft.skills,
            experience: draft.experience.into_iter().map(Experience::from).collect(),
            education: draft.education.into_iter().map(Education::from).collect(),
            summary: draft.summary,
            job_recommendations: draft.job_recommendations,
            strengths: draft.strengths,
            weaknesses: draft.weaknesses,
            languages: draft.languages,
            certifications: draft.certifications,
            links: draft.links,
            ..Self::default()
        }
    }
}

impl From<DraftExperience> for Experience {
    fn from(draft: DraftExperience) -> Self {
        let DraftExperience { company, role, start, end, description } = draft;
        Self { company, role, years: None, start, end, description }
    }
}

impl From<DraftEducation> for Education {
    fn from(draft: DraftEducation) -> Self {
        let DraftEducation { degree, institution, year } = draft;
        Self { degree, institution, year }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(content: &str) -> Option<String> {
        profile(content).unwrap_or_else(|fault| panic!("{content}: {fault}")).name
    }

    fn fault(content: &str) -> String {
        profile(content).map_or_else(|fault| fault.to_string(), |found| panic!("{content}: {found:?}"))
    }

    #[test]
    fn the_object_is_found_wherever_it_stands() {
        for content in [
            r#"{"name":"Ada"}"#,
            "\u{feff} \n{\"name\":\"Ada\"}\n",
            "```json\n{\"name\":\"Ada\"}\n```",
            "Here {as asked} it is:\n{\"name\":\"Ada\"}\nAnything else?",
            r#"{"note":"thinking"} {"name":"Ada","email":"a@b.c"} {"name":"Eve"}"#,
            r#"{"profile":{"name":"Ada"}}"#,
            "<think>{\"name\":\"Eve\",\"age\":3}</think>{\"name\":\"Ada\"}",
        ] {
            assert_eq!(name(content).as_deref(), Some("Ada"), "{content}");
        }
    }

    #[test]
    fn an_answer_without_a_profile_says_what_is_wrong() {
        assert_eq!(fault("I cannot do that."), "it holds no JSON object");
        assert_eq!(fault("<think>{\"name\":\"Ada\"}"), "it holds no JSON object");
        assert_eq!(fault("{}"), "it has none of the fields asked for");
        assert_eq!(fault(r#"{"error":"busy","code":1}"#), "it has none of the fields asked for");
        assert!(fault(r#"{"name": "Ada", "#).starts_with("it is no valid JSON (EOF"));
        assert!(fault(r#"{"experience": 3}"#).contains("list of objects"));
    }

    #[test]
    fn a_part_of_a_broken_answer_is_not_taken_for_the_answer() {
        for broken in [
            r#"{"name":"Ada","links":[{"name":"GitHub"},"#,
            r#"{"name":"Ada",,"links":[{"name":"GitHub","location":"x"}]}"#,
        ] {
            assert!(fault(broken).contains("no valid JSON"), "{broken}");
        }
    }

    #[test]
    fn an_answer_of_braces_only_is_refused() {
        assert_eq!(fault(&"{".repeat(200_000)), "it holds no JSON object");
        assert!(fault(&r#"{"a":"#.repeat(50_000)).contains("recursion limit"));
    }

    #[test]
    fn years_of_the_model_are_not_believed() {
        let found = profile(r#"{"total_work_years":"12+","experience":[{"company":"X","years":"5"}]}"#);
        let Ok(found) = found else { panic!("not read") };
        assert_eq!((found.total_work_years, found.experience[0].years), (None, None));
        assert_eq!(found.experience[0].company.as_deref(), Some("X"));
    }

    #[test]
    fn null_and_missing_fields_are_empty() {
        let found = profile(r#"{"name":null,"skills":null,"experience":null,"education":[null],"links":null}"#);
        assert!(found.is_ok_and(|found| found == Profile::default()));
    }
}
