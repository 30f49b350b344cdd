use std::collections::HashSet;
use std::time::Duration as StdDuration;

use time::Duration;

use super::testing::{BOOT, World, add_upload, add_user};
use super::*;
use crate::domain::document::{ExtractStatus, Extraction, ParseQuality};
use crate::domain::profile::Profile;
use crate::store::{OwnerLock, StoredProfile, testbed};

async fn errors(store: &Store, job: &Job) -> serde_json::Value {
    analysis_job::Entity::find_by_id(job.id).one(&store.read).await.unwrap().unwrap().errors
}

fn extraction() -> Extraction {
    let parse_quality = ParseQuality { pages: 2, ..ParseQuality::default() };
    Extraction { status: ExtractStatus::Ok, text: "Jane\0 Doe".into(), parse_quality }
}

fn result(store: &Store) -> StoredProfile {
    let profile = Profile { name: Some("Jane\0 Doe".into()), ..Profile::default() };
    let created_at = store.clock().now();
    StoredProfile { profile, analyzer: "offline".into(), parse_quality: ParseQuality::default(), created_at }
}

fn at(stage: Stage) -> Status {
    Status::At(stage)
}

#[tokio::test]
async fn jobs_are_claimed_first_in_first_out_and_once() {
    for world in World::all().await {
        let wanted = [world.start().await.id, world.start().await.id, world.start().await.id];
        let mut claimed = Vec::new();
        while let Some(lease) = world.store.claim_job(BOOT).await.unwrap() {
            claimed.push(lease.job.id);
        }
        assert_eq!(claimed, wanted);
    }
}

#[tokio::test]
async fn many_workers_claim_each_job_once() {
    for world in World::all().await {
        let mut wanted = HashSet::new();
        for _ in 0..24 {
            wanted.insert(world.start().await.id);
        }
        let workers = (0..8).map(|boot| {
            let store = world.store.clone();
            tokio::spawn(async move {
                let mut mine = Vec::new();
                while let Some(lease) = store.claim_job(boot).await.unwrap() {
                    mine.push(lease.job.id);
                }
                mine
            })
        });
        let mut claimed = Vec::new();
        for worker in workers.collect::<Vec<_>>() {
            claimed.extend(worker.await.unwrap());
        }
        assert_eq!(claimed.len(), 24);
        assert_eq!(claimed.into_iter().collect::<HashSet<_>>(), wanted);
    }
}

#[tokio::test]
async fn the_stages_store_their_output_with_the_step() {
    for world in World::all().await {
        let job = world.start().await;
        let lease = world.claim().await;
        let store = &world.store;

        let stepped = store.store_text(&lease, &extraction()).await.unwrap().unwrap();
        assert_eq!(stepped.stage, Stage::Chunking);
        let text = store.job_text(&job).await.unwrap().unwrap();
        assert_eq!((text.text.as_str(), text.parse_quality.pages), ("Jane Doe", 2));

        let stepped = store.store_chunks(&lease, vec!["one".into(), "two".into()]).await.unwrap().unwrap();
        assert_eq!(stepped.stage, Stage::GeneratingEmbeddings);
        let missing = store.chunks_to_embed(&job, "m", 10).await.unwrap();
        assert_eq!(missing.iter().map(|chunk| chunk.text.as_str()).collect::<Vec<_>>(), ["one", "two"]);
        assert!(store.store_embeddings(&lease, "m", &[(missing[0].id, vec![1.0, 0.5])]).await.unwrap());
        assert_eq!(store.chunks_to_embed(&job, "m", 10).await.unwrap(), missing[1..]);
        assert_eq!(store.chunks_to_embed(&job, "another", 10).await.unwrap(), missing);

        store.step_job(&lease, Stage::Analyzing).await.unwrap().unwrap();
        let done = store.store_profile(&lease, &result(store)).await.unwrap().unwrap();
        assert_eq!(done, world.fetch(&job).await);
        assert_eq!((done.status, done.completed_at), (at(Stage::Completed), Some(done.updated_at)));
        assert_eq!(store.profile(&job).await.unwrap().unwrap().profile.name.as_deref(), Some("Jane Doe"));
        assert_eq!(store.count_jobs().await.unwrap(), (0, 0));
    }
}

