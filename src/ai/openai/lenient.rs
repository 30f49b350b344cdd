//! Reading fields as models write them: a number where a text was asked for, a list for a text, an object for a word.

use serde::{Deserialize, Deserializer, de::DeserializeOwned, de::Error};
use serde_json::{Map, Value};

use crate::domain::profile::Skills;

/// How models say that there is nothing, where `null` was asked for. In lower case.
const NOTHING: [&str; 8] = ["", "null", "none", "n/a", "na", "unknown", "not specified", "not provided"];
/// Words for a position that lasts, beside `present`. In lower case.
const PRESENT: [&str; 7] = ["present", "current", "currently", "now", "today", "ongoing", "to date"];
/// Fields that name a thing, by which an object in place of a word is read.
const NAMING: [&str; 6] = ["name", "language", "title", "skill", "url", "text"];
const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// A text of one line.
pub(super) fn text<'de, D: Deserializer<'de>>(input: D) -> Result<Option<String>, D::Error> {
    joined(input, ", ")
}

/// A text in which each item of a list stands in a line of its own.
pub(super) fn lines<'de, D: Deserializer<'de>>(input: D) -> Result<Option<String>, D::Error> {
    joined(input, "\n")
}

fn joined<'de, D: Deserializer<'de>>(input: D, separator: &str) -> Result<Option<String>, D::Error> {
    let words = match Value::deserialize(input)? {
        Value::Object(fields) => fields.values().flat_map(words).collect(),
        value => words(&value),
    };
    Ok(Some(words.join(separator)).filter(|text| !text.is_empty()))
}

/// A list of texts; a single text is split at its lines and semicolons.
pub(super) fn texts<'de, D: Deserializer<'de>>(input: D) -> Result<Vec<String>, D::Error> {
    Ok(match Value::deserialize(input)? {
        Value::String(text) => text.split(['\n', ';']).filter_map(stated).collect(),
        value => words(&value),
    })
}

/// `{technical, soft}`, also under longer names; a flat list is technical.
pub(super) fn skills<'de, D: Deserializer<'de>>(input: D) -> Result<Skills, D::Error> {
    let mut skills = Skills::default();
    match Value::deserialize(input)? {
        Value::String(text) => skills.technical.extend(text.split(['\n', ';', ',']).filter_map(stated)),
        Value::Object(groups) => {
            for (group, value) in &groups {
                let soft = ["soft", "interpersonal", "personal"].iter().any(|word| group.to_lowercase().contains(word));
                let list = if soft { &mut skills.soft } else { &mut skills.technical };
                list.extend(words(value));
            }
        }
        value => skills.technical.extend(words(&value)),
    }
    Ok(skills)
}

/// A list of objects; one object is a list of itself.
///
/// # Errors
/// If it is anything else but `null`.
pub(super) fn records<'de, D: Deserializer<'de>, T: DeserializeOwned>(input: D) -> Result<Vec<T>, D::Error> {
    let values = match Value::deserialize(input)? {
        Value::Null => Vec::new(),
        Value::Array(values) => values,
        value => vec![value],
    };
    let stated = values.into_iter().filter(|value| !value.is_null());
    stated.map(|value| if value.is_object() { record(value) } else { Err(not_objects()) }).collect()
}

fn record<T: DeserializeOwned, E: Error>(value: Value) -> Result<T, E> {
    T::deserialize(value).map_err(E::custom)
}

fn not_objects<E: Error>() -> E {
    E::custom("experience and education must each be a list of objects")
}

/// An integer, or the last whole number of a text: `"2012 – 2016"` is 2016, `"35 years"` 35.
pub(super) fn integer<'de, D: Deserializer<'de>>(input: D) -> Result<Option<i32>, D::Error> {
    Ok(match Value::deserialize(input)? {
        #[allow(clippy::cast_possible_truncation)]
        // 2016.0 is how some models write 2016; a saturated value is no year.
        Value::Number(number) => number.as_f64().map(|number| number as i32),
        Value::String(text) => numbers(&text).last().and_then(|number| number.parse().ok()),
        _ => None,
    })
}

/// `YYYY-MM`, `YYYY` or `present`; `None` if the value has no year.
pub(super) fn date<'de, D: Deserializer<'de>>(input: D) -> Result<Option<String>, D::Error> {
    Ok(words(&Value::deserialize(input)?).first().and_then(|text| calendar_month(text)))
}

fn calendar_month(text: &str) -> Option<String> {
    let text = text.to_lowercase();
    if PRESENT.contains(&text.as_str()) {
        return Some("present".to_owned());
    }
    let numbers: Vec<_> = numbers(&text).collect();
    let at = numbers.iter().position(|number| number.len() == 4)?;
    let year = numbers[at];
    let named = text.split(|c: char| !c.is_alphabetic()).find_map(month_number);
    let beside = if at == 0 { numbers.get(1) } else { numbers.get(at - 1) };
    let month = named.or_else(|| beside?.parse().ok()).filter(|month| (1..=12).contains(month));
    Some(month.map_or_else(|| year.to_owned(), |month| format!("{year}-{month:02}")))
}

