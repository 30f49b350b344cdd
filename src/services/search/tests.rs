use std::sync::atomic::AtomicUsize;

use futures_util::future::BoxFuture;
use time::Duration as Span;
use uuid::Uuid;

use super::*;
use crate::ai::AiError;
use crate::ai::offline::OfflineEmbedder;
use crate::domain::UserId;
use crate::domain::document::{ExtractStatus, Extraction, ParseQuality};
use crate::domain::error::Kind;
use crate::domain::job::{Job, Stage};
use crate::domain::profile::Profile;
use crate::search::embedded::Embedded;
use crate::store::StoredProfile;
use crate::store::testing::{World, add_upload, add_user};

/// A text is its vector: `"1 0"`.
struct Numbers(&'static str);

fn numbers(text: &str) -> Vec<f32> {
    text.split_whitespace().map(|number| number.parse().unwrap()).collect()
}

impl Embedder for Numbers {
    fn model(&self) -> &str {
        self.0
    }

    fn embed<'a>(&'a self, texts: &'a [String]) -> BoxFuture<'a, Result<Vec<Vec<f32>>, AiError>> {
        Box::pin(async move { Ok(texts.iter().map(|text| numbers(text)).collect()) })
    }
}

/// An index that can be away, and can lose everything meanwhile.
#[derive(Default)]
struct Flaky {
    index: std::sync::Mutex<Embedded>,
    away: AtomicBool,
    inserts: AtomicUsize,
}

impl Flaky {
    fn present(&self) -> Result<Embedded> {
        if self.away.load(Ordering::SeqCst) {
            return Err(Error::unavailable("SEARCH_UNAVAILABLE", "away", Duration::from_secs(1)));
        }
        Ok(self.index.lock().unwrap().clone())
    }
}

impl VectorIndex for Flaky {
    fn name(&self) -> &'static str {
        "flaky"
    }

    fn jobs(&self) -> BoxFuture<'_, Result<HashSet<i64>>> {
        Box::pin(async move { self.present()?.jobs().await })
    }

    fn insert(&self, entries: Vec<Entry>) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            let index = self.present()?;
            self.inserts.fetch_add(entries.len(), Ordering::SeqCst);
            index.insert(entries).await
        })
    }

    fn remove(&self, jobs: Vec<i64>) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move { self.present()?.remove(jobs).await })
    }

    fn nearest(&self, query: Vec<f32>, scope: Scope, limit: usize) -> BoxFuture<'_, Result<Vec<i64>>> {
        Box::pin(async move { self.present()?.nearest(query, scope, limit).await })
    }
}

fn searches(store: &Store) -> Searches {
    Searches::new(store.clone(), Arc::new(Numbers("numbers")), Arc::new(Embedded::default()))
}

fn identity(user_id: UserId, role: Role) -> Identity {
    let (username, expires_at) = (format!("user{user_id}"), OffsetDateTime::UNIX_EPOCH);
    Identity { user_id, username, role, sid: Uuid::nil(), jti: Uuid::nil(), expires_at }
}

/// Analyses an upload into these chunks.
async fn analysed_by(embedder: &dyn Embedder, world: &World, owner: (UserId, UploadId), chunks: &[&str]) -> Job {
    let store = &world.store;
    world.clock.advance(Span::seconds(1));
    let job = store.create_job(owner.0, owner.1).await.unwrap().job;
    let lease = world.claim().await;
    let parse_quality = ParseQuality::default();
    let extraction = Extraction { status: ExtractStatus::Ok, text: chunks.join("\n"), parse_quality };
    store.store_text(&lease, &extraction).await.unwrap().unwrap();
    store.store_chunks(&lease, chunks.iter().map(|chunk| (*chunk).to_owned()).collect()).await.unwrap().unwrap();
    let missing = store.chunks_to_embed(&job, embedder.model(), 1000).await.unwrap();
    let texts: Vec<String> = missing.iter().map(|chunk| chunk.text.clone()).collect();
    let vectors = embedder.embed(&texts).await.unwrap();
    let batch: Vec<_> = missing.iter().map(|chunk| chunk.id).zip(vectors).collect();
    assert!(store.store_embeddings(&lease, embedder.model(), &batch).await.unwrap());
    store.step_job(&lease, Stage::Analyzing).await.unwrap().unwrap();
    let found = StoredProfile {
        profile: Profile { name: Some(format!("Person {}", job.id)), ..Profile::default() },
        analyzer: "double".into(),
        parse_quality: ParseQuality::default(),
        created_at: store.clock().now(),
    };
    store.store_profile(&lease, &found).await.unwrap().unwrap()
}

