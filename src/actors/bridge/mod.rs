//! The bridge: one per node if `REDIS_URL` is set, on an arbiter of its own. It tells the other nodes what happens here, and
//! the hub what happens there, over Redis pub/sub. That brings each thing at most once: whatever a connection may have lost
//! is looked for in the database, so that Redis may come and go.

mod core;
mod link;
mod parcel;
#[cfg(test)]
mod tests;

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use actix::{Actor, ActorContext, ActorFutureExt, AsyncContext, Context, WrapFuture};
use futures_util::{Stream, StreamExt as _};
use redis::{Client, RedisError};
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, timeout};
use uuid::Uuid;

use self::core::{Core, Effect};
use self::link::Speaker;
pub use self::parcel::Channels;
use super::guard::Tombstone;
use super::hub::{Declared, HubPeers, Import, Neighbour, NodeId, Outgoing, Outgoings, Sweep};

/// How often the bridge looks whether something is due.
const TICK: Duration = Duration::from_millis(100);
/// What is taken out of the queue at once.
const BATCH: usize = 256;
/// How long making a connection may take.
const CONNECT: Duration = Duration::from_secs(5);
/// The hub may take so long for a parcel before the connection is given up.
const HANDOVER: Duration = Duration::from_secs(5);
/// Between two attempts to connect: from the first to the second, doubled each time.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(5));

/// Forgets tokens that were revoked on another node.
pub type OnRevoked = Arc<dyn Fn(&[Uuid]) + Send + Sync>;

/// Whether Redis is there: for `/health`.
#[derive(Clone, Debug, Default)]
pub struct RedisHealth(Arc<AtomicBool>);

impl RedisHealth {
    pub fn is_good(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    fn set(&self, good: bool) {
        self.0.store(good, Ordering::Release);
        metrics::gauge!("greenroom_redis_connected").set(if good { 1.0 } else { 0.0 });
    }
}

/// What every incarnation of the bridge works with.
#[derive(Clone)]
pub struct Banks {
    pub node: NodeId,
    pub client: Client,
    pub channels: Channels,
    pub hub: HubPeers,
    pub outgoings: Outgoings,
    pub on_revoked: OnRevoked,
    pub health: RedisHealth,
}

/// Kept alive by [`super::guard::keep`]. What it is told comes by the queue of [`Outgoings`].
pub struct Bridge {
    banks: Banks,
    _tombstone: Tombstone,
}

impl Bridge {
    pub fn new(banks: Banks, tombstone: Tombstone) -> Self {
        Self { banks, _tombstone: tombstone }
    }
}

impl Actor for Bridge {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        // an incarnation before may have ended with the connection
        self.banks.health.set(false);
        ctx.spawn(run(self.banks.clone()).into_actor(self).map(|(), _, ctx| ctx.stop()));
    }
}

/// Why a connection is of no use any more.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error(transparent)]
    Redis(#[from] RedisError),
    #[error("Redis closed the connection")]
    Closed,
    #[error("Redis does not answer")]
    Silent,
    #[error("the hub takes nothing")]
    Hub,
}

/// Connects, again and again. Ends when the node leaves.
async fn run(banks: Banks) {
    let mut core = Core::new(banks.node, banks.hub.online.clone(), Instant::now());
    // what an incarnation before had taken out of the queue may be lost with it
    core.on_lost();
    let outgoings = banks.outgoings.clone();
    let mut queue = outgoings.queue.lock().await;
    let mut attempt = 0;
    loop {
        let broken = match timeout(CONNECT, link::open(&banks.client, &banks.channels)).await {
            Ok(Ok((speaker, heard))) => {
                tracing::info!(node = banks.node, "other nodes are reached over redis");
                attempt = 0;
                banks.health.set(true);
                match pump(&banks, &mut core, &mut queue, speaker, heard).await {
                    Ok(()) => return,
                    Err(broken) => broken,
                }
            }
            Ok(Err(error)) => error.into(),
            Err(_) => Broken::Silent,
        };
        core.on_lost();
        banks.health.set(false);
        if attempt == 0 {
            tracing::warn!(error = %broken, "redis is away, this node runs on alone");
        }
        if stay_alone(&banks, &mut core, &mut queue, backoff(attempt)).await.is_break() {
            return;
        }
        attempt += 1;
    }
}

/// Doubled, with jitter: not all nodes come back in one moment.
fn backoff(attempt: u32) -> Duration {
    let (first, longest) = BACKOFF;
    (first * 2_u32.saturating_pow(attempt.min(16))).min(longest).mul_f64(rand::random_range(0.5..=1.0))
}

