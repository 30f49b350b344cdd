//! What an analysis finds in a résumé: the profile, and where in the text each value of it stands.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The profile of a candidate. Every value occurs in the résumé's text (see [`Profile::evidence`]),
/// except for what is composed of found facts: `summary`, `job_recommendations`, `strengths`, `weaknesses`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    pub name: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub linkedin_url: Option<String>,
    pub age: Option<i32>,
    pub location: Option<String>,
    /// Years of work with overlapping intervals merged, to one decimal.
    pub total_work_years: Option<f64>,
    #[serde(default)]
    pub skills: Skills,
    /// Most recent first, as in the résumé.
    #[serde(default)]
    pub experience: Vec<Experience>,
    #[serde(default)]
    pub education: Vec<Education>,
    pub summary: Option<String>,
    #[serde(default)]
    pub job_recommendations: Vec<String>,
    #[serde(default)]
    pub strengths: Vec<String>,
    #[serde(default)]
    pub weaknesses: Vec<String>,
    /// As written, with the level if one is given: `French (fluent)`.
    #[serde(default)]
    pub languages: Vec<String>,
    #[serde(default)]
    pub certifications: Vec<String>,
    #[serde(default)]
    pub links: Vec<String>,
    /// Field → where it stands in the text. Keys are paths such as `name`, `skills.technical[0]`, `experience[1].company`.
    #[serde(default)]
    pub evidence: BTreeMap<String, Evidence>,
    /// What a model claimed and the text does not say. Never part of the profile, its exports or an answer.
    #[serde(default)]
    pub unsupported: Vec<Unsupported>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skills {
    #[serde(default)]
    pub technical: Vec<String>,
    #[serde(default)]
    pub soft: Vec<String>,
}

/// One position. `start` and `end` are `YYYY-MM` or `YYYY`; `end` is `present` while it lasts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Experience {
    pub company: Option<String>,
    pub role: Option<String>,
    /// Length in years, to one decimal, computed from `start` and `end`.
    pub years: Option<f64>,
    pub start: Option<String>,
    pub end: Option<String>,
    pub description: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Education {
    pub degree: Option<String>,
    pub institution: Option<String>,
    pub year: Option<i32>,
}

/// A quotation of the résumé: `text[start..end]` counted in Unicode scalar values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    pub quote: String,
    pub start: usize,
    pub end: usize,
}

/// A claim without evidence: the field it was made for, and the value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsupported {
    pub field: String,
    pub value: String,
}
