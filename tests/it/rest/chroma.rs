//! Search with a ChromaDB: what it has can always be made again from the database.

use reqwest::Method;
use serde_json::json;

use super::search::{ADMIN, COOK, analysed, jobs};
use super::support::agent;
use crate::harness::chroma::{Chroma, chroma};
use crate::harness::{Account, Database, Server, available, databases, expect};

/// A ChromaDB and a server that uses it, if this machine has one. A résumé has several chunks.
async fn served(database: Database) -> Option<(Chroma, Server)> {
    let chroma = Chroma::start(available("chroma", chroma())?).await;
    let port = chroma.port.to_string();
    let settings =
        [("CHROMA_HOST", "127.0.0.1"), ("CHROMA_PORT", &port), ("CHUNK_SIZE", "100"), ("CHUNK_OVERLAP", "20")];
    let server = Server::with(database, &settings);
    Some((chroma, server))
}

#[tokio::test]
async fn chroma_finds_what_the_asker_may_see_and_forgets_what_is_deleted() {
    for database in databases() {
        let Some((chroma, server)) = served(database).await else { return };
        let (boss, user, other) = (server.super_agent().await, server.account().await, server.account().await);
        let agent = agent(&server, &boss, "helper").await;
        assert!(jobs(&boss, "query=bread").await.is_empty());
        let (cook, admin) = (analysed(&user, &COOK).await, analysed(&other, &ADMIN).await);
        assert_eq!(jobs(&boss, "query=PostgreSQL").await, [admin.clone(), cook.clone()]);
        assert_eq!(jobs(&user, "query=PostgreSQL").await, [cook.as_str()]);
        assert!(jobs(&agent, "query=PostgreSQL").await.is_empty());
        boss.post("/api/chats", json!({"customerId": user.id(), "agentId": agent.id()}), 201).await;
        assert_eq!(jobs(&agent, "query=PostgreSQL").await, [cook.as_str()]);
        assert_eq!(jobs(&boss, &format!("similar_to={admin}")).await, [cook.as_str()]);
        assert_eq!(user.get("/health", 200).await["search"], "chroma");
        let before = chroma.vectors().await;
        let erase = other.request(Method::DELETE, "/api/users/me").json(&json!({"password": Account::PASSWORD}));
        assert_eq!(erase.send().await.unwrap().status(), 200);
        assert_eq!(jobs(&boss, "query=PostgreSQL").await, [cook.as_str()]);
        assert!(chroma.vectors().await < before);
        user.delete(&format!("/api/analysis/delete-job?job_id={cook}"), 200).await;
        assert!(jobs(&boss, "query=PostgreSQL").await.is_empty());
        assert_eq!(chroma.vectors().await, 0);
    }
}

#[tokio::test]
async fn without_chroma_analyses_complete_and_are_found_later() {
    for database in databases() {
        let Some((mut chroma, mut server)) = served(database).await else { return };
        let user = server.account().await;
        let cook = analysed(&user, &COOK).await;
        assert_eq!(jobs(&user, "query=bread").await, [cook.as_str()]);
        chroma.stop();
        let admin = analysed(&user, &ADMIN).await;
        let answer = user.request(Method::GET, "/api/analysis/search?query=bread").send().await.unwrap();
        assert!(answer.headers().contains_key("retry-after"));
        assert_eq!(expect(answer, 503).await["code"], "SEARCH_UNAVAILABLE");
        let health = user.get("/health", 200).await;
        assert_eq!((&health["status"], &health["search"]), (&json!("degraded"), &json!("unavailable")));
        chroma.restart().await;
        assert_eq!(jobs(&user, "query=PostgreSQL").await, [admin.clone(), cook.clone()]);
        assert_eq!(user.get("/health", 200).await["status"], "healthy");
        // it may also lose everything, while the server runs and while it does not
        chroma.stop();
        chroma.restart_empty().await;
        assert_eq!(jobs(&user, "query=PostgreSQL").await, [admin.clone(), cook.clone()]);
        let vectors = chroma.vectors().await;
        server.kill_and_restart();
        assert_eq!(jobs(&user, "query=PostgreSQL").await, [admin, cook]);
        assert_eq!(chroma.vectors().await, vectors);
    }
}

#[tokio::test]
async fn a_resume_of_which_a_killed_server_left_some_chunks_is_made_whole_or_goes() {
    for database in databases() {
        let Some((chroma, mut server)) = served(database).await else { return };
        let user = server.account().await;
        let (cook, admin) = (analysed(&user, &COOK).await, analysed(&user, &ADMIN).await);
        assert_eq!(jobs(&user, "query=bread").await, [cook.clone(), admin.clone()]);
        let whole = chroma.vectors().await;
        assert!(whole > 2, "{whole}");
        chroma.lose_one().await;
        server.kill_and_restart();
        assert_eq!(jobs(&user, "query=bread").await, [cook.clone(), admin.clone()]);
        assert_eq!(chroma.vectors().await, whole);
        chroma.lose_one().await;
        for job in [cook, admin] {
            user.delete(&format!("/api/analysis/delete-job?job_id={job}"), 200).await;
        }
        server.kill_and_restart();
        assert!(jobs(&user, "query=bread").await.is_empty());
        assert_eq!(chroma.vectors().await, 0);
    }
}

#[tokio::test]
async fn deployments_and_models_share_a_chroma_without_meeting() {
    for database in databases() {
        let Some((chroma, mut server)) = served(database).await else { return };
        let port = chroma.port.to_string();
        let neighbour = Server::with(Database::Sqlite, &[("CHROMA_HOST", "127.0.0.1"), ("CHROMA_PORT", &port)]);
        let (user, stranger) = (server.account().await, neighbour.account().await);
        // the first user, upload and job of both have the same numbers
        let (cook, admin) = (analysed(&user, &COOK).await, analysed(&stranger, &ADMIN).await);
        assert_eq!(jobs(&user, "query=PostgreSQL").await, [cook]);
        assert_eq!(jobs(&stranger, "query=bread").await, [admin.as_str()]);
        let both = chroma.vectors().await;
        let stub = crate::harness::ai_stub::AiStub::start(|_| crate::harness::ai_stub::says("{}")).await;
        server.set("EMBEDDING_API_URL", &stub.url("v1"));
        server.set("EMBEDDING_MODEL", "another");
        server.kill_and_restart();
        // of the old model nothing is left, of the other deployment everything
        assert!(jobs(&user, "query=bread").await.is_empty());
        assert!(chroma.vectors().await < both);
        assert_eq!(jobs(&stranger, "query=bread").await, [admin]);
    }
}
