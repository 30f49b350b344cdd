//! One running job: carries it through its stages, keeps its lease, and stops when told.

use std::sync::Arc;
use std::time::Duration;

use actix::{
    Actor, ActorContext, Addr, AsyncContext, Context, Handler, Message, SpawnHandle, WrapFuture, fut::ActorFutureExt,
};
use tokio::sync::OwnedSemaphorePermit;

use super::guard::Peer;
use super::hub::Publish;
use super::slots::{Seat, Slots};
use crate::domain::error::Result;
use crate::domain::event::Event;
use crate::domain::job::{Failure, Job};
use crate::services::pipeline::Pipeline;
use crate::store::Lease;

/// From the supervisor: end now.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct Stop(pub StopReason);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// The job is over in the database.
    Cancelled,
    /// The lease is given back, without a try being counted.
    Shutdown,
}

/// Runs a claimed job to the end of its lease's use: completed, failed, put off, stopped or fenced off.
pub struct AnalysisJob {
    pipeline: Arc<Pipeline>,
    hub: Peer<Publish>,
    extend_every: Duration,
    work: Option<SpawnHandle>,
    /// The place and the lease. Learns of a panic by being dropped before it is told of an end.
    seat: Seat,
}

impl AnalysisJob {
    /// Starts the actor on the present arbiter.
    pub fn begin(
        pipeline: Arc<Pipeline>,
        hub: Peer<Publish>,
        extend_every: Duration,
        slots: &Arc<Slots>,
        claimed: (Lease, OwnedSemaphorePermit),
    ) -> Addr<Self> {
        let (lease, permit) = claimed;
        Self::create(|ctx| {
            let seat = slots.seat(lease, permit, ctx.address().recipient().into());
            Self { pipeline, hub, extend_every, work: None, seat }
        })
    }

    fn work(&mut self, ctx: &mut Context<Self>) {
        let (pipeline, lease, hub) = (self.pipeline.clone(), self.seat.lease().clone(), self.hub.clone());
        let work = async move { pipeline.run(lease, |job| report(&hub, &job)).await };
        self.work = Some(ctx.spawn(work.into_actor(self).map(|(), job, ctx| job.end(ctx))));
    }

    /// Extends the lease after a while, and so on. One extension at a time, however slow the database is.
    fn keep_lease(&self, ctx: &mut Context<Self>) {
        ctx.run_later(self.extend_every, |job, ctx| {
            let (pipeline, lease) = (job.pipeline.clone(), job.seat.lease().clone());
            let extended = async move { pipeline.store.extend_lease(&lease).await };
            ctx.spawn(extended.into_actor(job).map(|extended, job, ctx| job.extended(extended, ctx)));
        });
    }

    fn extended(&mut self, extended: Result<bool>, ctx: &mut Context<Self>) {
        match extended {
            Ok(true) => self.keep_lease(ctx),
            Ok(false) => self.fenced(ctx),
            Err(error) => {
                tracing::warn!(job_id = %self.seat.lease().job.job_id, %error, "lease not extended");
                self.keep_lease(ctx);
            }
        }
    }

    /// Somebody else holds the job, or it is over: nothing is ours to write.
    fn fenced(&mut self, ctx: &mut Context<Self>) {
        tracing::info!(job_id = %self.seat.lease().job.job_id, "lease lost, work aborted");
        self.abort(ctx);
        self.end(ctx);
    }

    /// Gives up the present stage. False if there is no work any more.
    fn abort(&mut self, ctx: &mut Context<Self>) -> bool {
        self.work.take().is_some_and(|work| ctx.cancel_future(work))
    }

    fn give_back(&self, ctx: &mut Context<Self>) {
        let (pipeline, lease) = (self.pipeline.clone(), self.seat.lease().clone());
        let settled = async move { pipeline.settle(&lease, Failure::Interrupted).await };
        ctx.spawn(settled.into_actor(self).map(|_, job, ctx| job.end(ctx)));
    }

    fn end(&mut self, ctx: &mut Context<Self>) {
        self.seat.end();
        ctx.stop();
    }
}

/// Tells the owner's clients.
pub(super) fn report(hub: &Peer<Publish>, job: &Job) {
    let event = Event::JobProgressed { owner: job.user_id, job: job.view(None) };
    hub.tell(Publish(Arc::new(event)));
}

impl Actor for AnalysisJob {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.keep_lease(ctx);
        self.work(ctx);
    }
}

impl Handler<Stop> for AnalysisJob {
    type Result = ();

    fn handle(&mut self, Stop(reason): Stop, ctx: &mut Self::Context) {
        if !self.abort(ctx) {
            return;
        }
        match reason {
            StopReason::Cancelled => self.end(ctx),
            StopReason::Shutdown => self.give_back(ctx),
        }
    }
}
