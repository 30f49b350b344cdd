//! Where the endpoint is and who we are there: the settings, and what async-openai needs to know of them.

use std::{fmt, time::Duration};

use async_openai::config::Config;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::ai::AiError;

/// Azure takes a resource's key in this header; `Authorization` is for its Entra tokens.
const AZURE_KEY: HeaderName = HeaderName::from_static("api-key");

/// One model at one endpoint. Chat and embeddings have each their own, for they may live at different places.
#[derive(Clone)]
pub struct OpenAiSettings {
    /// Empty for endpoints that ask for none (Ollama, llama.cpp).
    pub api_key: SecretString,
    /// Up to, not including, `/chat/completions`: `https://api.openai.com/v1`, `http://localhost:11434/v1`,
    /// `https://NAME.openai.azure.com/openai/deployments/MODEL?api-version=2024-10-21`.
    /// `http` or `https`, no user name or password; query parameters are sent with each request.
    pub base_url: String,
    pub model: String,
    /// Bound of each request, from connecting to the last byte of the answer.
    pub timeout: Duration,
}

impl From<&crate::config::Endpoint> for OpenAiSettings {
    fn from(endpoint: &crate::config::Endpoint) -> Self {
        Self {
            api_key: endpoint.api_key.clone(),
            base_url: endpoint.base_url.clone(),
            model: endpoint.model.clone(),
            timeout: endpoint.timeout,
        }
    }
}

impl fmt::Debug for OpenAiSettings {
    /// Of the URL only the host: gateways carry keys in paths and queries.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = Url::parse(&self.base_url).ok();
        f.debug_struct("OpenAiSettings")
            .field("host", &url.as_ref().and_then(Url::host_str))
            .field("model", &self.model)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// The endpoint as async-openai asks for it. Its own `OpenAIConfig` reads environment variables
/// (`OPENAI_ORG_ID` and others) behind our back and panics on a key that is no header value.
#[derive(Clone)]
pub(super) struct Endpoint {
    base: String,
    query: Vec<(String, String)>,
    headers: HeaderMap,
    api_key: SecretString,
}

impl Endpoint {
    /// # Errors
    /// `Permanent` if the base URL or the key cannot be used.
    pub(super) fn new(settings: &OpenAiSettings) -> Result<Self, AiError> {
        let mut url = usable_url(&settings.base_url)?;
        let query = url.query_pairs().into_owned().collect();
        let headers = credentials(&url, &settings.api_key)?;
        url.set_query(None);
        url.set_fragment(None);
        Ok(Self {
            base: url.as_str().trim_end_matches('/').to_owned(),
            query,
            headers,
            api_key: settings.api_key.clone(),
        })
    }
}

impl Config for Endpoint {
    fn headers(&self) -> HeaderMap {
        self.headers.clone()
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    fn query(&self) -> Vec<(&str, &str)> {
        self.query.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    fn api_base(&self) -> &str {
        &self.base
    }

    fn api_key(&self) -> &SecretString {
        &self.api_key
    }
}

fn usable_url(text: &str) -> Result<Url, AiError> {
    Url::parse(text.trim())
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        .filter(|url| url.username().is_empty() && url.password().is_none())
        .ok_or_else(|| AiError::Permanent {
            message: "The base URL of the AI endpoint cannot be used: give it as https://host/v1, without a user name."
                .to_owned(),
        })
}

fn credentials(url: &Url, api_key: &SecretString) -> Result<HeaderMap, AiError> {
    let key = api_key.expose_secret().trim();
    let mut headers = HeaderMap::new();
    if key.is_empty() {
        return Ok(headers);
    }
    let azure = url.host_str().is_some_and(|host| host.ends_with(".azure.com"));
    let (name, value) = if azure { (AZURE_KEY, key.to_owned()) } else { (AUTHORIZATION, format!("Bearer {key}")) };
    let mut value = HeaderValue::from_str(&value).map_err(|_| AiError::Permanent {
        message: "The API key of the AI endpoint has characters that no key has: copy it again.".to_owned(),
    })?;
    value.set_sensitive(true);
    headers.insert(name, value);
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(base_url: &str, key: &str) -> OpenAiSettings {
        OpenAiSettings {
            api_key: SecretString::from(key),
            base_url: base_url.to_owned(),
            model: "gpt-4o-mini".to_owned(),
            timeout: Duration::from_secs(30),
        }
    }

    #[test]
    fn debug_shows_neither_the_key_nor_the_path_and_query_of_the_url() {
        let shown = format!("{:?}", settings("https://user:pa55@host.example/k3y/v1?code=c0de", "sk-secret"));
        assert!(shown.contains("host.example") && shown.contains("gpt-4o-mini"), "{shown}");
        for secret in ["sk-secret", "pa55", "k3y", "c0de"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }

    #[test]
    fn the_key_travels_as_a_bearer_token_marked_sensitive() {
        let endpoint = Endpoint::new(&settings("https://api.openai.com/v1/", " sk-secret\n")).unwrap();
        let value = &endpoint.headers()[AUTHORIZATION];
        assert_eq!(value, "Bearer sk-secret");
        assert!(value.is_sensitive());
        assert_eq!(endpoint.url("/embeddings"), "https://api.openai.com/v1/embeddings");
    }

    #[test]
    fn azure_takes_its_key_and_its_api_version_where_it_expects_them() {
        let url = "https://greenroom.openai.azure.com/openai/deployments/gpt?api-version=2024-10-21";
        let endpoint = Endpoint::new(&settings(url, "secret")).unwrap();
        assert_eq!(endpoint.headers()[AZURE_KEY], "secret");
        assert!(!endpoint.headers().contains_key(AUTHORIZATION));
        assert_eq!(endpoint.query(), [("api-version", "2024-10-21")]);
        assert!(endpoint.url("/chat/completions").ends_with("/deployments/gpt/chat/completions"));
    }

    #[test]
    fn an_endpoint_without_a_key_gets_no_credentials() {
        assert!(Endpoint::new(&settings("http://localhost:11434/v1", "")).unwrap().headers().is_empty());
    }

    #[test]
    fn unusable_settings_are_refused_with_a_sentence_that_repeats_no_secret() {
        for (url, key) in [
            ("localhost:11434", "sk-secret"),
            ("ftp://host/v1", "sk-secret"),
            ("https://me:sk-secret@host/v1", ""),
            ("https://host/v1", "sk-\nsecret"),
            ("", "sk-secret"),
        ] {
            let Err(AiError::Permanent { message }) = Endpoint::new(&settings(url, key)) else {
                panic!("{url} was accepted");
            };
            assert!(message.ends_with('.') && !message.contains("secret"), "{message}");
        }
    }
}
