//! Contract sections 1 and 3.

use reqwest::Method;
use serde_json::json;

use crate::harness::{Account, Server, Socket, databases};

#[tokio::test]
async fn signing_up_in_and_out() {
    for database in databases() {
        let server = Server::start(database);
        let user = server.account().await;
        assert_eq!(user.get("/api/auth/me", 200).await, user.user);
        assert_eq!(user.user["role"], "customer");
        let again = Account::sign_in(&server, user.username(), Account::PASSWORD).await;
        assert_ne!(again.token, user.token);
        user.post("/api/auth/logout", json!({}), 200).await;
        let refused = user.get("/api/auth/me", 401).await;
        assert_eq!(refused["code"], "TOKEN_REVOKED");
        again.get("/api/auth/me", 200).await;
    }
}

#[tokio::test]
async fn tokens_and_revocations_survive_a_kill() {
    for database in databases() {
        let mut server = Server::start(database);
        let (stays, leaves) = (server.account().await, server.account().await);
        leaves.post("/api/auth/logout", json!({}), 200).await;
        server.kill_and_restart();
        stays.get("/api/auth/me", 200).await;
        leaves.get("/api/auth/me", 401).await;
    }
}

#[tokio::test]
async fn wrong_fields_are_named_and_taken_names_conflict() {
    for database in databases() {
        let server = Server::start(database);
        let user = server.account().await;
        let form = |username: &str, email: &str, password: &str| json!({"username": username, "email": email, "password": password});
        let register = "/api/auth/register";
        for (body, field) in [
            (form("ab", "a@example.com", "secret1"), "username"),
            (form("admin", "a@example.com", "secret1"), "username"),
            (form("alice", "nonsense", "secret1"), "email"),
            (form("alice", "a@example.com", "12345"), "password"),
            (json!({"username": "alice", "password": "secret1"}), "email"),
        ] {
            assert_eq!(user.post(register, body, 400).await["field"], field);
        }
        let taken = user.post(register, form(&user.username().to_uppercase(), "b@example.com", "secret1"), 409).await;
        assert_eq!(taken["code"], "USERNAME_TAKEN");
        let email = user.user["email"].as_str().unwrap().to_uppercase();
        assert_eq!(user.post(register, form("somebody", &email, "secret1"), 409).await["code"], "EMAIL_TAKEN");
    }
}

#[tokio::test]
async fn a_changed_role_ends_sessions_and_closes_sockets() {
    for database in databases() {
        let server = Server::start(database);
        let (boss, user) = (server.super_agent().await, server.account().await);
        let mut socket = Socket::open(&server, "/ws", Some(&user)).await;
        socket.wait("system").await;
        let changed = boss.put(&format!("/api/users/{}/role", user.id()), json!({"role": "agent"}), 200).await;
        assert_eq!(changed["role"], "agent");
        assert_eq!(socket.closed().await, Some((1008, "TOKEN_REVOKED".to_owned())));
        user.get("/api/auth/me", 401).await;
        user.put(&format!("/api/users/{}/role", user.id()), json!({"role": "agent"}), 401).await;
        let last = boss.put(&format!("/api/users/{}/role", boss.id()), json!({"role": "agent"}), 409).await;
        assert_eq!(last["code"], "LAST_SUPER_AGENT");
    }
}

#[tokio::test]
async fn a_disabled_account_cannot_sign_in() {
    for database in databases() {
        let server = Server::start(database);
        let (boss, user) = (server.super_agent().await, server.account().await);
        boss.put(&format!("/api/users/{}/disabled", user.username()), json!({"disabled": true}), 200).await;
        let names = async |query: &str| {
            let found = boss.get(&format!("/api/users?{query}"), 200).await;
            found.as_array().unwrap().iter().map(|user| user["username"].clone()).collect::<Vec<_>>()
        };
        assert_eq!(names("disabled=true").await, [user.username()]);
        assert_eq!(names("disabled=false").await, [boss.username()]);
        assert_eq!(names("").await, [user.username(), boss.username()]);
        let login = |password: &str| json!({"username": user.username(), "password": password});
        assert_eq!(boss.post("/api/auth/login", login(Account::PASSWORD), 403).await["code"], "ACCOUNT_DISABLED");
        assert_eq!(boss.post("/api/auth/login", login("wrong password"), 401).await["error"], "Invalid credentials");
    }
}

