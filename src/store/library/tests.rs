use super::*;
use crate::domain::error::Kind;
use crate::store::testing::{World, add_user};

fn question(text: &str, category: Category, difficulty: Difficulty, tags: &[&str]) -> Question {
    let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
    Question { question: text.into(), category, difficulty, tags, answer: "I tried it.".into() }
}

fn plain(text: &str) -> Question {
    question(text, Category::Technical, Difficulty::Medium, &["SQL", "sql", "Straße"])
}

fn new(user_id: UserId, job_id: JobId, id: &str, question: Question) -> NewSaved {
    let content = Content { question, job_title: Some("Engineer".into()), company: None };
    let embedding = Some(Vector { model: "m".into(), values: vec![0.5, -1.0] });
    NewSaved { user_id, job_id, question_id: id.into(), content, embedding }
}

fn page() -> Page {
    Page::new(None, None).unwrap()
}

async fn texts(world: &World, filter: SavedFilter) -> Vec<String> {
    let found = world.store.library(world.user, &filter, page()).await.unwrap().items;
    found.into_iter().map(|saved| saved.content.question.question).collect()
}

#[tokio::test]
async fn numbers_go_on_within_a_job_and_a_request_finds_its_set_again() {
    for world in World::all().await {
        let (job, other) = (world.start().await, world.start().await);
        let store = &world.store;
        let numbers =
            |set: Option<Vec<crate::store::Numbered>>| set.unwrap().iter().map(|n| n.number).collect::<Vec<_>>();
        let first = store.store_interview_set(&job, "a", vec![plain("One?"), plain("Two?")]).await.unwrap();
        assert_eq!(numbers(first.clone()), [1, 2]);
        assert_eq!(numbers(store.store_interview_set(&job, "b", vec![plain("Three?")]).await.unwrap()), [3]);
        assert_eq!(numbers(store.store_interview_set(&other, "a", vec![plain("One?")]).await.unwrap()), [1]);
        assert_eq!(store.store_interview_set(&job, "a", vec![plain("Lost?")]).await.unwrap(), first);
        assert_eq!(store.interview_set(&job, "a").await.unwrap(), first.unwrap());
        store.replace_interview_answer(&job, 3, "Better.").await.unwrap();
        assert_eq!(store.interview_question(&job, 3).await.unwrap().unwrap().answer, "Better.");
        assert_eq!(store.interview_questions_asked(&job, 2).await.unwrap(), ["Three?", "Two?"]);
    }
}

#[tokio::test]
async fn two_sets_at_the_same_time_share_no_number() {
    for world in World::all().await {
        let job = world.start().await;
        let store = &world.store;
        let set = |key: &'static str| store.store_interview_set(&job, key, vec![plain(key), plain("Another?")]);
        let (a, b, c) = tokio::join!(set("a"), set("b"), set("c"));
        let mut numbers: Vec<i32> =
            [a, b, c].into_iter().flat_map(|set| set.unwrap().unwrap()).map(|numbered| numbered.number).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, [1, 2, 3, 4, 5, 6]);
    }
}

#[tokio::test]
async fn a_question_is_saved_once_per_job_and_user() {
    for world in World::all().await {
        let store = &world.store;
        let job = world.start().await.job_id;
        let other = add_user(store, "bob").await;
        let id = store.save_question(new(world.user, job, "q1", plain("Why?"))).await.unwrap();
        let again = store.save_question(new(world.user, job, "q1", plain("Other?"))).await.unwrap_err();
        assert_eq!((again.kind, again.title.as_ref()), (Kind::Conflict, "Question already saved"));
        assert_eq!(again.message, "This question is already in your library");
        store.save_question(new(other, job, "q1", plain("Why?"))).await.unwrap();
        assert_eq!(store.find_saved(world.user, job, "q1").await.unwrap(), Some(id));
        assert_eq!(store.find_saved(world.user, job, "q2").await.unwrap(), None);
        assert!(!store.delete_saved(other, id).await.unwrap());
        assert!(store.delete_saved(world.user, id).await.unwrap());
        store.save_question(new(world.user, job, "q1", plain("Why?"))).await.unwrap();
    }
}

#[tokio::test]
async fn saved_questions_outlive_job_and_upload() {
    for world in World::all().await {
        let job = world.start().await;
        world.store.save_question(new(world.user, job.job_id, "q1", plain("Why?"))).await.unwrap();
        world.store.cancel_job(job.job_id).await.unwrap();
        assert!(world.store.delete_upload(world.upload, world.user).await.unwrap());
        assert_eq!(texts(&world, SavedFilter { job_id: Some(job.job_id), ..SavedFilter::default() }).await, ["Why?"]);
    }
}

