//! Contract section 8, what all sockets have in common: what breaks the protocol and what ends a session closes, with its
//! code and reason.

use std::time::Duration;

use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_tungstenite::MaybeTlsStream;
use tokio_tungstenite::tungstenite::Error;

use crate::harness::{Account, Server, Socket, databases};

/// The paths of the four dialects.
const PATHS: [&str; 4] = ["/ws", "/api/ws/connect", "/api/ws", "/api/v1/ws"];
const TEXT: u8 = 0x81;
const MAX: usize = 524_288;

fn closed(code: u16, reason: &str) -> Option<(u16, String)> {
    Some((code, reason.to_owned()))
}

/// A frame of RFC 6455, section 5.2, masked with zeros. `announced`: the length that its header tells.
fn announcing(first: u8, announced: u64, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match announced {
        0..=125 => frame.push(0x80 | announced as u8),
        126..=0xffff => {
            frame.push(0x80 | 126);
            frame.extend((announced as u16).to_be_bytes());
        }
        _ => {
            frame.push(0x80 | 127);
            frame.extend(announced.to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.extend(payload);
    frame
}

fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    announcing(first, payload.len() as u64, payload)
}

/// Sends bytes past the client, which would not send them.
async fn send_raw(socket: &mut Socket, bytes: &[u8]) {
    let MaybeTlsStream::Plain(stream) = socket.0.get_mut() else { unreachable!("there is no TLS here") };
    // the server may close before it has read all of it
    let _ = stream.write_all(bytes).await;
}

#[tokio::test]
async fn what_breaks_the_protocol_is_told_by_its_code() {
    let half = vec![b'x'; MAX / 2 + 1];
    let cases: [(&str, Vec<u8>, u16, &str); 14] = [
        ("a binary frame", frame(0x82, &[1, 2, 3]), 1003, "TEXT_ONLY"),
        ("a binary fragment", frame(0x02, &[1]), 1003, "TEXT_ONLY"),
        ("text that is not UTF-8", frame(TEXT, b"{\"type\":\"\xff\"}"), 1007, "NOT_UTF8"),
        ("a surrogate", frame(TEXT, b"\xed\xa0\x80"), 1007, "NOT_UTF8"),
        ("fragments that are not UTF-8", [frame(0x01, b"\xf0\x9f"), frame(0x80, b"{}")].concat(), 1007, "NOT_UTF8"),
        ("a reserved opcode", frame(0x83, b""), 1002, "PROTOCOL_ERROR"),
        ("a reserved bit", frame(0xc1, b"{}"), 1002, "PROTOCOL_ERROR"),
        ("no mask", vec![TEXT, 2, b'{', b'}'], 1002, "PROTOCOL_ERROR"),
        ("a long ping", frame(0x89, &[0; 126]), 1002, "PROTOCOL_ERROR"),
        ("a fragmented ping", frame(0x09, b""), 1002, "PROTOCOL_ERROR"),
        ("the end of nothing", frame(0x80, b"{}"), 1002, "PROTOCOL_ERROR"),
        ("text within fragments", [frame(0x01, b"{"), frame(TEXT, b"{}")].concat(), 1002, "PROTOCOL_ERROR"),
        ("a frame that is too long", frame(TEXT, &vec![b'x'; MAX + 1]), 1009, "MESSAGE_TOO_LARGE"),
        ("too many fragments", [frame(0x01, &half), frame(0x80, &half)].concat(), 1009, "MESSAGE_TOO_LARGE"),
    ];
    for database in databases() {
        let server = Server::start(database);
        let user = server.account().await;
        for path in PATHS {
            for (what, bytes, code, reason) in &cases {
                let mut socket = Socket::open(&server, path, Some(&user)).await;
                send_raw(&mut socket, bytes).await;
                assert_eq!(socket.closed().await, closed(*code, reason), "{what} on {path}");
            }
        }
    }
}

#[tokio::test]
async fn fragments_are_joined_and_pings_between_them_answered() {
    for database in databases() {
        let server = Server::start(database);
        let user = server.account().await;
        for path in PATHS {
            let mut socket = Socket::open(&server, path, Some(&user)).await;
            let parts = [
                frame(0x01, b"{\"type\":\"p"),
                frame(0x89, b"are you there"),
                frame(0x00, b""),
                frame(0x80, b"ing\"}"),
            ];
            send_raw(&mut socket, &parts.concat()).await;
            socket.wait("pong").await;
            // the largest message there may be is no ping, but it is read
            send_raw(&mut socket, &frame(TEXT, &vec![b'x'; MAX])).await;
            socket.wait("error").await;
        }
    }
}

/// The fields of an error frame.
fn fields<'a>(path: &str, error: &'a Value) -> &'a Value {
    if path == "/api/ws" { &error["data"] } else { error }
}