#[tokio::test]
async fn a_refreshed_token_replaces_the_old_one_and_keeps_the_session() {
    for database in databases() {
        let server = Server::with(database, &[("JWT_REFRESH_WINDOW_MINUTES", "2000")]);
        let user = server.account().await;
        let mut socket = Socket::open(&server, "/ws", Some(&user)).await;
        let first = user.post("/api/auth/refresh", json!({}), 200).await;
        assert_eq!(user.post("/api/auth/refresh", json!({}), 200).await["token"], first["token"]);
        let renewed = Account { token: first["token"].as_str().unwrap().to_owned(), ..user.clone() };
        socket.send(json!({"type": "ping"})).await;
        socket.wait("pong").await;
        renewed.post("/api/auth/logout", json!({}), 200).await;
        user.get("/api/auth/me", 401).await;
        assert_eq!(socket.closed().await, Some((1008, "TOKEN_REVOKED".to_owned())));
    }
}

#[tokio::test]
async fn a_ticket_opens_one_socket() {
    for database in databases() {
        let server = Server::start(database);
        let user = server.account().await;
        let ticket = user.post("/api/ws/ticket", json!({}), 201).await;
        let path = format!("/ws?ticket={}", ticket["ticket"].as_str().unwrap());
        let mut socket = Socket::open(&server, &path, None).await;
        socket.wait("system").await;
        assert_eq!(user.get("/api/auth/me", 200).await["is_online"], true);
        assert!(Socket::try_open(&server, &path, None).await.is_err());
    }
}

#[tokio::test]
async fn a_foreign_page_cannot_act_with_the_cookie() {
    for database in databases() {
        let server = Server::start(database);
        let user = server.account().await;
        let put = |origin: &str| {
            user.anonymous(Method::PUT, "/api/users/status")
                .header("Cookie", format!("jwt_token={}", user.token))
                .header("Origin", origin)
                .json(&json!({"isOnline": true}))
                .send()
        };
        assert_eq!(put("https://evil.example").await.unwrap().status(), 403);
        assert_eq!(put("null").await.unwrap().status(), 403);
        assert_eq!(put(&server.url("")).await.unwrap().status(), 200);
    }
}

#[tokio::test]
async fn the_directory_is_searched_for_at_most_a_hundred_characters() {
    for database in databases() {
        let server = Server::start(database);
        let user = server.account().await;
        assert_eq!(user.get(&format!("/api/users?q={}", "x".repeat(100)), 200).await, json!([]));
        assert_eq!(user.get(&format!("/api/users?q={}", "x".repeat(101)), 400).await["field"], "q");
    }
}

#[tokio::test]
async fn limits_are_told_and_kept() {
    for database in databases() {
        let settings = [("RATE_LIMIT_PER_MINUTE", "5"), ("RATE_LIMIT_LOGIN_PER_MINUTE", "2")];
        let server = Server::with(database, &settings);
        let (user, other) = (server.account().await, server.account().await);
        for _ in 0..5 {
            let answer = user.request(Method::GET, "/api/auth/me").send().await.unwrap();
            assert_eq!(answer.headers()["ratelimit-policy"], "\"default\";q=5;w=60");
        }
        let refused = user.request(Method::GET, "/api/auth/me").send().await.unwrap();
        assert_eq!(refused.status(), 429);
        assert!(refused.headers().contains_key("retry-after"));
        other.get("/api/auth/me", 200).await;
        let wrong = json!({"current_password": "wrong password", "new_password": "another horse"});
        for _ in 0..2 {
            assert_eq!(other.post("/api/auth/password", wrong.clone(), 403).await["code"], "WRONG_PASSWORD");
        }
        other.post("/api/auth/password", wrong, 429).await;
    }
}
