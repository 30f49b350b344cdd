//! A socket client.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::openapi::{Answer, check};
use super::{Account, Server};

/// How long a frame may take before the test fails.
const PATIENCE: Duration = Duration::from_secs(15);

pub struct Socket(pub WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    /// Signed in by header, or signed out.
    pub async fn open(server: &Server, path: &str, account: Option<&Account>) -> Self {
        Self::try_open(server, path, account).await.unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    pub async fn try_open(server: &Server, path: &str, account: Option<&Account>) -> Result<Self, Error> {
        Self::dial(server.port, path, account.map(|account| account.token.as_str())).await
    }

    /// The same for whoever has no server at hand: one that is being restarted keeps its port.
    pub async fn dial(port: u16, path: &str, token: Option<&str>) -> Result<Self, Error> {
        let authorization = token.map(|token| ("Authorization", format!("Bearer {token}")));
        Self::with_headers(port, path, authorization).await
    }

    /// With the headers that a test is about.
    pub async fn with_headers(
        port: u16,
        path: &str,
        headers: impl IntoIterator<Item = (&'static str, String)>,
    ) -> Result<Self, Error> {
        let mut request = format!("ws://127.0.0.1:{port}{path}").into_client_request()?;
        for (name, value) in headers {
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        let opened = connect_async(request).await;
        if let Ok((_, answer)) = &opened {
            let path = path.split('?').next().unwrap_or_default();
            let status = answer.status().as_u16();
            check(&Answer { method: "GET", path, status, content_type: None, body: &[] });
        }
        opened.map(|(socket, _)| Self(socket))
    }

    pub async fn send(&mut self, frame: Value) {
        self.0.send(Message::text(frame.to_string())).await.unwrap();
    }

    /// The next frame of this type; others are passed over.
    pub async fn wait(&mut self, kind: &str) -> Value {
        loop {
            let frame = self.next().await.unwrap_or_else(|close| panic!("closed while waiting for {kind}: {close:?}"));
            if frame["type"] == kind {
                return frame;
            }
        }
    }

    /// The next frame, or the code and reason with which the server closed.
    pub async fn next(&mut self) -> Result<Value, Option<(u16, String)>> {
        loop {
            match timeout(PATIENCE, self.0.next()).await.expect("a frame in time") {
                Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Close(frame))) => return Err(frame.map(|f| (f.code.into(), f.reason.to_string()))),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(None),
            }
        }
    }

    /// Waits until the server closes; the code and reason.
    pub async fn closed(&mut self) -> Option<(u16, String)> {
        loop {
            if let Err(close) = self.next().await {
                return close;
            }
        }
    }
}
