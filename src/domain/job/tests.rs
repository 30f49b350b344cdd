use time::macros::datetime;
use uuid::Uuid;

use super::*;

const NOW: OffsetDateTime = datetime!(2026-11-20 09:00 UTC);

fn job(status: Status, stage: Stage) -> Job {
    Job {
        id: 1,
        job_id: Uuid::nil(),
        upload_id: 2,
        user_id: 3,
        status,
        stage,
        attempt: 1,
        tries: 0,
        error_message: None,
        created_at: NOW,
        updated_at: NOW,
        completed_at: None,
    }
}

fn transient(retry_after: Option<u64>) -> Failure {
    Failure::Transient { message: "busy".into(), retry_after: retry_after.map(Duration::from_secs) }
}

fn again(millis: u64, message: &str) -> Decision {
    Decision::TryAgain { at: NOW + Duration::from_millis(millis), message: message.into() }
}

fn fail(message: &str) -> Decision {
    Decision::Fail { message: message.into() }
}

#[test]
fn what_follows_a_failure() {
    let permanent = || Failure::Permanent { message: "locked".into() };
    let table = [
        (transient(None), 0, 1.0, again(1000, "busy")),
        (transient(None), 1, 1.0, again(2000, "busy")),
        (transient(None), 2, 1.0, again(4000, "busy")),
        (transient(None), 3, 1.0, again(8000, "busy")),
        (transient(None), 3, 0.25, again(2000, "busy")),
        (transient(None), 3, 0.0, again(0, "busy")),
        (transient(None), 4, 1.0, fail("busy")),
        (transient(None), 9, 1.0, fail("busy")),
        (transient(Some(30)), 0, 1.0, again(30_000, "busy")),
        (transient(Some(3)), 3, 1.0, again(8000, "busy")),
        (transient(Some(86_400)), 0, 1.0, again(600_000, "busy")),
        (transient(Some(30)), 4, 1.0, fail("busy")),
        (permanent(), 0, 1.0, fail("locked")),
        (permanent(), 4, 1.0, fail("locked")),
        (Failure::Crashed, 0, 0.5, again(500, CRASHED)),
        (Failure::Crashed, 4, 0.5, fail(CRASHED)),
        (Failure::Died, 4, 0.5, again(500, CRASHED)),
        (Failure::Died, 19, 0.5, fail(CRASHED)),
        (Failure::Interrupted, 0, 1.0, Decision::Release),
        (Failure::Interrupted, 4, 1.0, Decision::Release),
        (Failure::Fenced, 0, 1.0, Decision::Nothing),
        (Failure::Fenced, 4, 1.0, Decision::Nothing),
    ];
    for (failure, tries, jitter, wanted) in table {
        assert_eq!(next(failure.clone(), tries, NOW, jitter), wanted, "{failure:?} after {tries} tries");
    }
}

#[test]
fn the_backoff_is_capped_whatever_is_asked() {
    for tries in [6, 7, 31, 32, u32::MAX] {
        assert_eq!(backoff(tries, 7.0), MAX_BACKOFF, "{tries}");
    }
}

#[test]
fn stages_are_read_as_written_and_the_progress_grows() {
    for stage in Stage::ALL {
        assert_eq!(Status::parse(stage.as_str()), Some(Status::At(stage)));
    }
    assert_eq!(Status::parse("failed"), Some(Status::Failed));
    assert_eq!(Status::parse("Failed"), None);
    assert!(Stage::ALL.is_sorted_by(|a, b| a < b && a.progress() < b.progress()));
}

#[test]
fn the_view_has_the_members_of_the_contract() {
    let view = job(Status::At(Stage::Queued), Stage::Queued).view(Some(4));
    assert_eq!(
        serde_json::to_value(&view).unwrap(),
        serde_json::json!({
            "job_id": "00000000-0000-0000-0000-000000000000", "upload_id": 2, "status": "queued", "progress": 0,
            "current_step": "Waiting", "error_message": null, "attempt": 1, "queue_position": 4,
            "created_at": "2026-11-20T09:00:00.000Z", "updated_at": "2026-11-20T09:00:00.000Z", "completed_at": null,
        })
    );
}

#[test]
fn a_view_survives_the_way_to_another_node() {
    let mut done = job(Status::At(Stage::Completed), Stage::Completed);
    for completed_at in [None, Some(NOW)] {
        done.completed_at = completed_at;
        let view = done.view(None);
        let text = serde_json::to_string(&view).unwrap();
        assert_eq!(serde_json::from_str::<JobView>(&text).unwrap(), view);
    }
}

#[test]
fn a_failed_job_keeps_progress_and_step() {
    let view = job(Status::Failed, Stage::GeneratingEmbeddings).view(Some(1));
    assert_eq!((view.progress, view.current_step.as_ref()), (50, "Generating embeddings"));
    assert_eq!(view.queue_position, None);
}

#[test]
fn what_may_be_done_follows_from_the_status() {
    for stage in Stage::ALL {
        let job = job(Status::At(stage), stage);
        let completed = stage == Stage::Completed;
        assert!(job.check_retry().is_err(), "{stage:?}");
        assert_eq!(job.check_cancel().is_ok(), !completed, "{stage:?}");
        assert_eq!(job.check_delete().is_ok(), completed, "{stage:?}");
        assert_eq!(job.check_completed().is_ok(), completed, "{stage:?}");
    }
    let failed = job(Status::Failed, Stage::Chunking);
    assert!(failed.check_retry().is_ok() && failed.check_delete().is_ok());
    assert!(failed.check_cancel().is_err() && failed.check_completed().is_err());
}

#[test]
fn the_sixth_retry_is_refused() {
    let mut failed = job(Status::Failed, Stage::Chunking);
    failed.attempt = 5;
    assert!(failed.check_retry().is_ok());
    failed.attempt = 6;
    assert_eq!(failed.check_retry().unwrap_err().code, "RETRY_LIMIT");
}

#[test]
fn refusals_name_what_the_contract_names() {
    let done = job(Status::At(Stage::Completed), Stage::Completed);
    let retry = done.check_retry().unwrap_err().to_json();
    assert_eq!(retry["error"], "Cannot retry job");
    assert_eq!(retry["message"], "only failed jobs can be retried, current status: completed");
    let result = job(Status::Failed, Stage::Chunking).check_completed().unwrap_err().to_json();
    assert_eq!((&result["current_status"], &result["progress"]), (&"failed".into(), &30.into()));
}