#[tokio::test]
async fn whoever_lost_the_lease_changes_nothing() {
    for world in World::all().await {
        let store = &world.store;
        let job = world.start().await;
        let zombie = world.claim().await;
        store.release_lease(&zombie).await.unwrap().unwrap();
        let lease = world.claim().await;
        let before = world.fetch(&job).await;

        assert_eq!(store.store_text(&zombie, &extraction()).await.unwrap(), None);
        assert_eq!(store.store_chunks(&zombie, vec!["x".into()]).await.unwrap(), None);
        assert!(!store.store_embeddings(&zombie, "m", &[]).await.unwrap());
        assert_eq!(store.step_job(&zombie, Stage::Analyzing).await.unwrap(), None);
        assert_eq!(store.store_profile(&zombie, &result(store)).await.unwrap(), None);
        assert_eq!(store.postpone_job(&zombie, world.clock.now(), "x").await.unwrap(), None);
        assert_eq!(store.fail_job(&zombie, "x").await.unwrap(), None);
        assert_eq!(store.release_lease(&zombie).await.unwrap(), None);
        assert!(!store.extend_lease(&zombie).await.unwrap());

        assert_eq!(world.fetch(&job).await, before);
        assert!(store.job_text(&job).await.unwrap().is_none() && !store.has_chunks(&job).await.unwrap());
        assert!(store.profile(&job).await.unwrap().is_none());
        assert!(store.extend_lease(&lease).await.unwrap());
    }
}

#[tokio::test]
async fn a_postponed_job_keeps_its_stage_and_waits() {
    for world in World::all().await {
        let job = world.start().await;
        let lease = world.claim().await;
        world.store.store_text(&lease, &extraction()).await.unwrap().unwrap();
        let later = world.clock.now() + Duration::seconds(4);
        let postponed = world.store.postpone_job(&lease, later, "busy").await.unwrap().unwrap();
        assert_eq!((postponed.status, postponed.tries), (at(Stage::Chunking), 1));
        assert_eq!(postponed.error_message, None);
        let errors = errors(&world.store, &job).await;
        assert_eq!((&errors[0]["stage"], &errors[0]["message"]), (&"chunking".into(), &"busy".into()));

        assert_eq!(world.store.claim_job(BOOT).await.unwrap(), None);
        world.clock.advance(Duration::seconds(4));
        let again = world.claim().await;
        assert_eq!((again.job.stage, again.job.tries), (Stage::Chunking, 1));
        let stepped = world.store.step_job(&again, Stage::GeneratingEmbeddings).await.unwrap().unwrap();
        assert_eq!(stepped.tries, 0);
    }
}

