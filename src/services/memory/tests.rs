use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use uuid::Uuid;

use super::*;
use crate::ai::offline::OfflineEmbedder;
use crate::services::interview::testing::{FirstWord, analyses, completed_job, identity};
use crate::services::library::{Library, SavedForm};
use crate::store::testing::{BOOT, World, add_user};
use crate::store::{Backend, OwnerLock};

const FIXED: Threshold = Threshold::Fixed(0.75);
const WORKS: FirstWord = FirstWord { broken: false };
const AWAY: FirstWord = FirstWord { broken: true };

fn memories(world: &World, embedder: impl Embedder + 'static, threshold: Threshold) -> Memories {
    Memories::new(world.store.clone(), Arc::new(embedder), threshold, BOOT)
}

/// Saves questions for the user of the world while the embedder is away; their job.
async fn save(world: &World, questions: &[&str]) -> JobId {
    let job = completed_job(world).await.job_id;
    let library = Library::new(world.store.clone(), analyses(world), Arc::new(AWAY));
    for question in questions {
        let form = SavedForm { question: Some((*question).into()), answer: Some("So.".into()), ..SavedForm::default() };
        library.save(&identity(world.user), job, Some((*question).into()), form).await.unwrap();
    }
    job
}

/// The offline embedder as a model whose cut nobody knows.
struct Unmeasured;

impl Embedder for Unmeasured {
    fn model(&self) -> &str {
        "unmeasured"
    }

    fn embed<'a>(&'a self, texts: &'a [String]) -> BoxFuture<'a, Result<Vec<Vec<f32>>, AiError>> {
        async move { OfflineEmbedder.embed(texts).await }.boxed()
    }
}

#[test]
fn a_limit_is_positive_and_bounded() {
    assert_eq!(question_limit(None).unwrap(), 20);
    assert_eq!((question_limit(Some(3)).unwrap(), question_limit(Some(9000)).unwrap()), (3, 500));
    assert!(question_limit(Some(0)).is_err() && question_limit(Some(-1)).is_err());
}

#[tokio::test]
async fn missing_vectors_are_made_when_they_are_needed_and_kept() {
    for world in World::all().await {
        save(&world, &["Why us?", "How old?"]).await;
        let matcher = memories(&world, WORKS, FIXED).load(world.user, None, 20).await.unwrap();
        let asked = WORKS.embed(&["Why ever".to_owned()]).await.unwrap().remove(0);
        assert_eq!(matcher.best("Why ever", &asked).matched().unwrap().question, "Why us?");
        let kept = world.store.remembered(world.user, None, "first-word", 20).await.unwrap();
        assert!(kept.iter().all(|saved| saved.vector.is_some()));
        // another model's are not those of this one
        let other = world.store.remembered(world.user, None, "other", 20).await.unwrap();
        assert!(other.iter().all(|saved| saved.vector.is_none()));
    }
}

#[tokio::test]
async fn a_vector_is_not_kept_for_a_question_that_was_edited_meanwhile() {
    for world in World::all().await {
        save(&world, &["Why us?"]).await;
        let mut made = world.store.remembered(world.user, None, "m", 20).await.unwrap();
        made[0].vector = Some(vec![1.0]);
        made[0].answer = "As it was before.".into();
        world.store.store_vectors(&made, "m").await.unwrap();
        assert_eq!(world.store.remembered(world.user, None, "m", 20).await.unwrap()[0].vector, None);
    }
}

#[tokio::test]
async fn while_the_embedder_is_away_the_exact_wording_is_found() {
    let world = World::sqlite().await;
    save(&world, &["Why us?"]).await;
    let memories = memories(&world, AWAY, FIXED);
    let matcher = memories.load(world.user, None, 20).await.unwrap();
    assert!(matcher.exact("why us").is_some());
    assert_eq!(memories.vector("Why ever").await, None);
}

#[tokio::test]
async fn only_ones_own_newest_questions_of_the_job_are_loaded() {
    let world = World::sqlite().await;
    let job = save(&world, &["One?", "Two?", "Three?"]).await;
    let other = add_user(&world.store, "other").await;
    let memories = memories(&world, WORKS, FIXED);
    for (user, job, limit, loaded) in [
        (world.user, None, 2, 2),
        (world.user, Some(job), 20, 3),
        (world.user, Some(Uuid::nil()), 20, 0),
        (other, None, 20, 0),
        (other, Some(job), 20, 0),
    ] {
        assert_eq!(memories.load(user, job, limit).await.unwrap().len(), loaded);
    }
    assert!(memories.load(world.user, None, 2).await.unwrap().exact("one").is_none());
}

#[tokio::test]
async fn sockets_that_load_the_same_share_it_and_what_a_user_has_loaded_is_bounded() {
    for world in World::all().await {
        save(&world, &["Why us?", "How old?"]).await;
        let mut memories = memories(&world, WORKS, FIXED);
        let first = memories.load(world.user, None, 20).await.unwrap();
        assert!(Arc::ptr_eq(&first, &memories.load(world.user, None, 20).await.unwrap()));
        assert_eq!(memories.load(world.user, None, 1).await.unwrap().len(), 1);
        memories.shared = Shared::new(first.bytes());
        let held = memories.load(world.user, None, 20).await.unwrap();
        assert_eq!(memories.load(world.user, None, 1).await.unwrap_err().code, "MEMORY_FULL");
        drop(held);
        assert!(memories.load(world.user, None, 1).await.is_ok());
    }
}

