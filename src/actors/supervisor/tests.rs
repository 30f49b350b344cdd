use std::collections::HashMap;
use std::sync::atomic::Ordering;

use time::Duration as Span;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::*;
use crate::actors::guard::{Guarded, keep};
use crate::domain::job::{JobView, Stage, Status};
use crate::services::pipeline::testing::{Double, Trouble};
use crate::store::testing::{BOOT, World};

const NEVER: Duration = Duration::from_secs(100_000);
/// What does not happen within this time is taken not to happen at all.
const PATIENCE: Duration = Duration::from_secs(20);

/// The hub as jobs know it.
struct Ear(mpsc::UnboundedSender<JobView>);

impl Actor for Ear {
    type Context = Context<Self>;
}

impl Handler<Publish> for Ear {
    type Result = ();

    fn handle(&mut self, Publish(event): Publish, _: &mut Self::Context) {
        let job = match event.as_ref() {
            Event::JobProgressed { job, .. } => job.clone(),
            #[allow(unreachable_patterns, reason = "there may be other events")]
            _ => unreachable!("jobs publish nothing else"),
        };
        // the test may be over
        let _ = self.0.send(job);
    }
}

struct Panic;

impl Message for Panic {
    type Result = ();
}

impl Handler<Panic> for JobSupervisor {
    type Result = ();

    fn handle(&mut self, _: Panic, _: &mut Self::Context) {
        panic!("told to")
    }
}

/// A node: a database, a double of what jobs ask, and a supervisor without timers.
struct Node {
    world: World,
    double: Arc<Double>,
    shop: Shop,
    heard: mpsc::UnboundedReceiver<JobView>,
    supervisor: Guarded<JobSupervisor>,
}

impl Node {
    async fn start(double: Arc<Double>) -> Self {
        Self::start_in(World::sqlite().await, double, NEVER)
    }

    fn start_in(world: World, double: Arc<Double>, extend_lease: Duration) -> Self {
        let rhythm = Rhythm { wake: NEVER, rescue: NEVER, extend_lease };
        let (ear, heard) = mpsc::unbounded_channel();
        let ear = Ear::create(|ctx| {
            ctx.set_mailbox_capacity(10_000);
            Ear(ear)
        });
        let pipeline = double.pipeline(world.store.clone());
        let shop = Shop { pipeline, slots: Slots::new(5), hub: ear.recipient().into(), boot_id: BOOT, rhythm };
        let template = shop.clone();
        let supervisor = keep("supervisor", move |tombstone| JobSupervisor::new(template.clone(), tombstone));
        Self { world, double, shop, heard, supervisor }
    }

    async fn queue(&self, jobs: usize) -> Vec<JobId> {
        let mut ids = Vec::new();
        for _ in 0..jobs {
            ids.push(self.world.start().await.job_id);
        }
        self.wake().await;
        ids
    }

    async fn wake(&self) {
        self.supervisor.peer().ask(Wake).await.unwrap();
    }

    /// Waits for the next event that fits; what else was heard before it is forgotten.
    async fn hear(&mut self, wanted: impl Fn(&JobView) -> bool) -> JobView {
        let heard = async {
            loop {
                let view = self.heard.recv().await.unwrap();
                if wanted(&view) {
                    return view;
                }
            }
        };
        timeout(PATIENCE, heard).await.expect("the event to be published")
    }

    /// Waits until so many jobs have ended; in which order they began, and how each ended.
    async fn hear_ends(&mut self, jobs: usize) -> (Vec<JobId>, HashMap<JobId, Status>) {
        let (mut began, mut ended) = (Vec::new(), HashMap::new());
        while ended.len() < jobs {
            let view = self.hear(|_| true).await;
            match view.status {
                Status::At(Stage::ExtractingText) => began.push(view.job_id),
                Status::At(Stage::Completed) | Status::Failed => drop(ended.insert(view.job_id, view.status)),
                Status::At(_) => (),
            }
        }
        (began, ended)
    }

