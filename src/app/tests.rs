//! The whole server in this process, with a defect that a client sets off.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::*;

type Client = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Starts a server; its port.
fn start(folder: &tempfile::TempDir) -> u16 {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let settings = Settings::for_testing(folder.path().into(), &[("PORT", &port.to_string())]).unwrap();
    actix_web::rt::spawn(async { serve(settings).await.unwrap() });
    port
}

async fn connect(port: u16) -> Client {
    for _ in 0..600 {
        if let Ok((client, _)) = connect_async(format!("ws://127.0.0.1:{port}/ws")).await {
            return client;
        }
        sleep(Duration::from_millis(50)).await;
    }
    panic!("no server");
}

/// What comes next that is no ping.
async fn next(client: &mut Client) -> Message {
    loop {
        let message = timeout(Duration::from_secs(15), client.next()).await.unwrap().unwrap().unwrap();
        if !message.is_ping() {
            return message;
        }
    }
}

#[actix::test]
async fn a_panic_in_a_session_closes_its_socket_with_1011_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let port = start(&folder);
    let (mut broken, mut other) = (connect(port).await, connect(port).await);
    for client in [&mut broken, &mut other] {
        assert!(next(client).await.to_text().unwrap().contains("Welcome!"));
    }
    broken.send(Message::text(ws::INJECTED_PANIC)).await.unwrap();
    let Message::Close(Some(reason)) = next(&mut broken).await else { panic!("not closed") };
    assert_eq!((u16::from(reason.code), reason.reason.as_str()), (1011, "SESSION_FAILED"));
    other.send(Message::text(r#"{"type":"ping"}"#)).await.unwrap();
    assert!(next(&mut other).await.to_text().unwrap().contains("pong"));
    // and whoever was closed may come back
    assert!(next(&mut connect(port).await).await.to_text().unwrap().contains("Welcome!"));
}
