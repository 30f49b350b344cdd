use std::sync::Mutex;
use std::sync::atomic::Ordering;

use time::Duration;

use super::testing::{Double, permanent, transient};
use super::*;
use crate::domain::job::{MAX_DEATHS, MAX_TRIES};
use crate::store::testing::{BOOT, World};

/// Runs the next job to the end of its lease; what was reported of it.
async fn run(pipeline: &Pipeline) -> Vec<Job> {
    let lease = pipeline.store.claim_job(BOOT).await.unwrap().unwrap();
    let steps = Mutex::new(Vec::new());
    pipeline.run(lease, |job| steps.lock().unwrap().push(job)).await;
    steps.into_inner().unwrap()
}

fn stages(steps: &[Job]) -> Vec<&'static str> {
    steps.iter().map(|job| job.status.as_str()).collect()
}

const ALL: [&str; 5] = ["extracting_text", "chunking", "generating_embeddings", "analyzing", "completed"];

#[tokio::test]
async fn a_job_goes_through_all_stages_and_each_is_reported() {
    for world in World::all().await {
        let double = Double::open();
        let pipeline = double.pipeline(world.store.clone());
        let job = world.start().await;
        let steps = run(&pipeline).await;
        assert_eq!(stages(&steps), ALL);
        assert_eq!(steps.last(), Some(&world.fetch(&job).await));
        let found = world.store.profile(&job).await.unwrap().unwrap();
        assert_eq!((found.profile.name.as_deref(), found.analyzer.as_str()), (Some("Jane Doe"), "double"));
        let (extracted, embedded, profiled) = double.calls();
        assert_eq!((extracted, profiled), (1, 1));
        assert!(embedded > BATCH as usize, "{embedded} chunks are more than one batch");
    }
}

#[tokio::test]
async fn a_transient_failure_is_tried_again_without_paying_finished_stages() {
    let (world, double) = (World::sqlite().await, Double::open());
    let pipeline = double.pipeline(world.store.clone());
    let job = world.start().await;
    double.will([transient()]);
    assert_eq!(stages(&run(&pipeline).await), ALL[..4]);
    let waiting = world.fetch(&job).await;
    assert_eq!((waiting.status, waiting.tries), (Status::At(Stage::Analyzing), 1));
    let (_, embedded, _) = double.calls();

    world.clock.advance(Duration::minutes(1));
    assert_eq!(stages(&run(&pipeline).await), ["completed"]);
    assert_eq!(double.calls(), (1, embedded, 2));
}

#[tokio::test]
async fn after_the_last_try_the_job_has_failed_with_the_reason() {
    let (world, double) = (World::sqlite().await, Double::open());
    let pipeline = double.pipeline(world.store.clone());
    let job = world.start().await;
    double.will((0..MAX_TRIES).map(|_| transient()));
    for _ in 0..MAX_TRIES {
        run(&pipeline).await;
        world.clock.advance(Duration::minutes(1));
    }
    let failed = world.fetch(&job).await;
    assert_eq!((failed.status, failed.stage), (Status::Failed, Stage::Analyzing));
    assert_eq!(failed.error_message.as_deref(), Some("The model is busy."));
}

#[tokio::test]
async fn a_permanent_failure_ends_the_job_and_a_retry_goes_on_where_it_was() {
    for world in World::all().await {
        let double = Double::open();
        let pipeline = double.pipeline(world.store.clone());
        let job = world.start().await;
        double.will([permanent()]);
        let steps = run(&pipeline).await;
        assert_eq!(stages(&steps)[3..], ["analyzing", "failed"]);
        assert_eq!(steps.last(), Some(&world.fetch(&job).await));
        assert_eq!(steps.last().unwrap().error_message.as_deref(), Some("The key is not valid."));
        let (_, embedded, _) = double.calls();

        world.store.retry_job(job.job_id).await.unwrap().unwrap();
        assert_eq!(stages(&run(&pipeline).await), ALL);
        assert_eq!(double.calls(), (1, embedded, 2));
    }
}

#[tokio::test]
async fn a_document_without_text_fails_and_no_model_is_asked() {
    let (world, double) = (World::sqlite().await, Double::open());
    let pipeline = double.pipeline(world.store.clone());
    let too_short = format!("\n  {}  \n", "é".repeat(LEAST_TEXT - 1));
    for (status, text, wanted) in [
        (ExtractStatus::Ok, too_short.as_str(), NO_TEXT),
        (ExtractStatus::Encrypted, "", explain(ExtractStatus::Encrypted)),
        (ExtractStatus::NoTextLayer, "", explain(ExtractStatus::NoTextLayer)),
    ] {
        let job = world.start().await;
        *double.extraction.lock().unwrap() =
            Extraction { status, text: text.into(), parse_quality: Default::default() };
        assert_eq!(stages(&run(&pipeline).await), ["extracting_text", "failed"]);
        assert_eq!(world.fetch(&job).await.error_message.as_deref(), Some(wanted));
    }
    assert!(NO_TEXT.contains("scan"));
    assert_eq!((double.calls().1, double.calls().2), (0, 0));
}

