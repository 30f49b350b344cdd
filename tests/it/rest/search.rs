//! Contract section 4, `GET /api/analysis/search`.

use reqwest::Method;
use serde_json::{Value, json};

use super::support::agent;
use crate::harness::{Account, Database, Server, databases, resume};

pub const COOK: [&str; 5] = [
    "Ann Cook",
    "ann@example.org",
    "EXPERIENCE",
    "Pastry Chef, Cafe Milano, January 2015 - December 2020",
    "Baked croissants, bread and wedding cakes for the restaurant kitchen.",
];
pub const ADMIN: [&str; 5] = [
    "Ben Wolf",
    "ben@example.org",
    "EXPERIENCE",
    "Database Administrator, Datacorp, January 2012 - December 2020",
    "Tuned PostgreSQL replication and backups for the payment database.",
];

/// Uploads and analyses a résumé of these lines; its job.
pub async fn analysed(user: &Account, lines: &[&str]) -> String {
    let upload = user.upload("cv.docx", resume::docx_of(lines)).await["id"].as_i64().unwrap();
    let job = user.start(upload).await;
    assert_eq!(user.ended(&job).await["status"], "completed");
    job
}

pub async fn hits(asker: &Account, query: &str) -> Vec<Value> {
    let found = asker.get(&format!("/api/analysis/search?{query}"), 200).await;
    found["results"].as_array().unwrap().clone()
}

