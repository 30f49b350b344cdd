//! What the tests of the hub have in common: a socket as the hub sees it, and a hub without a runtime of its own.

mod channels;
mod conversations;
mod memory;
mod nodes;
mod presence;
mod sockets;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix::{Addr, WrapFuture};
use bytestring::ByteString;
use serde_json::json;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use uuid::Uuid;

use super::*;
use crate::domain::event::Event;
use crate::domain::user::Role;
use crate::wire::{Dialect, Encoded};

const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const LIMITS: Limits = Limits { per_user: 3, per_address: 2 };

/// Takes what the hub sends to a socket, unless it stands still.
struct Reader {
    queued: Arc<AtomicUsize>,
    received: mpsc::UnboundedSender<Outbound>,
    stalled: bool,
}

impl Actor for Reader {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        // as a socket has it
        ctx.set_mailbox_capacity(256);
        if self.stalled {
            ctx.wait(std::future::pending::<()>().into_actor(self));
        }
    }
}

impl Handler<Outbound> for Reader {
    type Result = ();

    fn handle(&mut self, message: Outbound, _: &mut Self::Context) {
        match &message {
            Outbound::Text(text) | Outbound::Passing(Passing { text, .. }) => {
                _ = self.queued.fetch_sub(text.len(), Ordering::Relaxed)
            }
            Outbound::Stored(run) => _ = self.queued.fetch_sub(run.size, Ordering::Relaxed),
            _ => {}
        }
        self.received.send(message).unwrap();
    }
}

/// One socket as the hub sees it.
struct Client {
    id: ClientId,
    addr: Addr<Reader>,
    queued: Arc<AtomicUsize>,
    inbox: UnboundedReceiver<Outbound>,
}

impl Client {
    fn new() -> Self {
        Self::reading(true)
    }

    fn reading(reads: bool) -> Self {
        let queued = Arc::<AtomicUsize>::default();
        let (received, inbox) = unbounded_channel();
        let addr = Reader { queued: queued.clone(), received, stalled: !reads }.start();
        Self { id: ClientId::random().unwrap(), addr, queued, inbox }
    }

    fn registration(&self, owner: Option<Owner>) -> Register {
        let outbox = Outbox::new(self.addr.clone().recipient(), self.queued.clone());
        Register { client_id: self.id, dialect: Dialect::Coach, owner, address: ADDRESS, outbox, returning: false }
    }

    async fn next(&mut self) -> Outbound {
        self.inbox.recv().await.unwrap()
    }

    /// What has come by now, after all that is under way.
    async fn received(&mut self) -> Vec<Outbound> {
        self.addr.send(Outbound::Drop).await.unwrap();
        let mut received = Vec::new();
        while let Ok(message) = self.inbox.try_recv() {
            received.push(message);
        }
        assert_eq!(received.pop(), Some(Outbound::Drop));
        received
    }
}

fn owner(user: UserId, session: u128) -> Owner {
    Owner { user, sid: Uuid::from_u128(session), role: Role::Customer }
}

/// The only node.
fn alone() -> Vicinity {
    Vicinity { shared: false, relay: Relay::none() }
}

fn hub_of(online: &Online) -> (Hub, UnboundedReceiver<Notice>) {
    let (departures, departed) = unbounded_channel();
    (Hub::new(LIMITS, alone(), online.clone(), departures, Tombstone::unguarded()), departed)
}

fn hub() -> (Hub, UnboundedReceiver<Notice>) {
    hub_of(&Online::default())
}

fn joined(hub: &mut Hub, owner: Option<Owner>) -> Client {
    let client = Client::new();
    hub.register(client.registration(owner)).unwrap();
    client
}

fn progress(owner: UserId, step: &str) -> Event {
    let job = json!({"job_id": Uuid::nil(), "upload_id": 3, "status": "chunking", "progress": 30, "current_step": step,
        "error_message": null, "attempt": 1, "created_at": "2026-11-20T09:30:00.000Z",
        "updated_at": "2026-11-20T09:30:01.000Z", "completed_at": null});
    Event::JobProgressed { owner, job: serde_json::from_value(job).unwrap() }
}

fn text_for(event: &Event, user: UserId) -> ByteString {
    let reader = crate::wire::Reader { user, is_staff: false };
    Encoded::new(event, &|_| false).text(Dialect::Coach, reader).unwrap()
}

fn text_of(event: &Event) -> Outbound {
    Outbound::Text(text_for(event, 1))
}