    async fn idle(&self) {
        timeout(PATIENCE, self.shop.slots.idle()).await.expect("all jobs to end");
    }

    async fn job(&self, id: JobId) -> crate::domain::job::Job {
        self.world.store.job(id).await.unwrap().unwrap()
    }
}

fn completed(view: &JobView) -> bool {
    view.status == Status::At(Stage::Completed)
}

#[actix::test]
async fn of_forty_jobs_never_more_than_five_run_and_the_first_come_first() {
    let mut node = Node::start(Double::with_gate(0)).await;
    let queued = node.queue(40).await;
    timeout(PATIENCE, node.double.reached_gate(5)).await.unwrap();
    node.double.gate.add_permits(40);
    let (began, ended) = node.hear_ends(40).await;
    assert_eq!(began, queued);
    assert!(ended.values().all(|status| *status == Status::At(Stage::Completed)));
    assert_eq!(node.double.most.load(Ordering::SeqCst), 5);
    assert_eq!(node.double.calls().2, 40);
}

#[actix::test]
async fn the_sixth_job_waits_until_a_place_is_free() {
    let mut node = Node::start(Double::with_gate(0)).await;
    let queued = node.queue(7).await;
    timeout(PATIENCE, node.double.reached_gate(5)).await.unwrap();
    node.wake().await;
    assert_eq!(node.world.store.count_jobs().await.unwrap(), (2, 5));
    node.double.gate.add_permits(1);
    node.hear(|view| view.job_id == queued[5]).await;
    timeout(PATIENCE, node.double.reached_gate(6)).await.unwrap();
    assert_eq!(node.world.store.count_jobs().await.unwrap(), (1, 5));
    node.double.gate.add_permits(6);
    node.hear_ends(6).await;
    node.idle().await;
}

#[actix::test]
async fn a_job_that_panics_is_tried_again_and_takes_nothing_down() {
    let double = Double::with_gate(0);
    double.will([Trouble::Panic]);
    let mut node = Node::start(double).await;
    node.queue(3).await;
    timeout(PATIENCE, node.double.reached_gate(3)).await.unwrap();
    node.double.gate.add_permits(4);
    node.hear_ends(2).await;
    node.idle().await;
    // the crash is noted by the round that its end began, or by this one
    let waiting = timeout(PATIENCE, async {
        loop {
            let jobs = node.world.store.jobs_of_user(1, crate::domain::page::Page { limit: 9, before: None });
            let tried = jobs.await.unwrap().items.into_iter().find(|job| job.tries == 1);
            if let Some(job) = tried {
                break job;
            }
            node.wake().await;
        }
    });
    let waiting = waiting.await.unwrap();
    assert_eq!(waiting.status, Status::At(Stage::Analyzing));
    node.world.clock.advance(Span::minutes(1));
    node.wake().await;
    let done = node.hear(completed).await;
    assert_eq!(done.job_id, waiting.job_id);
    assert_eq!((node.double.calls().0, node.double.calls().2), (3, 4));
}

#[actix::test]
async fn a_supervisor_that_panics_keeps_its_five_and_goes_on() {
    let mut node = Node::start(Double::with_gate(0)).await;
    let queued = node.queue(12).await;
    timeout(PATIENCE, node.double.reached_gate(5)).await.unwrap();
    let mut generation = node.supervisor.generations();
    assert!(node.supervisor.peer().ask(Panic).await.is_err());
    timeout(PATIENCE, generation.changed()).await.unwrap().unwrap();
    node.wake().await;
    assert_eq!(node.world.store.count_jobs().await.unwrap(), (7, 5));
    node.double.gate.add_permits(12);
    let (_, ended) = node.hear_ends(12).await;
    assert!(queued.iter().all(|id| ended[id] == Status::At(Stage::Completed)));
    assert_eq!(node.double.most.load(Ordering::SeqCst), 5);
    assert_eq!(node.double.calls().2, 12);
}