#[tokio::test]
async fn what_cannot_be_read_is_an_error_frame_and_twenty_in_a_row_are_the_end() {
    for database in databases() {
        let server = Server::start(database);
        let user = server.account().await;
        for path in PATHS {
            let mut socket = Socket::open(&server, path, Some(&user)).await;
            let malformed = [json!([]), json!({}), json!({"type": 1}), json!({"type": "dance"}), json!("ping")];
            for frame in malformed.iter().cycle().take(19) {
                socket.send(frame.clone()).await;
                let error = socket.wait("error").await;
                for field in ["error", "message", "code"] {
                    assert!(fields(path, &error)[field].is_string(), "{path}: {error}");
                }
                assert_eq!(fields(path, &error)["code"], "MALFORMED_FRAME");
            }
            // one that can be read, and it begins anew
            socket.send(json!({"type": "ping"})).await;
            socket.wait("pong").await;
            for _ in 0..20 {
                socket.send(json!([])).await;
            }
            assert_eq!(socket.closed().await, closed(1008, "TOO_MANY_MALFORMED"), "{path}");
        }
    }
}

#[tokio::test]
async fn what_ends_a_session_closes_its_sockets() {
    for database in databases() {
        let server = Server::start(database);
        let boss = server.super_agent().await;
        for path in PATHS {
            let user = server.account().await;
            let again = Account::sign_in(&server, user.username(), Account::PASSWORD).await;
            let mut here = Socket::open(&server, path, Some(&user)).await;
            let mut there = Socket::open(&server, path, Some(&again)).await;
            user.post("/api/auth/logout", json!({}), 200).await;
            assert_eq!(here.closed().await, closed(1008, "TOKEN_REVOKED"), "{path}");
            assert!(Socket::try_open(&server, path, Some(&user)).await.is_err());
            // the other session goes on until its user may not
            there.send(json!({"type": "ping"})).await;
            there.wait("pong").await;
            boss.put(&format!("/api/users/{}/disabled", user.id()), json!({"disabled": true}), 200).await;
            assert_eq!(there.closed().await.map(|(code, _)| code), Some(1008), "{path}");
        }
    }
}

/// Lets all tokens expire at this time.
async fn expire(server: &Server, at: OffsetDateTime) {
    use entity::token::{Column, Entity};
    use sea_orm::sea_query::Expr;
    use sea_orm::{Database, EntityTrait as _};
    let database = Database::connect(server.database_url()).await.unwrap();
    let expiry = Expr::value(entity::Timestamp::from(at));
    Entity::update_many().col_expr(Column::ExpiresAt, expiry).exec(&database).await.unwrap();
    database.close().await.unwrap();
}

#[tokio::test]
async fn a_socket_closes_when_its_token_expires() {
    for database in databases() {
        let mut server = Server::start(database);
        let user = server.account().await;
        server.terminate();
        expire(&server, OffsetDateTime::now_utc() + Duration::from_secs(6)).await;
        server.restart();
        let mut sockets = Vec::new();
        for path in PATHS {
            sockets.push(Socket::open(&server, path, Some(&user)).await);
        }
        for (socket, path) in sockets.iter_mut().zip(PATHS) {
            assert_eq!(socket.closed().await, closed(1008, "TOKEN_EXPIRED"), "{path}");
        }
        user.get("/api/users/me", 401).await;
    }
}

/// Reads bytes until the connection ends; the payload of the server's last frame, which is short.
async fn last_frame(socket: &mut Socket) -> Vec<u8> {
    let MaybeTlsStream::Plain(stream) = socket.0.get_mut() else { unreachable!("there is no TLS here") };
    let mut bytes = Vec::new();
    tokio::time::timeout(Duration::from_secs(30), stream.read_to_end(&mut bytes)).await.unwrap().unwrap();
    let mut rest = &bytes[..];
    loop {
        let (header, length) = match rest[1] {
            126 => (4, usize::from(u16::from_be_bytes([rest[2], rest[3]]))),
            short => (2, usize::from(short)),
        };
        let (frame, after) = rest[header..].split_at(length);
        if after.is_empty() {
            return frame.to_vec();
        }
        rest = after;
    }
}

#[tokio::test]
async fn who_answers_no_ping_is_closed() {
    for database in databases() {
        let patience = [("WEBSOCKET_PING_PERIOD", "1s"), ("WEBSOCKET_PONG_WAIT", "2s")];
        let server = Server::with(database, &patience);
        let user = server.account().await;
        for path in PATHS {
            let mut socket = Socket::open(&server, path, Some(&user)).await;
            let close = last_frame(&mut socket).await;
            let (code, reason) = close.split_at(2);
            assert_eq!((u16::from_be_bytes([code[0], code[1]]), reason), (1001, &b"PONG_TIMEOUT"[..]), "{path}");
        }
    }
}

