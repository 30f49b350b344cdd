//! Contract section 6, over HTTP.

use serde_json::json;

use crate::harness::{Account, Server, databases};

/// An agent, made by the super-agent.
pub async fn agent(server: &Server, boss: &Account, username: &str) -> Account {
    let form = json!({"username": username, "email": format!("{username}@example.com"), "password": "correct horse",
        "role": "agent"});
    boss.post("/api/auth/register", form, 201).await;
    Account::sign_in(server, username, "correct horse").await
}

fn path(chat: &serde_json::Value, action: &str) -> String {
    format!("/api/chats/{}{action}", chat["id"].as_str().unwrap())
}

#[tokio::test]
async fn the_first_agent_who_replies_gets_the_chat_and_others_lose_sight_of_it() {
    for database in databases() {
        let server = Server::start(database);
        let boss = server.super_agent().await;
        let (first, second) = (agent(&server, &boss, "first").await, agent(&server, &boss, "second").await);
        let customer = server.account().await;
        let chat = customer.post("/api/chats", json!({}), 201).await;
        assert_eq!((&chat["agentId"], &chat["status"]), (&json!(null), &json!("active")));
        second.get(&path(&chat, ""), 200).await;
        let message = first.post(&path(&chat, "/messages"), json!({"content": "Hello", "type": "image"}), 201).await;
        assert_eq!((&message["senderId"], &message["messageType"]), (&json!(first.id()), &json!("image")));
        let seen = customer.get(&path(&chat, ""), 200).await;
        assert_eq!((&seen["agentId"], &seen["unreadCount"]), (&json!(first.id()), &json!(1)));
        assert_eq!(seen["lastMessage"], message);
        let assign = json!({"agentId": second.id()});
        second.put(&path(&chat, "/assign"), assign.clone(), 404).await;
        boss.put(&path(&chat, "/assign"), assign, 200).await;
        first.get(&path(&chat, ""), 404).await;
        assert_eq!(second.get("/api/chats", 200).await[0]["agent"]["username"], "second");
    }
}

#[tokio::test]
async fn only_agents_archive_and_unarchiving_restores_the_status() {
    for database in databases() {
        let server = Server::start(database);
        let (boss, customer) = (server.super_agent().await, server.account().await);
        let chat = customer.post("/api/chats", json!({"agentId": boss.id()}), 201).await;
        customer.put(&path(&chat, "/status"), json!({"status": "closed"}), 200).await;
        let closed = customer.post(&path(&chat, "/messages"), json!({"content": "Hi"}), 409).await;
        assert_eq!(closed["code"], "CHAT_CLOSED");
        customer.put(&path(&chat, "/archive"), json!({}), 403).await;
        boss.put(&path(&chat, "/archive"), json!({}), 200).await;
        assert_eq!(customer.get("/api/chats?status=archived", 200).await.as_array().unwrap().len(), 1);
        assert_eq!(boss.put(&path(&chat, "/unarchive"), json!({}), 200).await["status"], "closed");
        customer.delete(&path(&chat, ""), 403).await;
        boss.delete(&path(&chat, ""), 200).await;
        customer.get(&path(&chat, ""), 404).await;
    }
}

#[tokio::test]
async fn who_is_no_agent_any_more_has_no_chats_of_others() {
    for database in databases() {
        let server = Server::start(database);
        let (boss, customer, person) = (server.super_agent().await, server.account().await, server.account().await);
        let role = |role: &'static str| {
            let path = format!("/api/users/{}/role", person.id());
            let boss = boss.clone();
            async move { boss.put(&path, json!({"role": role}), 200).await }
        };
        role("agent").await;
        let agent = Account::sign_in(&server, person.username(), Account::PASSWORD).await;
        let chat = customer.post("/api/chats", json!({"agentId": agent.id()}), 201).await;
        let path = format!("/api/chats/{}", chat["id"].as_str().unwrap());
        agent.get(&path, 200).await;
        role("customer").await;
        let former = Account::sign_in(&server, person.username(), Account::PASSWORD).await;
        former.get(&path, 404).await;
        former.delete(&path, 404).await;
        assert_eq!(former.get("/api/chats", 200).await, json!([]));
    }
}