#[tokio::test]
async fn an_unknown_cut_is_measured_once_and_kept() {
    for world in World::all().await {
        save(&world, &["Why us?"]).await;
        let similarity = async |threshold| {
            let matcher = memories(&world, Unmeasured, threshold).load(world.user, None, 20).await.unwrap();
            let vector = OfflineEmbedder.vector("why our company and us");
            let found = matcher.best("why our company and us", &vector).candidate.unwrap();
            (found.similarity, found.cosine)
        };
        let (plain, cosine) = similarity(FIXED).await;
        assert_eq!(plain, cosine);
        let dimension = i32::try_from(OfflineEmbedder::DIMENSION).unwrap();
        assert_eq!(world.store.measured_cut("unmeasured", dimension).await.unwrap(), None);
        let (scaled, cosine) = similarity(Threshold::Auto).await;
        let cut = world.store.measured_cut("unmeasured", dimension).await.unwrap().unwrap();
        assert_eq!(scaled, Scale::with_cut(cut).similarity(cosine));
        // what is kept counts, until the dimension changes
        world.store.store_cut("unmeasured", dimension, 0.5).await.unwrap();
        assert_eq!(similarity(Threshold::Auto).await.0, Scale::with_cut(0.5).similarity(cosine));
        assert_eq!(world.store.measured_cut("unmeasured", dimension + 1).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_known_cut_needs_no_measuring() {
    let world = World::sqlite().await;
    save(&world, &["Why us?"]).await;
    let matcher = memories(&world, OfflineEmbedder, Threshold::Auto).load(world.user, None, 20).await.unwrap();
    let outcome = matcher.best("why us and not them", &OfflineEmbedder.vector("why us and not them"));
    assert_eq!(outcome.threshold, 0.75);
    let dimension = i32::try_from(OfflineEmbedder::DIMENSION).unwrap();
    assert_eq!(world.store.measured_cut(OfflineEmbedder.model(), dimension).await.unwrap(), None);
}

/// The name of a socket.
fn client(name: char) -> String {
    name.to_string().repeat(32)
}

/// What a socket has back: how many questions, and from which.
async fn restored(
    memories: &Memories,
    user: UserId,
    to: char,
    resumes: Option<char>,
    open: bool,
) -> Option<(usize, String)> {
    let resumes = resumes.map(client);
    let successor = Successor { user, client_id: &client(to), resumes: resumes.as_deref() };
    let restored = memories.restore(successor, async |_| Ok(open)).await.unwrap();
    restored.map(|Restored { matcher, from }| (matcher.len(), from))
}

#[tokio::test]
async fn a_set_goes_to_the_next_socket_once_the_one_that_had_it_is_gone_or_is_named() {
    for world in World::all().await {
        let (user, job) = (world.user, save(&world, &["Why us?", "How old?"]).await);
        let memories = memories(&world, WORKS, FIXED);
        assert_eq!(
            (memories.may_restore(user).await, restored(&memories, user, 'b', None, false).await),
            (false, None)
        );
        memories.keep(user, Some(job), 1, &client('a')).await.unwrap();
        assert!(memories.may_restore(user).await);
        assert_eq!(restored(&memories, user, 'b', None, true).await, None);
        assert_eq!(restored(&memories, user, 'b', Some('x'), false).await, None);
        let other = add_user(&world.store, "bob").await;
        assert_eq!(restored(&memories, other, 'b', Some('a'), false).await, None);
        assert_eq!(restored(&memories, user, 'b', None, false).await, Some((1, client('a'))));
        // whoever did not learn that it had a second socket names the first
        assert_eq!(restored(&memories, user, 'c', Some('a'), true).await, Some((1, client('b'))));
        assert_eq!(restored(&memories, user, 'd', Some('a'), true).await, None);
        world.clock.advance(time::Duration::days(8));
        assert_eq!(restored(&memories, user, 'd', None, false).await, None);
    }
}

#[tokio::test]
async fn a_set_is_forgotten_on_the_socket_that_has_it_or_once_that_is_gone() {
    for world in World::all().await {
        let user = world.user;
        save(&world, &["Why us?"]).await;
        let memories = memories(&world, WORKS, FIXED);
        for (by, open, kept) in [('b', true, true), ('a', true, false), ('b', false, false)] {
            memories.keep(user, None, 20, &client('a')).await.unwrap();
            memories.forget(user, &client(by), async |_| Ok(open)).await.unwrap();
            assert_eq!(world.store.loaded_memory(user).await.unwrap().is_some(), kept);
        }
    }
}

#[tokio::test]
async fn what_another_living_process_has_is_its_own_until_it_says_otherwise() {
    for world in World::all().await {
        let user = world.user;
        save(&world, &["Why us?"]).await;
        let lock = OwnerLock::acquire(&world.store).await.unwrap();
        let theirs = Memories::new(world.store.clone(), Arc::new(WORKS), FIXED, lock.boot_id());
        let ours = memories(&world, WORKS, FIXED);
        theirs.keep(user, None, 20, &client('a')).await.unwrap();
        // on SQLite there is no other process
        let free = world.store.backend() == Backend::Sqlite;
        assert_eq!(restored(&ours, user, 'b', None, true).await.is_some(), free);
        theirs.keep(user, None, 20, &client('a')).await.unwrap();
        theirs.release(user, &client('a')).await.unwrap();
        assert_eq!(restored(&ours, user, 'b', None, true).await, Some((1, client('a'))));
        // of a process that is dead
        Memories::new(world.store.clone(), Arc::new(WORKS), FIXED, 1).keep(user, None, 20, &client('a')).await.unwrap();
        assert_eq!(restored(&ours, user, 'b', None, true).await, Some((1, client('a'))));
    }
}
