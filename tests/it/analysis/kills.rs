//! What was paid for is not paid for again, although the server is killed.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;

use crate::harness::ai_stub::{AiStub, Ask, Call, embeddings, says};
use crate::harness::{databases, resume};

const JOBS: usize = 8;
const KILLS: usize = 5;
/// More chunks of 100 characters than one call takes.
const LINES: usize = 120;

/// A résumé whose every chunk names it and its place.
fn long_resume(marker: &str) -> Vec<u8> {
    let lines: Vec<String> = (0..LINES)
        .map(|n| format!("{marker} {n:03} carried parcels with great care to the houses of the town."))
        .collect();
    resume::docx_of(&lines.iter().map(String::as_str).collect::<Vec<_>>())
}

/// How far the job of this marker was when it made this call: the line that the first text begins with or breaks, and
/// for the chat what comes after all lines.
fn place(call: &Call, marker: &str) -> usize {
    if call.ask == Ask::Chat {
        return LINES;
    }
    let first = call.inputs()[0];
    let at = first.find(marker).unwrap() + marker.len() + 1;
    first[at..at + 3].parse().unwrap()
}

/// Within one life of the server a job goes forward only; the next life begins at the call that was under way, or later.
fn assert_nothing_is_paid_twice(calls: &[Call], marker: &str) {
    let mut lives: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for call in calls {
        lives.entry(&call.root).or_default().push(place(call, marker));
    }
    let mut reached = 0;
    for (life, places) in &lives {
        assert!(places.is_sorted_by(|a, b| a < b), "{marker} in {life}: {lives:?}");
        assert!(places[0] >= reached, "{marker} went back in {life}: {lives:?}");
        reached = places[places.len() - 1];
    }
}

#[tokio::test]
async fn no_finished_stage_asks_the_endpoint_twice_although_the_server_is_killed() {
    for database in databases() {
        let delay = Duration::from_millis(60);
        let stub = AiStub::with(move |call| match call.ask {
            Ask::Chat => says(json!({"skills": {"technical": ["parcels"], "soft": []}})).set_delay(delay),
            Ask::Embeddings => embeddings(call).set_delay(delay),
        });
        let stub = stub.await;
        let mut server = stub.serve(database, &[("CHUNK_SIZE", "100"), ("CHUNK_OVERLAP", "0")]);
        let user = server.account().await;
        let mut jobs = Vec::new();
        for n in 0..JOBS {
            let marker = format!("Marker{n}");
            let upload = user.upload("cv.docx", long_resume(&marker)).await;
            jobs.push((user.start(upload["id"].as_i64().unwrap()).await, marker));
        }
        for kill in 1..=KILLS {
            stub.reached("Marker", stub.calls("Marker").len() + 5).await;
            // "v1" is the first life
            let url = stub.url(&format!("v{}", kill + 1));
            server.set("LLM_API_URL", &url);
            server.set("EMBEDDING_API_URL", &url);
            server.kill_and_restart();
        }
        for (job, marker) in &jobs {
            let ended = user.ended(job).await;
            assert_eq!((&ended["status"], &ended["attempt"]), (&json!("completed"), &json!(1)), "{ended}");
            let calls = stub.calls(marker);
            assert!(calls.len() > 3, "{marker} asked only {} times", calls.len());
            assert_nothing_is_paid_twice(&calls, marker);
        }
    }
}
