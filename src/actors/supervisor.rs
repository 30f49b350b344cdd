//! The node's foreman of analysis jobs: claims them while places are free, notes how they end, takes over dead ones.
//! It remembers nothing that matters: jobs stand in the database, places in [`Slots`].

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, ActorFutureExt, AsyncContext, Context, Handler, Message, ResponseFuture, WrapFuture};

use super::analysis_job::{AnalysisJob, StopReason, report};
use super::guard::{Peer, Tombstone};
use super::hub::Publish;
use super::slots::Slots;
use crate::domain::JobId;
use crate::domain::event::Event;
use crate::domain::job::Failure;
use crate::services::analyses::Dispatch;
use crate::services::pipeline::Pipeline;
use crate::store::{Backend, Leased};

/// From the service that queued a job, and from the timer: jobs queued on other nodes, and jobs whose back-off is over,
/// announce themselves in no other way.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct Wake;

/// From the timer: look for jobs whose process died.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct Rescue;

/// From the service that cancelled a job.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct Cancel(pub JobId);

/// From the shutdown: claim nothing more, interrupt what runs. The answer comes when all places are free.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct Drain;

/// How often the actors of jobs do what no message causes.
#[derive(Clone, Copy, Debug)]
pub struct Rhythm {
    pub wake: Duration,
    pub rescue: Duration,
    /// A third of the life of a lease: one that fails leaves room for another.
    pub extend_lease: Duration,
}

impl Default for Rhythm {
    fn default() -> Self {
        Self { wake: Duration::from_secs(1), rescue: Duration::from_secs(10), extend_lease: Duration::from_secs(10) }
    }
}

/// What every incarnation of the supervisor works with.
#[derive(Clone)]
pub struct Shop {
    pub pipeline: Arc<Pipeline>,
    pub slots: Arc<Slots>,
    pub hub: Peer<Publish>,
    /// Owner of the leases, see [`crate::store::OwnerLock`].
    pub boot_id: i64,
    pub rhythm: Rhythm,
}

impl Shop {
    /// Notes the crashed jobs, then claims and begins jobs until no place is free or none waits.
    async fn fill(self) {
        for lease in self.slots.take_crashed() {
            tracing::error!(job_id = %lease.job.job_id, "job crashed");
            let ended = self.pipeline.settle(&lease, Failure::Crashed).await;
            ended.iter().for_each(|job| report(&self.hub, job));
        }
        while !self.slots.is_draining() {
            let Some(permit) = self.slots.try_take() else { return };
            let lease = match self.pipeline.store.claim_job(self.boot_id).await {
                Ok(Some(lease)) => lease,
                Ok(None) => return,
                Err(error) => {
                    tracing::warn!(%error, detail = error.detail, "no job claimed");
                    return;
                }
            };
            if self.slots.is_draining() {
                self.pipeline.settle(&lease, Failure::Interrupted).await;
                return;
            }
            let (pipeline, hub) = (self.pipeline.clone(), self.hub.clone());
            AnalysisJob::begin(pipeline, hub, self.rhythm.extend_lease, &self.slots, (lease, permit));
        }
    }

    async fn rescue(self) {
        match self.pipeline.rescue(self.which(), &self.slots.tokens()).await {
            Ok(ended) => ended.iter().for_each(|job| report(&self.hub, job)),
            Err(error) => tracing::warn!(%error, detail = error.detail, "dead jobs not looked for"),
        }
    }

    fn which(&self) -> Leased {
        match self.pipeline.store.backend() {
            Backend::Sqlite => Leased::Expired,
            Backend::Postgres => Leased::Orphaned,
        }
    }
}

/// Keeps one round of claiming going at a time, without losing a wake-up that comes meanwhile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Round {
    #[default]
    Idle,
    Running,
    RunningAndAgain,
}

impl Round {
    /// Somebody wants a round. True: begin one.
    fn want(&mut self) -> bool {
        let begin = *self == Self::Idle;
        *self = if begin { Self::Running } else { Self::RunningAndAgain };
        begin
    }

    /// The round is over. True: begin another.
    fn over(&mut self) -> bool {
        let again = *self == Self::RunningAndAgain;
        *self = if again { Self::Running } else { Self::Idle };
        again
    }
}

/// Started by [`super::guard::keep`]: a restart changes nothing for the jobs that run.
pub struct JobSupervisor {
    shop: Shop,
    round: Round,
    _tombstone: Tombstone,
}

impl JobSupervisor {
    pub fn new(shop: Shop, tombstone: Tombstone) -> Self {
        Self { shop, round: Round::default(), _tombstone: tombstone }
    }

    fn want_round(&mut self, ctx: &mut Context<Self>) {
        if self.round.want() {
            self.begin_round(ctx);
        }
    }

    fn begin_round(&mut self, ctx: &mut Context<Self>) {
        let round = self.shop.clone().fill();
        ctx.spawn(round.into_actor(self).map(|(), supervisor, ctx| {
            if supervisor.round.over() {
                supervisor.begin_round(ctx);
            }
        }));
    }

    /// Wants a round whenever a job has ended.
    fn watch_slots(&self, ctx: &mut Context<Self>) {
        let slots = self.shop.slots.clone();
        let ended = async move { slots.job_ended().await };
        ctx.spawn(ended.into_actor(self).map(|(), supervisor, ctx| {
            supervisor.want_round(ctx);
            supervisor.watch_slots(ctx);
        }));
    }
}

impl Actor for JobSupervisor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(1024);
        self.watch_slots(ctx);
        ctx.run_interval(self.shop.rhythm.wake, |_, ctx| ctx.notify(Wake));
        ctx.run_interval(self.shop.rhythm.rescue, |_, ctx| ctx.notify(Rescue));
        self.want_round(ctx);
    }
}

impl Handler<Wake> for JobSupervisor {
    type Result = ();

    fn handle(&mut self, _: Wake, ctx: &mut Self::Context) {
        self.want_round(ctx);
    }
}

impl Handler<Rescue> for JobSupervisor {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, _: Rescue, _: &mut Self::Context) -> Self::Result {
        Box::pin(self.shop.clone().rescue())
    }
}

impl Handler<Cancel> for JobSupervisor {
    type Result = ();

    fn handle(&mut self, Cancel(job): Cancel, _: &mut Self::Context) {
        self.shop.slots.stop(job, StopReason::Cancelled);
    }
}

impl Handler<Drain> for JobSupervisor {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, _: Drain, _: &mut Self::Context) -> Self::Result {
        let slots = self.shop.slots.clone();
        slots.drain();
        Box::pin(async move { slots.idle().await })
    }
}

/// What the service of analyses knows of the actors.
pub struct JobDispatch {
    pub hub: Peer<Publish>,
    pub wake: Peer<Wake>,
    pub cancel: Peer<Cancel>,
}

impl Dispatch for JobDispatch {
    fn publish(&self, event: Event) {
        self.hub.tell(Publish(Arc::new(event)));
    }

    fn wake(&self) {
        self.wake.tell(Wake);
    }

    fn stop(&self, job: JobId) {
        self.cancel.tell(Cancel(job));
    }
}