fn month_number(word: &str) -> Option<usize> {
    MONTHS.iter().position(|month| word.starts_with(month)).map(|index| index + 1)
}

fn numbers(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_digit()).filter(|number| !number.is_empty())
}

/// The texts of a value: its own, those of its items.
fn words(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => stated(text).into_iter().collect(),
        Value::Number(number) => vec![number.to_string()],
        Value::Array(items) => items.iter().flat_map(words).collect(),
        Value::Object(fields) => phrase(fields).into_iter().collect(),
        Value::Null | Value::Bool(_) => Vec::new(),
    }
}

/// `{"language": "French", "level": "fluent"}` → `French (fluent)`.
fn phrase(fields: &Map<String, Value>) -> Option<String> {
    let naming = NAMING.iter().find(|name| fields.contains_key(**name));
    let naming = naming.map(|name| (*name).to_owned()).or_else(|| fields.keys().next().cloned())?;
    let head = words(fields.get(&naming)?).join(", ");
    let rest: Vec<_> = fields.iter().filter(|(name, _)| **name != naming).flat_map(|(_, value)| words(value)).collect();
    let phrase = if rest.is_empty() { head } else { format!("{head} ({})", rest.join(", ")) };
    stated(&phrase)
}

fn stated(text: &str) -> Option<String> {
    let text = text.trim();
    (!NOTHING.contains(&text.to_lowercase().as_str())).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_text_is_made_of_whatever_holds_one() {
        for (value, expected) in [
            (json!(" Ada "), Some("Ada")),
            (json!(4420), Some("4420")),
            (json!(["Paris", "France"]), Some("Paris, France")),
            (json!({"city": "Paris", "country": "France"}), Some("Paris, France")),
            (json!("N/A"), None),
            (json!([]), None),
            (json!(null), None),
        ] {
            assert_eq!(text(&value).unwrap().as_deref(), expected, "{value}");
        }
        assert_eq!(lines(&json!(["Led", "Built"])).unwrap().as_deref(), Some("Led\nBuilt"));
    }

    #[test]
    fn a_list_is_made_of_texts_objects_and_lines() {
        for (value, expected) in [
            (json!(["Go", null, " ", 5]), vec!["Go", "5"]),
            (json!([{"language": "French", "level": "fluent"}]), vec!["French (fluent)"]),
            (json!([{"level": "B2", "name": "German"}]), vec!["German (B2)"]),
            (json!("CKA\nCKAD; CKS"), vec!["CKA", "CKAD", "CKS"]),
            (json!(null), vec![]),
        ] {
            assert_eq!(texts(&value).unwrap(), expected, "{value}");
        }
    }

    #[test]
    fn skills_come_flat_grouped_or_as_a_line() {
        let read = |value: Value| skills(value).map(|skills| (skills.technical, skills.soft)).unwrap();
        let list = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(read(json!(["Rust", "Go"])), (list(&["Rust", "Go"]), vec![]));
        assert_eq!(read(json!("Rust, Go")), (list(&["Rust", "Go"]), vec![]));
        assert_eq!(
            read(json!({"soft_skills": ["Teamwork"], "technical": {"languages": ["Rust"]}})),
            (list(&["Rust"]), list(&["Teamwork"]))
        );
        assert_eq!(read(json!(null)), (vec![], vec![]));
    }

    #[test]
    fn integers_come_as_numbers_and_in_texts() {
        for (value, expected) in [
            (json!(2016), Some(2016)),
            (json!(2016.0), Some(2016)),
            (json!("2012 – 2016"), Some(2016)),
            (json!("soon"), None),
        ] {
            assert_eq!(integer(&value).unwrap(), expected, "{value}");
        }
    }

    #[test]
    fn dates_become_year_and_month_or_present() {
        for (value, expected) in [
            (json!("2019-03"), Some("2019-03")),
            (json!("2019-03-15"), Some("2019-03")),
            (json!("03/2019"), Some("2019-03")),
            (json!("15.03.2019"), Some("2019-03")),
            (json!("March 2019"), Some("2019-03")),
            (json!("15 Sept 2019"), Some("2019-09")),
            (json!("2019"), Some("2019")),
            (json!(2019), Some("2019")),
            (json!("2019-99"), Some("2019")),
            (json!("Present"), Some("present")),
            (json!("ongoing"), Some("present")),
            (json!("soon"), None),
            (json!(""), None),
            (json!(null), None),
        ] {
            assert_eq!(date(&value).unwrap().as_deref(), expected, "{value}");
        }
    }
}
