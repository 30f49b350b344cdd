//! Contract section 4, stored messages.

use serde_json::json;

use crate::harness::{Server, databases};

#[tokio::test]
async fn audio_is_kept_for_the_two_and_found_by_its_id() {
    for database in databases() {
        let server = Server::start(database);
        let (alice, bob, eve) = (server.account().await, server.account().await, server.account().await);
        let audio = json!({"to_user_id": bob.id(), "content": "T2dnUw==", "metadata": {"mime_type": "audio/ogg"}});
        let sent = alice.post("/api/chat/message/audio", audio, 201).await;
        let path = |id: &str| format!("/api/chat/message/audio/content?id={id}");
        let id = sent["message_id"].as_str().unwrap();
        let heard = bob.request(reqwest::Method::GET, &path(id)).send().await.unwrap();
        assert_eq!(heard.headers()["content-type"], "audio/ogg");
        assert_eq!(heard.bytes().await.unwrap(), "OggS");
        eve.get(&path(id), 404).await;
        bob.get(&path("01890000-0000-7000-8000-000000000000"), 404).await;
        assert_eq!(bob.get(&path("nonsense"), 400).await["field"], "id");
    }
}