/// The jobs of the hits, the nearest first.
pub async fn jobs(asker: &Account, query: &str) -> Vec<String> {
    hits(asker, query).await.iter().map(|hit| hit["job_id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_resume_that_fits_comes_first_with_the_passage_that_fits() {
    for database in databases() {
        let server = Server::start(database);
        let user = server.account().await;
        let (cook, admin) = (analysed(&user, &COOK).await, analysed(&user, &ADMIN).await);
        let found = hits(&user, "query=PostgreSQL+database+backups").await;
        assert_eq!((found.len(), &found[0]["job_id"], &found[0]["name"]), (2, &json!(admin), &json!("Ben Wolf")));
        assert!(found[0]["snippet"].as_str().unwrap().contains("PostgreSQL"), "{found:?}");
        assert!(found[0]["score"].as_f64() > found[1]["score"].as_f64());
        assert_eq!(jobs(&user, "query=wedding+cakes&limit=1").await, [cook.as_str()]);
        let upload = &found[0]["upload_id"];
        assert_eq!(jobs(&user, &format!("query=wedding+cakes&upload_id={upload}")).await, [admin.as_str()]);
        assert_eq!(jobs(&user, &format!("similar_to={cook}")).await, [admin]);
    }
}

#[tokio::test]
async fn what_cannot_be_searched_for_is_refused() {
    for database in databases() {
        let server = Server::start(database);
        let user = server.account().await;
        let job = "11111111-1111-4111-8111-111111111111";
        for (query, status) in [
            ("", 400),
            ("query=", 400),
            ("query=+", 400),
            ("query=x&limit=0", 400),
            ("query=x&limit=ten", 400),
            ("query=x&upload_id=abc", 400),
            ("query=x&upload_id=99", 404),
            ("query=x%00", 400),
            (&format!("query={}", "x".repeat(500)), 200),
            (&format!("query={}", "x".repeat(501)), 400),
            ("similar_to=", 404),
            ("similar_to=7", 404),
            (&format!("similar_to={job}"), 404),
            (&format!("query=x&similar_to={job}"), 400),
        ] {
            user.get(&format!("/api/analysis/search?{query}"), status).await;
        }
        assert!(hits(&user, "query=x&limit=100000").await.is_empty());
        let upload = user.upload("cv.docx", resume::docx_of(&["Too short"])).await["id"].as_i64().unwrap();
        let failed = user.start(upload).await;
        user.ended(&failed).await;
        let refused = user.get(&format!("/api/analysis/search?similar_to={failed}"), 400).await;
        assert_eq!(refused["current_status"], "failed");
        let anonymous = user.anonymous(Method::GET, "/api/analysis/search?query=x").send().await.unwrap();
        assert_eq!(anonymous.status(), 401);
    }
}

#[tokio::test]
async fn customers_find_their_own_agents_those_they_serve_super_agents_all() {
    for database in databases() {
        let server = Server::start(database);
        let (boss, user, other) = (server.super_agent().await, server.account().await, server.account().await);
        let agent = agent(&server, &boss, "helper").await;
        let (cook, admin) = (analysed(&user, &COOK).await, analysed(&other, &ADMIN).await);
        assert_eq!(jobs(&user, "query=PostgreSQL").await, [cook.as_str()]);
        assert_eq!(jobs(&boss, "query=PostgreSQL").await, [admin.clone(), cook.clone()]);
        assert!(jobs(&agent, "query=PostgreSQL").await.is_empty());
        let upload = hits(&user, "query=bread").await[0]["upload_id"].clone();
        for stranger in [&other, &agent] {
            stranger.get(&format!("/api/analysis/search?similar_to={cook}"), 404).await;
            stranger.get(&format!("/api/analysis/search?query=bread&upload_id={upload}"), 404).await;
        }
        let chat = boss.post("/api/chats", json!({"customerId": user.id(), "agentId": agent.id()}), 201).await;
        assert_eq!(jobs(&agent, "query=PostgreSQL&limit=1").await, [cook.as_str()]);
        assert!(jobs(&agent, &format!("similar_to={cook}")).await.is_empty());
        let chat = format!("/api/chats/{}/status", chat["id"].as_str().unwrap());
        agent.put(&chat, json!({"status": "closed"}), 200).await;
        assert!(jobs(&agent, "query=PostgreSQL").await.is_empty());
    }
}

#[tokio::test]
async fn what_is_deleted_or_erased_is_found_no_more_and_the_rest_survives_a_restart() {
    for database in databases() {
        let mut server = Server::start(database);
        let (boss, user, other) = (server.super_agent().await, server.account().await, server.account().await);
        let mut kept = vec![analysed(&user, &COOK).await, analysed(&user, &ADMIN).await];
        analysed(&other, &ADMIN).await;
        assert_eq!(jobs(&boss, "query=PostgreSQL").await.len(), 3);
        let erase = other.request(Method::DELETE, "/api/users/me").json(&json!({"password": Account::PASSWORD}));
        assert_eq!(erase.send().await.unwrap().status(), 200);
        kept.reverse();
        assert_eq!(jobs(&boss, "query=PostgreSQL").await, kept);
        server.kill_and_restart();
        assert_eq!(jobs(&boss, "query=PostgreSQL").await, kept);
        user.delete(&format!("/api/analysis/delete-job?job_id={}", kept[0]), 200).await;
        assert_eq!(jobs(&boss, "query=PostgreSQL").await, kept[1..]);
        let upload = hits(&user, "query=bread").await[0]["upload_id"].clone();
        user.delete(&format!("/api/upload/delete?id={upload}"), 200).await;
        assert!(jobs(&boss, "query=PostgreSQL").await.is_empty());
    }
}

#[tokio::test]
async fn two_nodes_find_the_same() {
    for database in databases() {
        if database == Database::Sqlite {
            continue;
        }
        let secret = [("JWT_SECRET", "0123456789abcdef0123456789abcdef")];
        let (first, second) = (Server::with(database.clone(), &secret), Server::with(database, &secret));
        let user = first.account().await;
        let there = Account { base: second.url(""), ..user.clone() };
        assert!(jobs(&there, "query=bread").await.is_empty());
        let cook = analysed(&user, &COOK).await;
        assert_eq!(jobs(&there, "query=bread").await, [cook.as_str()]);
        assert_eq!(jobs(&user, "query=bread").await, [cook.as_str()]);
        user.delete(&format!("/api/analysis/delete-job?job_id={cook}"), 200).await;
        assert!(jobs(&there, "query=bread").await.is_empty());
    }
}
