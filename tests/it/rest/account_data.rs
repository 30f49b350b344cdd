//! Contract section 3: who looked at an account's data, its export, its erasure.

use std::io::{Cursor, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use socket2::SockRef;

use crate::harness::{Account, Server, Socket, databases, eventually, expect, resume};

/// The conversation of everybody.
const GLOBAL: &str = "019b76da-a800-7000-8000-000000000002";

async fn erase(account: &Account, password: &str, status: u16) -> Value {
    let request = account.request(Method::DELETE, "/api/users/me").json(&json!({"password": password}));
    expect(request.send().await.unwrap(), status).await
}

#[tokio::test]
async fn erasing_takes_what_is_theirs_and_leaves_what_they_said_to_others() {
    for database in databases() {
        let server = Server::start(database);
        let (user, other) = (server.account().await, server.account().await);
        let job = user.start_job().await;
        user.ended(&job).await;
        user.post(&format!("/api/conversations/{GLOBAL}/messages"), json!({"content": "Good-bye"}), 201).await;
        let mut socket = Socket::open(&server, "/ws", Some(&user)).await;
        assert_eq!(erase(&user, "wrong password", 403).await["code"], "WRONG_PASSWORD");
        let receipt = erase(&user, Account::PASSWORD, 200).await;
        for (what, count) in [("uploads", 1), ("files", 1), ("jobs", 1), ("profiles", 1), ("library", 0)] {
            assert_eq!(receipt["erased"][what], count, "{what} in {receipt}");
        }
        assert_eq!(receipt["kept"]["messages"], 1);
        assert_eq!(socket.closed().await.map(|(code, _)| code), Some(1008));
        user.get("/api/auth/me", 401).await;
        let messages = other.get(&format!("/api/conversations/{GLOBAL}/messages"), 200).await;
        assert_eq!(
            (&messages[0]["content"], &messages[0]["sender"]["username"]),
            (&json!("Good-bye"), &json!("deleted user"))
        );
        let form =
            json!({"username": user.username().to_uppercase(), "email": "new@example.com", "password": "secret1"});
        assert_eq!(other.post("/api/auth/register", form, 409).await["code"], "USERNAME_TAKEN");
    }
}

#[tokio::test]
async fn a_customer_who_is_erased_leaves_a_closed_chat_and_no_trace_of_a_running_job() {
    for database in databases() {
        let server = Server::start(database);
        let (boss, customer) = (server.super_agent().await, server.account().await);
        let chat = customer.post("/api/chats", json!({"agentId": boss.id()}), 201).await["id"].clone();
        let chat = format!("/api/chats/{}", chat.as_str().unwrap());
        customer.post(&format!("{chat}/messages"), json!({"content": "Help"}), 201).await;
        // erased while the job waits or runs, whichever it does
        let job = customer.start_job().await;
        erase(&customer, Account::PASSWORD, 200).await;
        let left = boss.get(&chat, 200).await;
        assert_eq!((&left["status"], &left["customer"]), (&json!("closed"), &json!(null)));
        assert_eq!(left["lastMessage"]["sender"]["name"], "deleted user");
        boss.get(&format!("/api/analysis/status?job_id={job}"), 404).await;
        assert_eq!(erase(&boss, "correct horse", 409).await["code"], "LAST_SUPER_AGENT");
        boss.get("/api/auth/me", 200).await;
    }
}

#[tokio::test]
async fn the_export_holds_the_files_and_names_them_with_their_hash() {
    for database in databases() {
        let server = Server::start(database);
        let user = server.account().await;
        let file = resume::docx();
        let upload = user.upload("../cv ünï.docx", file.clone()).await;
        let answer = user.request(Method::GET, "/api/users/me/export").send().await.unwrap();
        assert_eq!(answer.headers()["content-type"], "application/zip");
        let mut archive = zip::ZipArchive::new(Cursor::new(answer.bytes().await.unwrap())).unwrap();
        let mut read = |name: &str| {
            let mut content = Vec::new();
            archive.by_name(name).unwrap().read_to_end(&mut content).unwrap();
            content
        };
        let name = format!("files/upload-{}.docx", upload["id"]);
        assert_eq!(read(&name), file);
        let manifest: Value = serde_json::from_slice(&read("manifest.json")).unwrap();
        let listed = manifest["files"].as_array().unwrap().clone();
        assert!(listed.len() > 10);
        for entry in listed {
            let content = read(entry["name"].as_str().unwrap());
            assert_eq!(entry["sha256"], hex::encode(Sha256::digest(&content)), "{entry}");
        }
        let account: Value = serde_json::from_slice(&read("account.json")).unwrap();
        assert_eq!(account["email"], user.user["email"]);
    }
}

#[tokio::test]
async fn the_owner_sees_which_agent_looked() {
    for database in databases() {
        let server = Server::start(database);
        let (boss, user) = (server.super_agent().await, server.account().await);
        let job = user.start_job().await;
        user.ended(&job).await;
        boss.get(&format!("/api/analysis/result?job_id={job}"), 200).await;
        let log = user.get("/api/users/me/access-log", 200).await;
        assert_eq!(log.as_array().unwrap().len(), 1);
        assert_eq!((&log[0]["user"]["username"], &log[0]["action"]), (&json!("boss"), &json!("result")));
        assert_eq!(log[0]["job_id"], json!(job));
        assert_eq!(boss.get("/api/users/me/access-log", 200).await, json!([]));
    }
}

#[tokio::test]
async fn whoever_is_erased_while_others_write_where_they_wrote_stops_nobody() {
    for database in databases() {
        let server = Server::start(database);
        let (owner, other) = (server.account().await, server.account().await);
        let mut rooms = Vec::new();
        for name in ["Tea", "Milk", "Lemon"] {
            rooms.push(owner.post("/api/rooms", json!({"name": name}), 201).await["id"].as_str().unwrap().to_owned());
        }
        for _ in 0..4 {
            let leaving = server.account().await;
            for room in &rooms {
                owner.post(&format!("/api/rooms/{room}/members/{}", leaving.id()), json!({}), 200).await;
                let said = json!({"content": "Bye", "room_id": room});
                leaving.post("/api/messages", said, 201).await;
            }
            leaving.post("/api/messages", json!({"content": "Bye", "recipient": other.username()}), 201).await;
            let writes = rooms.iter().rev().cycle().take(30).map(|room| {
                let said = json!({"content": "Meanwhile", "room_id": room});
                owner.post("/api/messages", said, 201)
            });
            tokio::join!(futures_util::future::join_all(writes), erase(&leaving, Account::PASSWORD, 200));
        }
        // whom they wrote to sees that they are gone, and does not take their words for their own
        let conversations = other.get("/api/conversations", 200).await;
        let titles: Vec<_> = conversations.as_array().unwrap().iter().filter(|one| one["kind"] == "direct").collect();
        assert_eq!(titles.len(), 4);
        assert!(titles.iter().all(|one| one["title"] == "deleted user"), "{titles:?}");
    }
}

#[tokio::test]
async fn an_erasure_that_has_begun_ends_though_its_client_hangs_up() {
    for database in databases() {
        let server = Server::start(database);
        let (leaving, other) = (server.account().await, server.account().await);
        let first = leaving.post("/api/rooms", json!({"name": "First"}), 201).await["id"].clone();
        let member = format!("/api/rooms/{}/members/{}", first.as_str().unwrap(), other.id());
        leaving.post(&member, json!({}), 200).await;
        for _ in 0..60 {
            leaving.post("/api/rooms", json!({"name": "Another"}), 201).await;
        }
        let mut socket = Socket::open(&server, "/ws", Some(&other)).await;
        let body = json!({"password": Account::PASSWORD}).to_string();
        let head =
            format!("DELETE /api/users/me HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}", leaving.token);
        let mut client = TcpStream::connect(("127.0.0.1", server.port)).unwrap();
        write!(client, "{head}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len())
            .unwrap();
        while socket.wait("conversation").await["action"] != "updated" {}
        // reset: the server hears of it at once
        SockRef::from(&client).set_linger(Some(Duration::ZERO)).unwrap();
        drop(client);
        let me = || leaving.request(Method::GET, "/api/auth/me").send();
        eventually("the account is gone", async || me().await.unwrap().status() == 401).await;
    }
}
