//! Contract section 7.

use reqwest::Method;
use serde_json::json;

use crate::harness::{Server, databases, expect};

#[tokio::test]
async fn every_answer_is_wrapped() {
    for database in databases() {
        let server = Server::start(database);
        let user = server.account().await;
        let general = user.get("/api/v1/channels/general", 200).await;
        assert_eq!((&general["success"], &general["data"]["created_by"]), (&json!(true), &json!(null)));
        for (method, path, status) in [
            (Method::GET, "/api/v1/channels/none", 404),
            (Method::GET, "/api/v1/channels/%00", 404),
            (Method::DELETE, "/api/v1/channels/general", 409),
            (Method::GET, "/api/v1/messages", 400),
            (Method::PUT, "/api/v1/channels", 405),
            (Method::GET, "/api/v1/nothing", 404),
        ] {
            let answer = user.request(method, path).send().await.unwrap();
            assert_eq!(expect(answer, status).await["success"], false, "{path}");
        }
        let signed_out = user.anonymous(Method::GET, "/api/v1/channels").send().await.unwrap();
        assert_eq!(expect(signed_out, 401).await["success"], false);
    }
}

#[tokio::test]
async fn a_message_is_edited_by_its_author_and_deleted_by_staff_too() {
    for database in databases() {
        let server = Server::start(database);
        let (author, other, boss) = (server.account().await, server.account().await, server.super_agent().await);
        let channel = author.post("/api/v1/channels", json!({"name": "Tea & Talk"}), 201).await;
        assert_eq!(channel["data"]["id"], "tea-talk");
        let posted = author.post("/api/v1/messages", json!({"channel_id": "tea-talk", "content": "Hi"}), 201).await;
        let path = format!("/api/v1/messages/{}", posted["data"]["id"].as_str().unwrap());
        boss.put(&path, json!({"content": "x"}), 403).await;
        let edited = author.put(&path, json!({"content": "Hello"}), 200).await;
        let list = "/api/v1/messages?channel_id=tea-talk";
        assert_eq!(other.get(list, 200).await["data"], json!([edited["data"]]));
        other.delete(&path, 403).await;
        boss.delete(&path, 200).await;
        assert_eq!(other.get(list, 200).await["data"], json!([]));
    }
}

#[tokio::test]
async fn what_is_no_slug_is_told_from_a_channel_that_is_not_there() {
    for database in databases() {
        let server = Server::start(database);
        let user = server.account().await;
        assert_eq!(user.get("/api/v1/messages?channel_id=NO+SLUG", 400).await["field"], "channel_id");
        user.get("/api/v1/messages?channel_id=none", 404).await;
    }
}

#[tokio::test]
async fn a_message_outside_of_channels_is_not_found() {
    for database in databases() {
        let server = Server::start(database);
        let alice = server.account().await;
        let message = alice.post("/api/messages", json!({"content": "to everybody"}), 201).await;
        alice.delete(&format!("/api/v1/messages/{}", message["id"].as_str().unwrap()), 404).await;
    }
}

#[tokio::test]
async fn addresses_are_masked_for_other_customers() {
    for database in databases() {
        let server = Server::with(database, &[("CHANNELS_MASK_EMAIL", "true")]);
        let (author, other, boss) = (server.account().await, server.account().await, server.super_agent().await);
        author.post("/api/v1/messages", json!({"channel_id": "general", "content": "Hi"}), 201).await;
        let masked = format!("{}@users.invalid", author.username());
        for (reader, email) in
            [(&author, author.user["email"].clone()), (&other, json!(masked)), (&boss, author.user["email"].clone())]
        {
            let list = reader.get("/api/v1/messages?channel_id=general", 200).await;
            assert_eq!(list["data"][0]["user_email"], email);
        }
    }
}

#[tokio::test]
async fn a_trusted_proxy_names_the_user_under_its_path_only() {
    for database in databases() {
        let trusting = [("TRUST_USER_EMAIL_HEADER", "true"), ("TRUSTED_PROXIES", "127.0.0.1")];
        for (settings, status) in [(&trusting[..], 201), (&trusting[..1], 401)] {
            let server = Server::with(database.clone(), settings);
            let user = server.account().await;
            let post = |path, email: &str| {
                let request = user.anonymous(Method::POST, path).header("User-Email", email);
                request.json(&json!({"channel_id": "general", "content": "Hi"})).send()
            };
            let email = user.user["email"].as_str().unwrap();
            expect(post("/api/v1/messages", email).await.unwrap(), status).await;
            expect(post("/api/v1/messages", "nobody@example.com").await.unwrap(), 401).await;
            expect(post("/api/messages", email).await.unwrap(), 401).await;
        }
    }
}