/// Sends pings until the server ends it; how often it was told to be slower, and the close frame.
async fn hurry(server: &Server, path: &str) -> (usize, Option<(u16, String)>) {
    let user = server.account().await;
    let mut socket = Socket::open(server, path, Some(&user)).await;
    let mut told = 0;
    loop {
        for _ in 0..20 {
            send_raw(&mut socket, &frame(TEXT, b"{\"type\":\"ping\"}")).await;
        }
        // the answer to the last one of those that are answered, or the end
        loop {
            match tokio::time::timeout(Duration::from_millis(20), socket.next()).await {
                Err(_) => break,
                Ok(Err(close)) => return (told, close),
                Ok(Ok(frame)) if frame["type"] == "error" => {
                    let error = fields(path, &frame);
                    assert_eq!(error["code"], "RATE_LIMITED");
                    assert!(error["retry_after"].is_number(), "{error}");
                    told += 1;
                }
                Ok(Ok(_)) => {}
            }
        }
    }
}

#[tokio::test]
async fn who_sends_too_fast_is_told_once_and_then_closed() {
    let mut servers = Vec::new();
    for database in databases() {
        let limits = [("WS_RATE_LIMIT_PER_SECOND", "5"), ("WS_RATE_LIMIT_BURST", "10")];
        servers.push(Server::with(database, &limits));
    }
    let sockets = servers.iter().flat_map(|server| PATHS.map(|path| hurry(server, path)));
    for ended in futures_util::future::join_all(sockets).await {
        assert_eq!(ended, (1, closed(1008, "RATE_LIMITED")));
    }
}

#[tokio::test]
async fn where_nobody_may_be_anonymous_who_does_not_sign_in_is_closed() {
    for database in databases() {
        let server = Server::with(database, &[("WS_ALLOW_ANONYMOUS", "false")]);
        let mut socket = Socket::open(&server, "/ws", None).await;
        socket.wait("system").await;
        socket.send(json!({"type": "ping"})).await;
        assert_eq!(socket.wait("error").await["code"], "AUTH_REQUIRED");
        assert_eq!(socket.closed().await, closed(1008, "AUTH_REQUIRED"));
    }
}

#[tokio::test]
async fn a_ticket_opens_one_socket_of_each_dialect() {
    for database in databases() {
        let server = Server::start(database);
        let user = server.account().await;
        for path in PATHS {
            let ticket = user.post("/api/ws/ticket", json!({}), 201).await["ticket"].as_str().unwrap().to_owned();
            let path = format!("{path}?ticket={ticket}");
            let mut socket = Socket::open(&server, &path, None).await;
            socket.send(json!({"type": "ping"})).await;
            socket.wait("pong").await;
            assert!(Socket::try_open(&server, &path, None).await.is_err(), "{path} twice");
        }
    }
}

/// The status with which an upgrade was refused.
fn refused(upgrade: Result<Socket, Error>) -> Option<u16> {
    match upgrade {
        Ok(_) => None,
        Err(Error::Http(answer)) => Some(answer.status().as_u16()),
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_cookie_signs_in_unless_a_foreign_page_sends_it() {
    for database in databases() {
        let server = Server::start(database);
        let user = server.account().await;
        for path in PATHS {
            let upgrade = async |token: &str, origin: Option<&str>| {
                let mut headers = vec![("Cookie", format!("jwt_token={token}"))];
                headers.extend(origin.map(|origin| ("Origin", origin.to_owned())));
                Socket::with_headers(server.port, path, headers).await
            };
            for origin in [None, Some(server.url("").as_str())] {
                let mut socket = upgrade(&user.token, origin).await.unwrap();
                socket.send(json!({"type": "ping"})).await;
                socket.wait("pong").await;
            }
            for foreign in ["https://example.com", "null"] {
                assert_eq!(refused(upgrade(&user.token, Some(foreign)).await), Some(403), "{path} from {foreign}");
            }
            let forged = upgrade("a.b.c", None).await;
            if path == "/ws" {
                let mut signed_out = forged.unwrap();
                let id = "00000000-0000-7000-8000-000000000000";
                signed_out.send(json!({"type": "subscribe", "conversation_id": id})).await;
                assert_eq!(signed_out.wait("error").await["code"], "AUTH_REQUIRED");
            } else {
                assert_eq!(refused(forged), Some(401), "{path}");
            }
        }
    }
}

#[tokio::test]
async fn there_are_only_so_many_sockets_of_a_user_and_signed_out_ones_of_an_address() {
    for database in databases() {
        let server = Server::with(database, &[("WS_MAX_PER_USER", "4"), ("WS_MAX_PER_IP", "2")]);
        let user = server.account().await;
        let mut open = Vec::new();
        for path in PATHS {
            open.push(Socket::open(&server, path, Some(&user)).await);
        }
        for path in PATHS {
            assert_eq!(refused(Socket::try_open(&server, path, Some(&user)).await), Some(429), "{path}");
        }
        open.push(Socket::open(&server, "/ws", None).await);
        open.push(Socket::open(&server, "/ws", None).await);
        assert_eq!(refused(Socket::try_open(&server, "/ws", None).await), Some(429));
        // a frame is no way around it: the fifth socket of the user stays signed out
        let mut stranger = open.pop().unwrap();
        stranger.send(json!({"type": "auth", "token": user.token})).await;
        assert_eq!(stranger.wait("error").await["code"], "TOO_MANY_SOCKETS");
    }
}