#[tokio::test]
async fn a_failed_job_is_queued_again_with_what_was_stored() {
    for world in World::all().await {
        let job = world.start().await;
        let lease = world.claim().await;
        world.store.store_text(&lease, &extraction()).await.unwrap().unwrap();
        let failed = world.store.fail_job(&lease, "no key").await.unwrap().unwrap();
        assert_eq!((failed.status, failed.stage), (Status::Failed, Stage::Chunking));
        assert_eq!(failed.error_message.as_deref(), Some("no key"));

        let Queued { job: again, position } = world.store.retry_job(job.job_id).await.unwrap().unwrap();
        assert_eq!(position, 1);
        assert_eq!((again.status, again.attempt, again.tries), (at(Stage::Queued), 2, 0));
        assert_eq!(again.error_message, None);
        assert!(world.store.job_text(&job).await.unwrap().is_some());
        assert_eq!(errors(&world.store, &job).await.as_array().unwrap().len(), 1);
        assert_eq!(world.store.retry_job(job.job_id).await.unwrap_err().code, "CANNOT_RETRY_JOB");
        assert_eq!(world.store.retry_job(Uuid::new_v4()).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_cancelled_job_is_over_at_once() {
    for world in World::all().await {
        let (running, queued) = (world.start().await, world.start().await);
        let lease = world.claim().await;
        for job in [&running, &queued] {
            let cancelled = world.store.cancel_job(job.job_id).await.unwrap().unwrap();
            assert_eq!(cancelled.status, Status::Failed);
            assert_eq!(cancelled.error_message.as_deref(), Some("Cancelled by user"));
        }
        assert!(!world.store.extend_lease(&lease).await.unwrap());
        assert_eq!(world.store.claim_job(BOOT).await.unwrap(), None);
        assert_eq!(world.store.count_jobs().await.unwrap(), (0, 0));
        assert_eq!(world.store.cancel_job(running.job_id).await.unwrap_err().code, "CANNOT_CANCEL_JOB");
    }
}

#[tokio::test]
async fn only_jobs_that_ended_are_deleted_with_all_they_stored() {
    for world in World::all().await {
        let job = world.start().await;
        let lease = world.claim().await;
        assert_eq!(world.store.delete_job(job.job_id).await.unwrap_err().code, "CANNOT_DELETE_JOB");
        world.store.store_text(&lease, &extraction()).await.unwrap();
        world.store.store_chunks(&lease, vec!["one".into()]).await.unwrap();
        world.store.store_profile(&lease, &result(&world.store)).await.unwrap().unwrap();
        assert!(world.store.delete_job(job.job_id).await.unwrap());
        assert!(!world.store.delete_job(job.job_id).await.unwrap());
        assert!(world.store.profile(&job).await.unwrap().is_none() && !world.store.has_chunks(&job).await.unwrap());
    }
}

#[tokio::test]
async fn queue_positions_count_who_waits_before() {
    for world in World::all().await {
        let mut jobs = vec![world.start().await, world.start().await, world.start().await];
        world.claim().await;
        jobs[0] = world.fetch(&jobs[0]).await;
        let places = world.store.queue_positions(&jobs).await.unwrap();
        assert_eq!(places, HashMap::from([(jobs[1].job_id, 1), (jobs[2].job_id, 2)]));
        assert_eq!(world.store.count_jobs().await.unwrap(), (2, 1));
    }
}

#[tokio::test]
async fn lists_are_newest_first_and_paged() {
    for world in World::all().await {
        let jobs = [world.start().await, world.start().await, world.start().await];
        let page = Page { limit: 2, before: None };
        let first = world.store.jobs_of_user(world.user, page).await.unwrap();
        assert_eq!(first.items, [jobs[2].clone(), jobs[1].clone()]);
        let page = Page { limit: 2, before: first.next };
        assert_eq!(world.store.jobs_of_user(world.user, page).await.unwrap().items, [jobs[0].clone()]);
        let other = add_upload(&world.store, world.user).await;
        assert!(world.store.jobs_of_upload(other, page).await.unwrap().items.is_empty());
    }
}

#[tokio::test]
async fn of_many_starts_at_once_a_hundred_are_taken() {
    for world in World::all().await {
        let starts = (0..MAX_ACTIVE + 20).map(|_| {
            let (store, user, upload) = (world.store.clone(), world.user, world.upload);
            tokio::spawn(async move { store.create_job(user, upload).await })
        });
        let mut taken = 0;
        for start in starts.collect::<Vec<_>>() {
            match start.await.unwrap() {
                Ok(_) => taken += 1,
                Err(error) => assert_eq!(error.code, "TOO_MANY_JOBS"),
            }
        }
        assert_eq!(taken, MAX_ACTIVE);
    }
}

#[tokio::test]
async fn an_upload_of_somebody_else_is_not_found() {
    for world in World::all().await {
        let mallory = add_user(&world.store, "mallory").await;
        let refused = world.store.create_job(mallory, world.upload).await.unwrap_err();
        assert_eq!((refused.title.as_ref(), &refused.context["upload_id"]), ("Upload not found", &world.upload.into()));
    }
}

#[tokio::test]
async fn leases_expire_unless_they_are_extended() {
    for world in World::all().await {
        world.start().await;
        world.start().await;
        let (kept, lost) = (world.claim().await, world.claim().await);
        world.clock.advance(Duration::seconds(20));
        assert!(world.store.extend_lease(&kept).await.unwrap());
        assert!(world.store.leases(Leased::Expired).await.unwrap().is_empty());
        world.clock.advance(Duration::seconds(11));
        let expired = world.store.leases(Leased::Expired).await.unwrap();
        assert_eq!(expired.iter().map(|lease| lease.token).collect::<Vec<_>>(), [lost.token]);
        assert_eq!(world.store.leases(Leased::Any).await.unwrap().len(), 2);
    }
}

#[tokio::test]
async fn on_postgresql_a_free_owner_lock_means_a_dead_owner() {
    let Some(world) = World::postgres().await else { return };
    let lock = OwnerLock::acquire(&world.store).await.unwrap();
    world.start().await;
    let lease = world.store.claim_job(lock.boot_id()).await.unwrap().unwrap();
    let other = world.reopened().await;
    assert!(other.leases(Leased::Orphaned).await.unwrap().is_empty());
    drop(lock);
    // the server notices a little after us that the session is gone
    let orphaned = async {
        loop {
            let orphaned = other.leases(Leased::Orphaned).await.unwrap();
            if !orphaned.is_empty() {
                break orphaned;
            }
            tokio::task::yield_now().await;
        }
    };
    let orphaned = tokio::time::timeout(StdDuration::from_secs(10), orphaned).await.unwrap();
    assert_eq!(orphaned[0].token, lease.token);
}

#[tokio::test]
async fn what_is_committed_is_there_after_a_restart() {
    for world in World::all().await {
        let job = world.start().await;
        let lease = world.claim().await;
        world.store.store_text(&lease, &extraction()).await.unwrap().unwrap();
        let store = world.reopened().await;
        let orphan = store.leases(Leased::Any).await.unwrap().remove(0);
        assert_eq!((orphan.token, orphan.job.stage), (lease.token, Stage::Chunking));
        assert!(store.job_text(&job).await.unwrap().is_some());
        assert!(world.folder.path().exists());
    }
}

async fn plan(store: &Store, sql: &str) -> String {
    testbed::plan(store, Statement::from_string(store.read.get_database_backend(), sql), &["sort"]).await
}

#[tokio::test]
async fn the_queries_of_the_queue_use_its_partial_indexes() {
    for world in World::all().await {
        let claim = format!(
            "SELECT id FROM analysis_jobs WHERE {WAITING} AND run_at <= '2026-01-01' ORDER BY run_at, id LIMIT 1"
        );
        let claim = plan(&world.store, &claim).await;
        assert!(claim.contains("idx_analysis_jobs_queue") && !claim.to_lowercase().contains("sort"), "{claim}");
        assert!(!claim.contains("TEMP B-TREE"), "{claim}");
        let active = format!("SELECT count(*) FROM analysis_jobs WHERE user_id = 1 AND {ACTIVE}");
        assert!(plan(&world.store, &active).await.contains("idx_analysis_jobs_active"));
        let leased = "SELECT * FROM analysis_jobs WHERE lease_until IS NOT NULL AND lease_until < '2026-01-01'";
        assert!(plan(&world.store, leased).await.contains("idx_analysis_jobs_lease_until"));
        let new = "SELECT id FROM analysis_jobs WHERE status = 'completed' AND completed_at >= '2026-01-01'";
        assert!(plan(&world.store, new).await.contains("idx_analysis_jobs_completed"));
    }
}