#[tokio::test]
async fn no_batch_of_embeddings_is_paid_twice() {
    let (world, double) = (World::sqlite().await, Double::open());
    let pipeline = double.pipeline(world.store.clone());
    let job = world.start().await;
    double.good_batches.store(1, Ordering::SeqCst);
    run(&pipeline).await;
    assert_eq!(double.calls().1, BATCH as usize);
    assert_eq!(world.fetch(&job).await.stage, Stage::GeneratingEmbeddings);

    let missing = world.store.chunks_to_embed(&job, "double", 1000).await.unwrap().len();
    double.good_batches.store(usize::MAX, Ordering::SeqCst);
    world.clock.advance(Duration::minutes(1));
    assert_eq!(stages(&run(&pipeline).await), ["analyzing", "completed"]);
    assert_eq!(double.calls().1, BATCH as usize + missing);
}

#[tokio::test]
async fn a_killed_process_resumes_at_the_stored_stage() {
    for world in World::all().await {
        let double = Double::with_gate(0);
        let job = world.start().await;
        {
            let pipeline = double.pipeline(world.store.clone());
            let lease = world.claim().await;
            tokio::select! {
                () = pipeline.run(lease, |_| ()) => unreachable!("the gate is closed"),
                () = double.reached_gate(1) => (),
            }
        }
        let (_, embedded, _) = double.calls();
        double.gate.add_permits(1);

        let pipeline = double.pipeline(world.reopened().await);
        assert_eq!(pipeline.store.claim_job(BOOT).await.unwrap(), None);
        pipeline.rescue_at_start().await.unwrap();
        world.clock.advance(Duration::seconds(2));
        assert_eq!(stages(&run(&pipeline).await), ["completed"]);
        assert_eq!(double.calls(), (1, embedded, 2));
        assert_eq!(world.fetch(&job).await.attempt, 1);
    }
}

#[tokio::test]
async fn a_document_that_kills_its_process_cannot_do_so_for_ever() {
    let (world, double) = (World::sqlite().await, Double::open());
    let pipeline = double.pipeline(world.store.clone());
    let job = world.start().await;
    for _ in 0..MAX_DEATHS {
        world.claim().await;
        pipeline.rescue_at_start().await.unwrap();
        world.clock.advance(Duration::minutes(1));
    }
    assert_eq!(world.store.claim_job(BOOT).await.unwrap(), None);
    let failed = world.fetch(&job).await;
    assert_eq!(failed.status, Status::Failed);
    assert!(failed.error_message.unwrap().contains("stopped unexpectedly"));
}

#[tokio::test]
async fn jobs_that_run_here_are_not_rescued() {
    let (world, double) = (World::sqlite().await, Double::open());
    let pipeline = double.pipeline(world.store.clone());
    world.start().await;
    let lease = world.claim().await;
    world.clock.advance(Duration::minutes(1));
    pipeline.rescue(Leased::Expired, &HashSet::from([lease.token])).await.unwrap();
    assert!(world.store.extend_lease(&lease).await.unwrap());
}

#[tokio::test]
async fn a_job_cancelled_meanwhile_is_left_alone() {
    let (world, double) = (World::sqlite().await, Double::with_gate(0));
    let pipeline = double.pipeline(world.store.clone());
    let job = world.start().await;
    let cancel = async {
        double.reached_gate(1).await;
        let cancelled = world.store.cancel_job(job.job_id).await.unwrap().unwrap();
        double.gate.add_permits(1);
        cancelled
    };
    let (steps, cancelled) = tokio::join!(run(&pipeline), cancel);
    assert_eq!(stages(&steps), ALL[..4]);
    assert_eq!(world.fetch(&job).await, cancelled);
    assert!(world.store.profile(&job).await.unwrap().is_none());
}

#[test]
fn the_linkedin_url_given_at_upload_counts() {
    let quote = || crate::domain::profile::Evidence { quote: "in".into(), start: 0, end: 2 };
    let mut profile = Profile { linkedin_url: Some("https://linkedin.com/in/a".into()), ..Profile::default() };
    profile.evidence.insert("linkedin_url".into(), quote());
    prefer_linkedin_url(&mut profile, None);
    assert_eq!(profile.linkedin_url.as_deref(), Some("https://linkedin.com/in/a"));
    prefer_linkedin_url(&mut profile, Some("https://linkedin.com/in/a".into()));
    assert!(profile.evidence.contains_key("linkedin_url"));
    prefer_linkedin_url(&mut profile, Some("https://linkedin.com/in/b".into()));
    assert_eq!(profile.linkedin_url.as_deref(), Some("https://linkedin.com/in/b"));
    assert!(profile.evidence.is_empty());
}
