use std::sync::Mutex;

use uuid::Uuid;

use super::*;
use crate::store::testing::{World, add_user};

/// Notes what the service tells.
#[derive(Default)]
struct Ear(Mutex<Vec<String>>);

impl Dispatch for Ear {
    fn publish(&self, event: Event) {
        let told = match event {
            Event::JobProgressed { owner, job } => format!("{owner}: {} {}", job.status.as_str(), job.attempt),
            #[allow(unreachable_patterns, reason = "there may be other events")]
            _ => unreachable!("analyses publish nothing else"),
        };
        self.0.lock().unwrap().push(told);
    }

    fn wake(&self) {
        self.0.lock().unwrap().push("wake".into());
    }

    fn stop(&self, _: JobId) {
        self.0.lock().unwrap().push("stop".into());
    }
}

fn identity(user_id: UserId, role: Role) -> Identity {
    let username = format!("user{user_id}");
    let expires_at = OffsetDateTime::UNIX_EPOCH;
    Identity { user_id, username, role, sid: Uuid::nil(), jti: Uuid::nil(), expires_at }
}

async fn service() -> (World, Arc<Ear>, Analyses, Identity) {
    let world = World::sqlite().await;
    let ear = Arc::new(Ear::default());
    let analyses = Analyses::new(world.store.clone(), ear.clone());
    let owner = identity(world.user, Role::Customer);
    (world, ear, analyses, owner)
}

#[tokio::test]
async fn every_change_is_told_in_order() {
    let (world, ear, analyses, owner) = service().await;
    let job = analyses.start(owner.user_id, world.upload).await.unwrap();
    assert_eq!((job.status.as_str(), job.queue_position), ("queued", Some(1)));
    let cancelled = analyses.cancel(&owner, job.job_id).await.unwrap();
    assert_eq!(analyses.status(&owner, job.job_id).await.unwrap(), cancelled);
    let again = analyses.retry(&owner, job.job_id).await.unwrap();
    assert_eq!(analyses.status(&owner, job.job_id).await.unwrap(), again);
    assert_eq!(*ear.0.lock().unwrap(), ["1: queued 1", "wake", "stop", "1: failed 1", "1: queued 2", "wake"]);
    assert_eq!(analyses.counts().await.unwrap(), JobCounts { queued: 1, running: 0 });
}

#[tokio::test]
async fn to_others_a_job_does_not_exist() {
    let (world, _, analyses, owner) = service().await;
    let job = analyses.start(owner.user_id, world.upload).await.unwrap().job_id;
    let mallory = identity(add_user(&world.store, "mallory").await, Role::Customer);
    let agent = identity(add_user(&world.store, "bob").await, Role::Agent);
    for stranger in [mallory, agent] {
        for refused in [
            analyses.status(&stranger, job).await.unwrap_err(),
            analyses.result(&stranger, job, Reading::Export).await.unwrap_err(),
            analyses.own_result(&stranger, job).await.unwrap_err(),
            analyses.retry(&stranger, job).await.unwrap_err(),
            analyses.cancel(&stranger, job).await.unwrap_err(),
            analyses.delete(&stranger, job).await.unwrap_err(),
            analyses.jobs_of_upload(stranger.user_id, world.upload, Page::new(None, None).unwrap()).await.unwrap_err(),
        ] {
            assert_eq!(refused.kind, crate::domain::error::Kind::NotFound);
        }
    }
    assert!(analyses.status(&owner, job).await.unwrap().status.is_active());
}

#[tokio::test]
async fn a_super_agent_reads_but_changes_nothing() {
    let (world, _, analyses, owner) = service().await;
    let job = analyses.start(owner.user_id, world.upload).await.unwrap().job_id;
    let chief = identity(add_user(&world.store, "chief").await, Role::SuperAgent);
    assert_eq!(analyses.status(&chief, job).await.unwrap().job_id, job);
    assert_eq!(analyses.result(&chief, job, Reading::Result).await.unwrap_err().code, "NOT_COMPLETED");
    assert_eq!(analyses.own_result(&chief, job).await.unwrap_err().code, "JOB_NOT_FOUND");
    assert_eq!(analyses.cancel(&chief, job).await.unwrap_err().code, "JOB_NOT_FOUND");
}

#[tokio::test]
async fn what_staff_reads_stands_in_the_owners_log_and_what_owners_read_does_not() {
    let (world, _, analyses, owner) = service().await;
    let job = analyses.start(owner.user_id, world.upload).await.unwrap().job_id;
    let chief = identity(add_user(&world.store, "chief").await, Role::SuperAgent);
    for reader in [&owner, &chief] {
        analyses.status(reader, job).await.unwrap();
        analyses.result(reader, job, Reading::Export).await.unwrap_err();
    }
    assert_eq!(world.access_log().await, [(chief.user_id, "status".to_owned()), (chief.user_id, "export".to_owned())]);
}

#[tokio::test]
async fn lists_show_the_same_objects_as_status() {
    let (world, _, analyses, owner) = service().await;
    let page = Page::new(None, None).unwrap();
    let mut jobs = Vec::new();
    for _ in 0..3 {
        jobs.insert(0, analyses.start(owner.user_id, world.upload).await.unwrap());
    }
    assert_eq!(analyses.jobs_of_upload(owner.user_id, world.upload, page).await.unwrap().items, jobs);
    assert_eq!(analyses.jobs_of_user(owner.user_id, page).await.unwrap().items, jobs);
    assert_eq!(jobs[0].queue_position, Some(3));
}

#[test]
fn a_job_id_is_a_uuid_with_hyphens() {
    let id = Uuid::new_v4();
    assert_eq!(parse_job_id(&id.to_string()).unwrap(), id);
    for text in ["", "1", "job_abc123", &id.simple().to_string(), &id.urn().to_string(), &id.braced().to_string()] {
        let refused = parse_job_id(text).unwrap_err();
        assert_eq!((refused.title.as_ref(), &refused.context["job_id"]), ("Job not found", &text.into()));
    }
}

#[test]
fn the_result_is_one_flat_object() {
    let result = AnalysisResult {
        job_id: Uuid::nil(),
        upload_id: 3,
        profile: Profile { name: Some("Jane Doe".into()), ..Profile::default() },
        analyzer: "offline".into(),
        parse_quality: ParseQuality::default(),
        created_at: OffsetDateTime::UNIX_EPOCH,
    };
    let value = serde_json::to_value(&result).unwrap();
    let mut keys: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    let contract = [
        "age",
        "analyzer",
        "certifications",
        "created_at",
        "education",
        "email",
        "evidence",
        "experience",
        "job_id",
        "job_recommendations",
        "languages",
        "linkedin_url",
        "links",
        "location",
        "name",
        "parse_quality",
        "phone",
        "skills",
        "strengths",
        "summary",
        "total_work_years",
        "unsupported",
        "upload_id",
        "weaknesses",
    ];
    assert_eq!(keys, contract);
    assert_eq!(value["name"], "Jane Doe");
}
