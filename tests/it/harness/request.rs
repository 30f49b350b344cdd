//! Requests whose answers are held against the description of the API.

use reqwest::header::HeaderValue;
use reqwest::multipart::Form;
use reqwest::{Body, RequestBuilder, Response, ResponseBuilderExt as _};
use serde::Serialize;

use super::openapi::{Answer, check};

/// A request of a test.
pub struct Request(pub RequestBuilder);

impl Request {
    pub fn header<V>(self, name: &str, value: V) -> Self
    where
        HeaderValue: TryFrom<V>,
        <HeaderValue as TryFrom<V>>::Error: Into<http::Error>,
    {
        Self(self.0.header(name, value))
    }

    pub fn json(self, body: &(impl Serialize + ?Sized)) -> Self {
        Self(self.0.json(body))
    }

    pub fn body(self, body: impl Into<Body>) -> Self {
        Self(self.0.body(body))
    }

    pub fn multipart(self, form: Form) -> Self {
        Self(self.0.multipart(form))
    }

    /// The answer, which has been found to be as described.
    pub async fn send(self) -> reqwest::Result<Response> {
        let (client, request) = self.0.build_split();
        let request = request?;
        let method = request.method().clone();
        let answer = client.execute(request).await?;
        let (status, headers, url) = (answer.status(), answer.headers().clone(), answer.url().clone());
        let body = answer.bytes().await?;
        check(&Answer {
            method: method.as_str(),
            path: url.path(),
            status: status.as_u16(),
            content_type: headers.get("content-type").and_then(|value| value.to_str().ok()),
            body: &body,
        });
        let mut again = http::Response::builder().status(status).url(url).body(body).unwrap();
        *again.headers_mut() = headers;
        Ok(again.into())
    }
}
