//! Places for running jobs: what the jobs of a node and all incarnations of its supervisor share.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

use super::analysis_job::{Stop, StopReason};
use super::guard::Peer;
use crate::domain::JobId;
use crate::store::Lease;

/// At most so many jobs run at once, whatever becomes of the supervisor.
pub struct Slots {
    permits: Arc<Semaphore>,
    size: u32,
    running: Mutex<HashMap<JobId, Running>>,
    /// Leases of jobs that ended without saying how.
    crashed: Mutex<Vec<Lease>>,
    draining: AtomicBool,
    ended: Notify,
}

struct Running {
    token: Uuid,
    /// Gets two messages at most: one on a cancel, one on a drain.
    stop: Peer<Stop>,
}

impl Slots {
    /// `size` is `MAX_CONCURRENT_JOBS`.
    pub fn new(size: u32) -> Arc<Self> {
        Arc::new(Self {
            permits: Arc::new(Semaphore::new(size as usize)),
            size,
            running: Mutex::default(),
            crashed: Mutex::default(),
            draining: AtomicBool::default(),
            ended: Notify::new(),
        })
    }

    /// A place to run a job in, if one is free.
    pub fn try_take(&self) -> Option<OwnedSemaphorePermit> {
        self.permits.clone().try_acquire_owned().ok()
    }

    /// Takes a place for a claimed job, until the seat is dropped.
    pub fn seat(self: &Arc<Self>, lease: Lease, permit: OwnedSemaphorePermit, stop: Peer<Stop>) -> Seat {
        lock(&self.running).insert(lease.job.job_id, Running { token: lease.token, stop });
        Seat { slots: self.clone(), lease, permit: Some(permit), ended: false }
    }

    /// Waits until a job has ended since the last call. One waits at a time.
    pub async fn job_ended(&self) {
        self.ended.notified().await;
    }

    /// The leases of jobs that crashed since the last call.
    pub fn take_crashed(&self) -> Vec<Lease> {
        std::mem::take(&mut lock(&self.crashed))
    }

    /// The tokens of the jobs that run here.
    pub fn tokens(&self) -> HashSet<Uuid> {
        lock(&self.running).values().map(|running| running.token).collect()
    }

    /// Stops a job if it runs here.
    pub fn stop(&self, job: JobId, reason: StopReason) {
        if let Some(running) = lock(&self.running).get(&job) {
            running.stop.tell(Stop(reason));
        }
    }

    /// From now on nothing begins; what runs is told to stop.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Release);
        for running in lock(&self.running).values() {
            running.stop.tell(Stop(StopReason::Shutdown));
        }
    }

    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }

    /// Waits until nothing runs.
    pub async fn idle(&self) {
        // the semaphore is never closed
        drop(self.permits.acquire_many(self.size).await);
    }
}

/// A place that is taken. Dropped with the actor of the job, whether it ended or panicked.
pub struct Seat {
    slots: Arc<Slots>,
    lease: Lease,
    permit: Option<OwnedSemaphorePermit>,
    ended: bool,
}

impl Seat {
    pub fn lease(&self) -> &Lease {
        &self.lease
    }

    /// The job has ended in order: what there was to write is written.
    pub fn end(&mut self) {
        self.ended = true;
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut running = lock(&self.slots.running);
        if running.get(&self.lease.job.job_id).is_some_and(|running| running.token == self.lease.token) {
            running.remove(&self.lease.job.job_id);
        }
        drop(running);
        if !self.ended {
            lock(&self.slots.crashed).push(self.lease.clone());
        }
        // the place is free before anybody hears of it
        drop(self.permit.take());
        self.slots.ended.notify_one();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