#[tokio::test]
async fn filters_narrow_the_library_together() {
    for world in World::all().await {
        let job = world.start().await.job_id;
        let rows = [
            question("How do you tune ÄRGER?", Category::Technical, Difficulty::Medium, &["SQL"]),
            question("100% sure?", Category::Behavioral, Difficulty::Hard, &["people"]),
            question("Und der Ärger?", Category::Technical, Difficulty::Hard, &[]),
        ];
        for (i, row) in rows.into_iter().enumerate() {
            world.store.save_question(new(world.user, job, &format!("q{i}"), row)).await.unwrap();
        }
        let by = |q: &str| SavedFilter { q: Some(q.into()), ..SavedFilter::default() };
        assert_eq!(texts(&world, by("ärger")).await, ["Und der Ärger?", "How do you tune ÄRGER?"]);
        assert_eq!(texts(&world, by("ÄRGER")).await.len(), 2);
        assert_eq!(texts(&world, by("%")).await, ["100% sure?"]);
        assert_eq!(texts(&world, by("_")).await, Vec::<String>::new());
        let tagged = SavedFilter { tags: vec!["sql".into(), "PEOPLE".into()], ..SavedFilter::default() };
        assert_eq!(texts(&world, tagged.clone()).await.len(), 2);
        let hard = SavedFilter { difficulty: Some(Difficulty::Hard), ..tagged };
        assert_eq!(texts(&world, hard).await, ["100% sure?"]);
        let technical = SavedFilter { category: Some(Category::Technical), ..SavedFilter::default() };
        assert_eq!(texts(&world, technical).await.len(), 2);
        let stranger = SavedFilter { job_id: Some(JobId::nil()), ..SavedFilter::default() };
        assert!(texts(&world, stranger).await.is_empty());
    }
}

#[tokio::test]
async fn pages_and_totals_agree() {
    for world in World::all().await {
        let job = world.start().await.job_id;
        for i in 0..5 {
            world.store.save_question(new(world.user, job, &format!("q{i}"), plain(&format!("{i}?")))).await.unwrap();
        }
        let all = SavedFilter::default();
        let (rows, total) = world.store.saved_questions(world.user, &all, 2, 3).await.unwrap();
        assert_eq!((rows.len(), total, rows[0].question_id.as_str()), (2, 5, "q1"));
        let first = world.store.library(world.user, &all, Page { limit: 3, before: None }).await.unwrap();
        let rest = world.store.library(world.user, &all, Page { limit: 3, before: first.next }).await.unwrap();
        assert_eq!((first.items.len(), rest.items.len(), rest.next), (3, 2, None));
    }
}

#[tokio::test]
async fn an_edit_replaces_tags_and_the_vector_only_with_the_text() {
    for world in World::all().await {
        let (store, user) = (&world.store, world.user);
        let job = world.start().await.job_id;
        let id = store.save_question(new(user, job, "q1", plain("Why?"))).await.unwrap();
        let mut content = store.saved_question(user, id).await.unwrap().unwrap().content;
        assert_eq!(content.question.tags, ["SQL", "sql", "Straße"]);
        let first = content.clone();
        content.question.tags = vec!["new".into()];
        let replace = async |user, before: &Content, after: &Content| {
            store.replace_saved(user, id, before, after.clone(), None).await.unwrap()
        };
        assert_eq!(replace(user, &first, &content).await, Replaced::Done);
        assert_eq!(replace(user, &first, &content).await, Replaced::Changed, "somebody else was first");
        assert_eq!(store.saved_vectors(user, "m", 9).await.unwrap(), [("Why?".into(), Some(vec![0.5, -1.0]))]);
        assert_eq!(store.saved_vectors(user, "other", 9).await.unwrap(), [("Why?".into(), None)]);
        let second = content.clone();
        content.question.question = "Why now?".into();
        assert_eq!(replace(user, &second, &content).await, Replaced::Done);
        assert_eq!(store.saved_vectors(user, "m", 9).await.unwrap(), [("Why now?".into(), None)]);
        assert_eq!(store.saved_question(user, id).await.unwrap().unwrap().content, content);
        let old = SavedFilter { tags: vec!["sql".into()], ..SavedFilter::default() };
        assert!(texts(&world, old).await.is_empty());
        assert_eq!(replace(user + 1, &content, &content).await, Replaced::Gone);
    }
}
