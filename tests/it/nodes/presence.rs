//! Contract section 1: `is_online` is a live socket on any node.

use serde_json::{Value, json};

use crate::harness::{Account, Cluster, Socket, eventually};

async fn is_online(asking: &Account, user: &Account) -> bool {
    asking.get(&format!("/api/users/{}", user.username()), 200).await["is_online"] == true
}

/// Waits until a socket is told that a user came or left.
async fn told(socket: &mut Socket, user: &Account, is_online: bool) {
    loop {
        let frame = socket.wait("presence").await;
        if frame["user_id"] == user.id() && frame["is_online"] == is_online {
            return;
        }
    }
}

fn names(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|user| user["username"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn who_is_on_one_node_is_online_on_the_other_until_that_node_dies() {
    let Some(mut cluster) = Cluster::start().await else { return };
    let (alice, bob) = cluster.alice_and_bob().await;
    Cluster::room(&alice, &bob).await;
    let mut watcher = Socket::open(&cluster.other, "/ws", Some(&bob)).await;
    watcher.wait("system").await;
    let mut socket = Socket::open(&cluster.one, "/ws", Some(&alice)).await;
    socket.wait("system").await;
    told(&mut watcher, &alice, true).await;
    assert!(is_online(&bob, &alice).await);
    assert!(names(&bob.get("/api/users?online=true", 200).await).contains(&alice.username()));
    let connected = bob.get("/api/ws/users", 200).await["connected_users"].clone();
    assert!(connected.as_array().unwrap().contains(&json!(alice.username())), "{connected}");
    // being away is told everywhere, too
    alice.put("/api/users/status", json!({"isOnline": false}), 200).await;
    told(&mut watcher, &alice, false).await;
    alice.put("/api/users/status", json!({"isOnline": true}), 200).await;
    told(&mut watcher, &alice, true).await;
    cluster.one.kill();
    told(&mut watcher, &alice, false).await;
    assert!(!is_online(&bob, &alice).await);
    assert_eq!(bob.get("/api/ws/users", 200).await["connected_users"], json!([bob.username()]));
}

#[tokio::test]
async fn whoever_is_on_two_nodes_stays_online_with_either() {
    let Some(mut cluster) = Cluster::start().await else { return };
    let (alice, bob) = cluster.alice_and_bob().await;
    let mut here = Socket::open(&cluster.one, "/ws", Some(&alice)).await;
    here.wait("system").await;
    eventually("alice is seen", async || is_online(&bob, &alice).await).await;
    let mut there = Socket::open(&cluster.other, "/ws", Some(&alice)).await;
    there.wait("system").await;
    drop(here);
    // the other node is asked about somebody who was on the one node only: by then the departure was heard of as well
    let mut later = Socket::open(&cluster.one, "/ws", Some(&bob)).await;
    later.wait("system").await;
    eventually("bob is seen", async || is_online(&bob, &bob).await).await;
    assert!(is_online(&bob, &alice).await);
    drop(later);
    eventually("bob is gone", async || !is_online(&bob, &bob).await).await;
    assert!(is_online(&bob, &alice).await);
    // a node that ends in order takes nobody along who is elsewhere
    assert_eq!(cluster.one.terminate(), Some(0));
    assert!(is_online(&bob, &alice).await);
}