/// Carries what comes from either side, as long as the connection does. `Ok`: the node leaves.
async fn pump(
    banks: &Banks,
    core: &mut Core,
    queue: &mut mpsc::Receiver<Outgoing>,
    mut speaker: Speaker,
    mut heard: impl Stream<Item = Vec<u8>> + Unpin,
) -> Result<(), Broken> {
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut waiting = Vec::with_capacity(BATCH);
    let effects = core.on_connected(Instant::now());
    let _ = carry_out(banks, effects, Some(&mut speaker)).await?;
    loop {
        let effects = tokio::select! {
            parcel = heard.next() => core.on_parcel(&parcel.ok_or(Broken::Closed)?, Instant::now()),
            taken = queue.recv_many(&mut waiting, BATCH) => match taken {
                0 => return Ok(()),
                _ => core.on_outgoing(waiting.drain(..)),
            },
            _ = ticks.tick() => on_tick(banks, core),
        };
        if carry_out(banks, effects, Some(&mut speaker)).await?.is_break() {
            return Ok(());
        }
    }
}

fn on_tick(banks: &Banks, core: &mut Core) -> Vec<Effect> {
    let mut effects = core.on_tick(Instant::now());
    if banks.outgoings.lost() {
        metrics::counter!("greenroom_bridge_overflows_total").increment(1);
        effects.extend(core.on_overflow());
    }
    effects
}

/// Lets go of what nobody can be told, until it is time to try again.
async fn stay_alone(
    banks: &Banks,
    core: &mut Core,
    queue: &mut mpsc::Receiver<Outgoing>,
    wait: Duration,
) -> ControlFlow<()> {
    let until = tokio::time::sleep(wait);
    tokio::pin!(until);
    let mut ticks = interval(TICK);
    let mut waiting = Vec::new();
    loop {
        let effects = tokio::select! {
            () = &mut until => return ControlFlow::Continue(()),
            taken = queue.recv_many(&mut waiting, BATCH) => match taken {
                0 => return ControlFlow::Break(()),
                _ => core.on_outgoing(waiting.drain(..)),
            },
            _ = ticks.tick() => on_tick(banks, core),
        };
        // without a connection, only a hub that stands still can be in the way; then there is nobody to tell either
        if let Ok(ControlFlow::Break(())) = carry_out(banks, effects, None).await {
            return ControlFlow::Break(());
        }
    }
}

/// Does what the core decided. `Break`: the node leaves.
async fn carry_out(
    banks: &Banks,
    effects: Vec<Effect>,
    speaker: Option<&mut Speaker>,
) -> Result<ControlFlow<()>, Broken> {
    let hub = &banks.hub;
    let mut parcels = Vec::new();
    let mut leaving = None;
    for effect in effects {
        match effect {
            Effect::Publish(topic, parcel) => parcels.push((topic, parcel)),
            Effect::Import(events) => {
                metrics::counter!("greenroom_bridge_events_total", "direction" => "in").increment(events.len() as u64);
                hand_over(hub.import.ask(Import(events))).await?;
            }
            Effect::Neighbour(node, around) => hand_over(hub.neighbour(Neighbour { node, around })).await?,
            Effect::Declared(user) => hand_over(hub.declared.ask(Declared(user))).await?,
            Effect::Sweep => hand_over(hub.sweep.ask(Sweep)).await?,
            Effect::End(which, tokens) => {
                (banks.on_revoked)(&tokens);
                hub.end_sessions(which, "TOKEN_REVOKED");
            }
            Effect::Reconnect => return Err(Broken::Silent),
            Effect::Left(told) => leaving = Some(told),
        }
    }
    if let Some(speaker) = speaker.filter(|_| !parcels.is_empty()) {
        metrics::counter!("greenroom_bridge_parcels_total").increment(parcels.len() as u64);
        speaker.publish(parcels).await?;
    }
    let Some(told) = leaving else { return Ok(ControlFlow::Continue(())) };
    // whoever waited may have given up
    let _ = told.send(());
    Ok(ControlFlow::Break(()))
}

/// Waits until the hub has taken something. A hub that ends meanwhile begins anew, and its sockets catch up.
async fn hand_over<E>(taken: impl Future<Output = Result<(), E>>) -> Result<(), Broken> {
    timeout(HANDOVER, taken).await.map(drop).map_err(|_| Broken::Hub)
}
