//! The description of the API as the judge of every answer that a test gets.

use std::collections::HashMap;
use std::process::Command;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use jsonschema::Validator;
use serde_json::{Value, json};

/// An answer as it came.
pub struct Answer<'a> {
    pub method: &'a str,
    /// Without the query.
    pub path: &'a str,
    pub status: u16,
    pub content_type: Option<&'a str>,
    pub body: &'a [u8],
}

/// Fails the test unless the answer is one that the description announces: a path with this method, this status, this
/// media type, and a body of this shape without members that are not described.
pub fn check(answer: &Answer<'_>) {
    static DOCUMENT: OnceLock<Document> = OnceLock::new();
    if let Err(wrong) = DOCUMENT.get_or_init(Document::read).check(answer) {
        let Answer { method, path, status, .. } = answer;
        let body = String::from_utf8_lossy(&answer.body[..answer.body.len().min(2000)]);
        panic!("not as /api/openapi.json says: {method} {path} {status}: {wrong}\n{body}");
    }
}

struct Document {
    root: Value,
    /// Compiled when first needed: method, path, status → the shape of the body.
    validators: Mutex<HashMap<(String, String, u16), Arc<Validator>>>,
}

impl Document {
    /// What `greenroom openapi` prints.
    fn read() -> Self {
        let printed = Command::new(env!("CARGO_BIN_EXE_greenroom")).arg("openapi").output().unwrap();
        let mut root = serde_json::from_slice(&printed.stdout).unwrap();
        close(&mut root);
        Self { root, validators: Mutex::default() }
    }

    fn check(&self, answer: &Answer<'_>) -> Result<(), String> {
        let method = if answer.method == "HEAD" { "get" } else { &answer.method.to_lowercase() };
        let Some((path, item)) = self.path(answer.path) else { return unknown(answer) };
        let Some(operation) = item.get(method) else {
            let refused = matches!((method, answer.status), ("options", 200) | (_, 405));
            return refused.then_some(()).ok_or_else(|| "the method is not described".to_owned());
        };
        let status = answer.status.to_string();
        let response = operation["responses"].get(&status).ok_or_else(|| "the status is not described".to_owned())?;
        let response = match response["$ref"].as_str() {
            Some(reference) => self.root.pointer(&reference[1..]).ok_or("a reference leads nowhere")?,
            None => response,
        };
        if answer.method == "HEAD" {
            return Ok(());
        }
        let Some(content) = response.get("content") else {
            return answer.body.is_empty().then_some(()).ok_or_else(|| "no body is described".to_owned());
        };
        let media_type = answer.content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
        let described = content.get(media_type).ok_or_else(|| format!("{media_type:?} is not described"))?;
        if media_type != "application/json" {
            return Ok(());
        }
        let body: Value = serde_json::from_slice(answer.body).map_err(|error| format!("no JSON: {error}"))?;
        let validator = self.validator((method.to_owned(), path.to_owned(), answer.status), &described["schema"]);
        let wrong: Vec<_> =
            validator.iter_errors(&body).map(|error| format!("{}: {error}", error.instance_path())).collect();
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
    }

    /// The path of the document that a request asked for; the one with the fewest parameters, if several fit.
    fn path(&self, asked: &str) -> Option<(&str, &Value)> {
        let fits = |template: &str| {
            let (asked, template): (Vec<_>, Vec<_>) = (asked.split('/').collect(), template.split('/').collect());
            let same = |(given, part): (&&str, &&str)| given == part || part.starts_with('{') && !given.is_empty();
            asked.len() == template.len() && asked.iter().zip(&template).all(same)
        };
        let all = self.root["paths"].as_object().unwrap().iter().filter(|(template, _)| fits(template));
        all.min_by_key(|(template, _)| template.matches('{').count()).map(|(template, item)| (template.as_str(), item))
    }

    fn validator(&self, key: (String, String, u16), schema: &Value) -> Arc<Validator> {
        let mut known = self.validators.lock().unwrap_or_else(PoisonError::into_inner);
        let compile = || {
            let whole = json!({"allOf": [schema], "components": {"schemas": self.root["components"]["schemas"]}});
            Arc::new(jsonschema::options().should_validate_formats(true).build(&whole).unwrap())
        };
        known.entry(key).or_insert_with(compile).clone()
    }
}

/// What is not described: files of pages, and paths that do not exist.
fn unknown(answer: &Answer<'_>) -> Result<(), String> {
    let is_file = ["/assets/", "/api/docs/"].iter().any(|folder| answer.path.starts_with(folder));
    let body: Value = serde_json::from_slice(answer.body).unwrap_or_default();
    let is_unknown = answer.status == 404 && body["code"] == "UNKNOWN_PATH";
    (is_file || is_unknown).then_some(()).ok_or_else(|| "the path is not described".to_owned())
}

/// Clients must expect members that they do not know; we must not answer any that are not described.
fn close(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if members.get("properties").is_some_and(Value::is_object) && members.get("type").is_some() {
                members.entry("additionalProperties").or_insert(Value::Bool(false));
            }
            members.values_mut().for_each(close);
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

#[test]
fn an_answer_that_is_not_described_is_told() {
    let answer = |method, path, status, body: &'static str| {
        let content_type = Some("application/json");
        Document::read().check(&Answer { method, path, status, content_type, body: body.as_bytes() })
    };
    assert_eq!(answer("GET", "/health/live", 200, r#"{"status": "live"}"#), Ok(()));
    for (method, path, status, body, wrong) in [
        ("GET", "/health/live", 200, r#"{"status": "dead"}"#, "/status"),
        ("GET", "/health/live", 200, r#"{"status": "live", "more": 1}"#, "more"),
        ("GET", "/health/live", 418, "{}", "status"),
        ("GET", "/nowhere", 200, "{}", "path"),
        ("POST", "/health/live", 200, "{}", "method"),
    ] {
        let told = answer(method, path, status, body).unwrap_err();
        assert!(told.contains(wrong), "{told}");
    }
}
