//! Reads variables, remembers what was read, and collects what is wrong with them.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

use secrecy::SecretString;

/// The variables. An empty one counts as not set, as `docker compose` makes them.
pub struct Env {
    vars: HashMap<OsString, OsString>,
    effective: Vec<(&'static str, String)>,
    problems: Vec<String>,
}

impl Env {
    pub fn new(vars: HashMap<OsString, OsString>) -> Self {
        Self { vars, effective: Vec::new(), problems: Vec::new() }
    }

    pub fn finish(self) -> (Vec<(&'static str, String)>, Vec<String>) {
        (self.effective, self.problems)
    }

    /// Whether a variable is set, without recording it as read.
    pub fn has(&self, name: &str) -> bool {
        self.vars.get(OsStr::new(name)).is_some_and(|value| !value.to_string_lossy().trim().is_empty())
    }

    pub fn problem(&mut self, problem: impl Into<String>) {
        self.problems.push(problem.into());
    }

    fn raw(&mut self, name: &str) -> Option<String> {
        let Some(text) = self.vars.get(OsStr::new(name))?.to_str() else {
            self.problem(format!("{name} is not UTF-8: set it to plain text."));
            return None;
        };
        Some(text.trim().to_owned()).filter(|value| !value.is_empty())
    }

    fn record(&mut self, name: &'static str, value: impl Display) {
        self.effective.push((name, value.to_string()));
    }

    pub fn text(&mut self, name: &'static str, default: &str) -> String {
        let value = self.raw(name).unwrap_or_else(|| default.to_owned());
        self.record(name, &value);
        value
    }

    pub fn optional(&mut self, name: &'static str) -> Option<String> {
        let value = self.raw(name);
        self.record(name, value.as_deref().unwrap_or(""));
        value
    }

    /// Like [`Self::optional`]; what is recorded shows only whether it is set.
    pub fn secret(&mut self, name: &'static str) -> Option<SecretString> {
        let value = self.raw(name);
        self.record(name, if value.is_some() { "********" } else { "" });
        value.map(SecretString::from)
    }

    /// A variable whose effective value is recorded later.
    pub fn given(&mut self, name: &str) -> Option<String> {
        self.raw(name)
    }

    /// Records a URL that may hold a password, which is not shown.
    pub fn record_url(&mut self, name: &'static str, url: &str) {
        self.record(name, mask_password(url));
    }

    /// A URL that may hold a password, which is not recorded.
    pub fn url_with_secret(&mut self, name: &'static str) -> Option<String> {
        let value = self.raw(name);
        self.record(name, value.as_deref().map(mask_password).unwrap_or_default());
        value
    }

    /// Anything that reads from text, within bounds.
    pub fn number<T>(&mut self, name: &'static str, default: T, bounds: std::ops::RangeInclusive<T>) -> T
    where
        T: FromStr + PartialOrd + Display + Copy,
    {
        let value = match self.raw(name) {
            None => default,
            Some(text) => text.parse().ok().filter(|n| bounds.contains(n)).unwrap_or_else(|| {
                let (low, high) = (bounds.start(), bounds.end());
                self.problem(format!("{name} must be a number from {low} to {high}, not {text:?}."));
                default
            }),
        };
        self.record(name, value);
        value
    }

    pub fn flag(&mut self, name: &'static str, default: bool) -> bool {
        let value = match self.raw(name).map(|text| text.to_lowercase()).as_deref() {
            None => default,
            Some("true" | "1" | "yes" | "on") => true,
            Some("false" | "0" | "no" | "off") => false,
            Some(other) => {
                self.problem(format!("{name} must be true or false, not {other:?}."));
                default
            }
        };
        self.record(name, value);
        value
    }

    /// One of these words.
    pub fn choice<T: Copy>(
        &mut self,
        name: &'static str,
        default: &'static str,
        words: &[(&'static str, T)],
    ) -> Option<T> {
        let text = self.text(name, default);
        let found = words.iter().find(|(word, _)| word.eq_ignore_ascii_case(&text)).map(|(_, value)| *value);
        if found.is_none() {
            let words: Vec<_> = words.iter().map(|(word, _)| *word).collect();
            self.problem(format!("{name} must be one of {}, not {text:?}.", words.join(", ")));
        }
        found
    }

    /// `54s`, `2m`, `500ms`, `1h`, or seconds without a unit.
    pub fn duration(&mut self, name: &'static str, default: Duration) -> Duration {
        let value = match self.raw(name) {
            None => default,
            Some(text) => parse_duration(&text).unwrap_or_else(|| {
                self.problem(format!("{name} must be a duration such as 54s, 2m or 500ms, not {text:?}."));
                default
            }),
        };
        self.record(name, format!("{}ms", value.as_millis()));
        value
    }

    /// Comma-separated entries, each read by `FromStr`.
    pub fn list<T: FromStr>(&mut self, name: &'static str, what: &str) -> Vec<T> {
        let text = self.text(name, "");
        let mut values = Vec::new();
        for entry in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            match entry.parse() {
                Ok(value) => values.push(value),
                Err(_) => self.problem(format!("{name}: {entry:?} is not {what}.")),
            }
        }
        values
    }
}

fn parse_duration(text: &str) -> Option<Duration> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 = text[..digits].parse().ok()?;
    match text[digits..].trim() {
        "ms" => Some(Duration::from_millis(number)),
        "" | "s" => Some(Duration::from_secs(number)),
        "m" => number.checked_mul(60).map(Duration::from_secs),
        "h" => number.checked_mul(3600).map(Duration::from_secs),
        _ => None,
    }
}

/// The URL with `********` in the place of its password, also where that stands behind the `?`.
pub fn mask_password(text: &str) -> String {
    let Ok(mut url) = url::Url::parse(text) else { return text.split('?').next().unwrap_or_default().to_owned() };
    if url.password().is_some() && url.set_password(Some("********")).is_err() {
        return "********".to_owned();
    }
    let is_secret = |name: &str| matches!(name, "pass" | "password");
    if url.query_pairs().any(|(name, _)| is_secret(&name)) {
        let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        url.query_pairs_mut()
            .clear()
            .extend_pairs(pairs.iter().map(|(name, value)| (name, if is_secret(name) { "********" } else { value })));
    }
    url.to_string()
}