async fn analysed(world: &World, owner: (UserId, UploadId), chunks: &[&str]) -> Job {
    analysed_by(&Numbers("numbers"), world, owner, chunks).await
}

/// Analyses a new upload of alice.
async fn another(world: &World, chunks: &[&str]) -> Job {
    let upload = add_upload(&world.store, world.user).await;
    analysed(world, (world.user, upload), chunks).await
}

fn text(query: &str) -> Sought {
    Sought::Text(query.into())
}

async fn found(searches: &Searches, asker: &Identity, sought: Sought) -> Vec<JobId> {
    let hits = searches.find(asker, &sought, None, 10).await.unwrap();
    hits.into_iter().map(|hit| hit.job_id).collect()
}

#[tokio::test]
async fn the_nearest_resume_comes_first_with_its_best_passage() {
    for world in World::all().await {
        let (searches, alice) = (searches(&world.store), identity(world.user, Role::Customer));
        let near = analysed(&world, (world.user, world.upload), &["0.8 0.6 0", "0 0 1"]).await;
        let nearer = another(&world, &["0 1 0", "3 0.3 0"]).await;
        let hits = searches.find(&alice, &text("2 0 0"), None, 10).await.unwrap();
        let name = |job: &Job| Some(format!("Person {}", job.id));
        let hit = |job: &Job, score, snippet: &str| Hit {
            upload_id: job.upload_id,
            job_id: job.job_id,
            name: name(job),
            score,
            snippet: snippet.into(),
        };
        assert_eq!(hits, [hit(&nearer, 0.995, "3 0.3 0"), hit(&near, 0.8, "0.8 0.6 0")]);
        assert_eq!(searches.find(&alice, &text("2 0 0"), None, 1).await.unwrap(), hits[..1]);
        assert_eq!(searches.find(&alice, &text("2 0 0"), Some(near.upload_id), 10).await.unwrap(), hits[1..]);
        assert!(searches.find(&alice, &text("0 0 0"), None, 10).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn nobody_finds_what_is_not_theirs_to_see() {
    for world in World::all().await {
        let searches = searches(&world.store);
        let bob = add_user(&world.store, "bob").await;
        let theirs = (bob, add_upload(&world.store, bob).await);
        let of_alice = another(&world, &["1 0"]).await;
        let of_bob = analysed(&world, theirs, &["1 0"]).await;
        let (alice, bob) = (identity(world.user, Role::Customer), identity(bob, Role::Customer));
        assert_eq!(found(&searches, &alice, text("1 0")).await, [of_alice.job_id]);
        assert_eq!(found(&searches, &bob, text("1 0")).await, [of_bob.job_id]);
        // an agent without chats sees what is their own
        assert_eq!(found(&searches, &identity(world.user, Role::Agent), text("1 0")).await, [of_alice.job_id]);
        let boss = identity(99, Role::SuperAgent);
        assert_eq!(found(&searches, &boss, text("1 0")).await, [of_bob.job_id, of_alice.job_id]);
        let refused = searches.find(&alice, &text("1 0"), Some(theirs.1), 10).await.unwrap_err();
        assert_eq!((refused.kind, refused.code), (Kind::NotFound, "UPLOAD_NOT_FOUND"));
        let refused = searches.find(&alice, &Sought::Like(of_bob.job_id), None, 10).await.unwrap_err();
        assert_eq!((refused.kind, refused.code), (Kind::NotFound, "JOB_NOT_FOUND"));
    }
}

#[tokio::test]
async fn a_resume_is_found_once_and_is_not_like_itself() {
    for world in World::all().await {
        let (searches, alice) = (searches(&world.store), identity(world.user, Role::Customer));
        let old = another(&world, &["1 0", "1 0.1"]).await;
        let new = analysed(&world, (world.user, old.upload_id), &["1 0", "1 0.1"]).await;
        let other = another(&world, &["0.5 0.5"]).await;
        assert_eq!(found(&searches, &alice, text("1 0")).await, [new.job_id, other.job_id]);
        assert_eq!(found(&searches, &alice, Sought::Like(old.job_id)).await, [other.job_id]);
        assert_eq!(found(&searches, &alice, Sought::Like(other.job_id)).await, [new.job_id]);
        let waiting = world.start().await;
        let refused = searches.find(&alice, &Sought::Like(waiting.job_id), None, 10).await.unwrap_err();
        assert_eq!(refused.kind, Kind::Invalid);
        // what has not come to its end is not found
        assert_eq!(found(&searches, &alice, text("1 0")).await.len(), 2);
    }
}

#[tokio::test]
async fn what_another_node_completes_is_found_and_what_it_deletes_is_not() {
    for world in World::all().await {
        let (searches, alice) = (searches(&world.reopened().await), identity(world.user, Role::Customer));
        assert!(found(&searches, &alice, text("1 0")).await.is_empty());
        let mut jobs = Vec::new();
        for i in 0..12 {
            jobs.push(another(&world, &[&format!("1 0.{i:02}")]).await.job_id);
            assert_eq!(found(&searches, &alice, text("1 0")).await.len(), jobs.len().min(10));
        }
        // a clock that is behind by less than a minute
        world.clock.advance(-Span::seconds(50));
        jobs.push(another(&world, &["1 0.5"]).await.job_id);
        for deleted in jobs.drain(..4) {
            assert!(world.store.delete_job(deleted).await.unwrap());
        }
        // the nearest are gone, and their places are taken
        assert_eq!(found(&searches, &alice, text("1 0")).await, jobs);
        world.store.erase_user(world.user).await.unwrap();
        assert!(found(&searches, &identity(9, Role::SuperAgent), text("1 0")).await.is_empty());
    }
}

#[tokio::test]
async fn what_is_gone_leaves_the_index_when_it_is_refreshed() {
    let world = World::sqlite().await;
    let index = Embedded::default();
    let searches = Searches::new(world.store.clone(), Arc::new(Numbers("numbers")), Arc::new(index.clone()));
    let (old, kept) = (another(&world, &["1 0"]).await, another(&world, &["1 0"]).await);
    searches.refresh(Refresh::Everything).await.unwrap();
    assert_eq!(index.jobs().await.unwrap(), HashSet::from([old.id, kept.id]));
    world.store.delete_job(old.job_id).await.unwrap();
    searches.refresh(Refresh::Everything).await.unwrap();
    assert_eq!(index.jobs().await.unwrap(), HashSet::from([kept.id]));
}

#[tokio::test]
async fn a_clock_far_behind_is_made_up_for() {
    let world = World::sqlite().await;
    let (searches, alice) = (searches(&world.store), identity(world.user, Role::Customer));
    another(&world, &["1 0"]).await;
    assert_eq!(found(&searches, &alice, text("1 0")).await.len(), 1);
    world.clock.advance(-Span::hours(5));
    another(&world, &["1 0"]).await;
    searches.refresh(Refresh::Everything).await.unwrap();
    assert_eq!(found(&searches, &alice, text("1 0")).await.len(), 2);
}

#[tokio::test]
async fn vectors_of_another_model_are_not_compared() {
    for world in World::all().await {
        let alice = identity(world.user, Role::Customer);
        let old = another(&world, &["1 0"]).await;
        let embedder = Arc::new(Numbers("other"));
        let searches = Searches::new(world.store.clone(), embedder.clone(), Arc::new(Embedded::default()));
        assert!(found(&searches, &alice, text("1 0")).await.is_empty());
        let upload = add_upload(&world.store, world.user).await;
        let new = analysed_by(&*embedder, &world, (world.user, upload), &["0 1"]).await;
        assert_eq!(found(&searches, &alice, text("1 0")).await, [new.job_id]);
        // a résumé that was embedded by the old model is embedded anew to be compared
        assert_eq!(found(&searches, &alice, Sought::Like(old.job_id)).await, [new.job_id]);
    }
}

#[tokio::test]
async fn an_index_that_was_away_is_filled_again() {
    let world = World::sqlite().await;
    let flaky = Arc::new(Flaky::default());
    let searches = Searches::new(world.store.clone(), Arc::new(Numbers("numbers")), flaky.clone());
    let alice = identity(world.user, Role::Customer);
    another(&world, &["1 0"]).await;
    assert_eq!(found(&searches, &alice, text("1 0")).await.len(), 1);
    flaky.away.store(true, Ordering::SeqCst);
    another(&world, &["1 0"]).await;
    let refused = searches.find(&alice, &text("1 0"), None, 10).await.unwrap_err();
    assert_eq!((refused.kind, refused.code), (Kind::Unavailable, "SEARCH_UNAVAILABLE"));
    assert!(refused.retry_after.is_some() && !searches.is_good());
    flaky.away.store(false, Ordering::SeqCst);
    assert_eq!(found(&searches, &alice, text("1 0")).await.len(), 2);
    assert!(searches.is_good());
    // what it still had was not sent again
    assert_eq!(flaky.inserts.load(Ordering::SeqCst), 2);
    flaky.away.store(true, Ordering::SeqCst);
    searches.find(&alice, &text("1 0"), None, 10).await.unwrap_err();
    *flaky.index.lock().unwrap() = Embedded::default();
    flaky.away.store(false, Ordering::SeqCst);
    assert_eq!(found(&searches, &alice, text("1 0")).await.len(), 2);
}

#[tokio::test]
async fn vectors_without_a_direction_are_passed_over() {
    let world = World::sqlite().await;
    let flaky = Arc::new(Flaky::default());
    let searches = Searches::new(world.store.clone(), Arc::new(Numbers("numbers")), flaky.clone());
    another(&world, &["0 0", "NaN 1"]).await;
    let other = another(&world, &["1 1 1", "1 1"]).await;
    let alice = identity(world.user, Role::Customer);
    assert_eq!(found(&searches, &alice, text("1 0")).await, [other.job_id]);
    assert_eq!(flaky.inserts.load(Ordering::SeqCst), 2);
}

/// A résumé of sentences chosen by a number.
fn resume(number: usize) -> Vec<String> {
    const ROLES: [&str; 7] =
        ["Nurse", "Pastry chef", "Database administrator", "Rust engineer", "Teacher", "Electrician", "Accountant"];
    const WORK: [&str; 11] = [
        "cared for patients after surgery",
        "baked bread and wedding cakes",
        "tuned PostgreSQL replication",
        "wrote payment services",
        "taught mathematics to children",
        "wired houses and factories",
        "audited the books of small companies",
        "led a team of five",
        "moved services to Kubernetes",
        "planned the budget",
        "trained new colleagues",
    ];
    let pick = |n: usize| WORK[(number * 31 + n * 7 + number / 11) % WORK.len()];
    let role = ROLES[number % ROLES.len()];
    (0..3).map(|n| format!("{role} for {} years: {} and {}.", number % 13 + n, pick(n), pick(n + 3))).collect()
}

#[tokio::test]
async fn of_real_texts_what_is_found_is_what_an_exact_search_finds() {
    let world = World::sqlite().await;
    let mut all = Vec::new();
    for number in 0..80 {
        let upload = add_upload(&world.store, world.user).await;
        let chunks = resume(number);
        let texts: Vec<&str> = chunks.iter().map(String::as_str).collect();
        let job = analysed_by(&OfflineEmbedder, &world, (world.user, upload), &texts).await;
        all.push((job, texts.iter().map(|text| OfflineEmbedder.vector(text)).collect::<Vec<_>>()));
    }
    let searches = Searches::new(world.store.clone(), Arc::new(OfflineEmbedder), Arc::new(Embedded::default()));
    let alice = identity(world.user, Role::Customer);
    for query in ["bread and cakes", "who can tune a database?", "teaching children", "budget of a hospital"] {
        let vector = OfflineEmbedder.vector(query);
        let score = |chunks: &[Vec<f32>]| chunks.iter().map(|c| cosine(c, &vector)).fold(f64::MIN, f64::max);
        let mut exact: Vec<(f64, &Job)> = all.iter().map(|(job, chunks)| (score(chunks), job)).collect();
        exact.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.1.id.cmp(&a.1.id)));
        let hits = searches.find(&alice, &text(query), None, 10).await.unwrap();
        let found: Vec<JobId> = hits.iter().map(|hit| hit.job_id).collect();
        assert_eq!(found, exact[..10].iter().map(|(_, job)| job.job_id).collect::<Vec<_>>(), "{query}");
    }
}