#[actix::test]
async fn a_cancelled_job_stops_at_once_and_its_place_is_free() {
    let mut node = Node::start(Double::with_gate(0)).await;
    let queued = node.queue(6).await;
    timeout(PATIENCE, node.double.reached_gate(5)).await.unwrap();
    node.world.store.cancel_job(queued[2]).await.unwrap().unwrap();
    node.supervisor.peer().ask(Cancel(queued[2])).await.unwrap();
    node.hear(|view| view.job_id == queued[5]).await;
    node.double.gate.add_permits(5);
    let (_, ended) = node.hear_ends(5).await;
    assert!(!ended.contains_key(&queued[2]));
    let cancelled = node.job(queued[2]).await;
    assert_eq!((cancelled.status, cancelled.tries), (Status::Failed, 0));
    assert_eq!(cancelled.error_message.as_deref(), Some("Cancelled by user"));
}

#[actix::test]
async fn a_job_cancelled_in_the_queue_never_runs() {
    let mut node = Node::start(Double::with_gate(0)).await;
    let queued = node.queue(6).await;
    timeout(PATIENCE, node.double.reached_gate(5)).await.unwrap();
    node.world.store.cancel_job(queued[5]).await.unwrap().unwrap();
    node.supervisor.peer().ask(Cancel(queued[5])).await.unwrap();
    node.double.gate.add_permits(6);
    let (began, _) = node.hear_ends(5).await;
    node.idle().await;
    assert_eq!(began, queued[..5]);
    assert_eq!(node.double.calls().2, 5);
}

#[actix::test]
async fn a_drain_gives_the_jobs_back_without_counting_a_try() {
    let node = Node::start(Double::with_gate(0)).await;
    let queued = node.queue(7).await;
    timeout(PATIENCE, node.double.reached_gate(5)).await.unwrap();
    timeout(PATIENCE, node.supervisor.peer().ask(Drain)).await.unwrap().unwrap();
    node.wake().await;
    assert_eq!(node.world.store.count_jobs().await.unwrap(), (7, 0));
    for id in &queued[..5] {
        let job = node.job(*id).await;
        assert_eq!((job.status, job.tries), (Status::At(Stage::Analyzing), 0));
    }
    node.double.gate.add_permits(7);
    let again = node.world.claim().await;
    assert_eq!(again.job.job_id, queued[0]);
}

#[actix::test]
async fn jobs_of_dead_nodes_are_taken_over_when_their_lease_is_over() {
    let world = World::sqlite().await;
    let job = world.start().await;
    world.store.claim_job(BOOT + 1).await.unwrap().unwrap();
    let mut node = Node::start_in(world, Double::open(), NEVER);
    node.supervisor.peer().ask(Rescue).await.unwrap();
    assert_eq!(node.job(job.job_id).await.tries, 0);
    node.world.clock.advance(Span::seconds(31));
    node.supervisor.peer().ask(Rescue).await.unwrap();
    assert_eq!(node.job(job.job_id).await.tries, 1);
    node.world.clock.advance(Span::seconds(2));
    node.wake().await;
    node.hear(completed).await;
}

#[actix::test]
async fn a_job_that_has_lost_its_lease_ends_without_a_word() {
    let node = Node::start_in(World::sqlite().await, Double::with_gate(0), Duration::from_millis(1));
    let queued = node.queue(1).await;
    timeout(PATIENCE, node.double.reached_gate(1)).await.unwrap();
    node.world.clock.advance(Span::minutes(1));
    let cancelled = node.world.store.cancel_job(queued[0]).await.unwrap().unwrap();
    node.idle().await;
    assert_eq!(node.job(queued[0]).await, cancelled);
    assert!(node.shop.slots.take_crashed().is_empty());
}

#[test]
fn a_wake_up_during_a_round_is_not_lost() {
    let mut round = Round::default();
    assert!(round.want());
    assert!(!round.want() && !round.want());
    assert!(round.over());
    assert!(!round.over());
    assert!(round.want());
}
