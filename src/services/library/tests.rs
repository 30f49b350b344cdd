use super::*;
use crate::services::interview::testing::{FirstWord, analyses, completed_job, identity, question};
use crate::store::testing::{World, add_user};

fn library(world: &World, broken: bool) -> Library {
    Library::new(world.store.clone(), analyses(world), Arc::new(FirstWord { broken }))
}

fn form(text: &str) -> SavedForm {
    SavedForm { question: Some(text.into()), answer: Some("So.".into()), ..SavedForm::default() }
}

async fn vectors(world: &World) -> usize {
    let found = world.store.saved_vectors(world.user, "first-word", 99).await.unwrap();
    found.iter().filter(|(_, vector)| vector.is_some()).count()
}

#[tokio::test]
async fn a_question_is_saved_with_its_embedding_or_without_if_there_is_none() {
    let world = World::sqlite().await;
    let (user, job) = (identity(world.user), completed_job(&world).await.job_id);
    library(&world, false).save(&user, job, Some("a".into()), form("Why?")).await.unwrap();
    library(&world, true).save(&user, job, Some("b".into()), form("How?")).await.unwrap();
    assert_eq!(vectors(&world).await, 1);
    let page = Page::new(None, None).unwrap();
    let all = library(&world, true).list(world.user, &SavedFilter::default(), page).await.unwrap();
    assert_eq!(all.items.len(), 2);
}

#[tokio::test]
async fn what_is_not_given_comes_from_the_generated_question_or_the_wording() {
    let world = World::sqlite().await;
    let (user, job) = (identity(world.user), completed_job(&world).await);
    world.store.store_interview_set(&job, "k", vec![question("Why?")]).await.unwrap();
    let library = library(&world, false);
    let saved = |id: &'static str, text: &'static str| {
        let (library, user) = (&library, &user);
        async move {
            let id = library.save(user, job.job_id, Some(id.into()), form(text)).await.unwrap();
            library.get(user.user_id, id).await.unwrap().content.question
        }
    };
    let generated = saved("q1", "Why?").await;
    assert_eq!((generated.category, generated.difficulty), (Category::Behavioral, Difficulty::Hard));
    assert_eq!(generated.tags, ["t"]);
    let own = saved("own", "What would you do if it rains?").await;
    assert_eq!((own.category, own.difficulty, own.tags.len()), (Category::Situational, Difficulty::Medium, 0));
}

#[tokio::test]
async fn an_edit_changes_what_is_given_and_embeds_again_what_is_new() {
    let world = World::sqlite().await;
    let (user, job) = (identity(world.user), completed_job(&world).await.job_id);
    let id = library(&world, true).save(&user, job, Some("a".into()), form("Why?")).await.unwrap();
    let present = library(&world, false);
    let edit = |form: SavedForm| present.edit(user.user_id, id, form);
    let company = SavedForm {
        company: Some("Initech".into()),
        tags: Some(vec![" x ".into(), "".into(), "x".into()]),
        ..SavedForm::default()
    };
    let edited = edit(company).await.unwrap().content;
    assert_eq!((edited.company.as_deref(), edited.question.answer.as_str()), (Some("Initech"), "So."));
    assert_eq!((edited.question.tags.len(), vectors(&world).await), (1, 0));
    let again = SavedForm { answer: Some("Better.".into()), company: Some(String::new()), ..SavedForm::default() };
    let edited = edit(again).await.unwrap().content;
    assert_eq!((edited.company, edited.question.answer.as_str(), vectors(&world).await), (None, "Better.", 1));
}

#[tokio::test]
async fn wrong_fields_are_named_and_others_questions_are_not_there() {
    let world = World::sqlite().await;
    let (user, job) = (identity(world.user), completed_job(&world).await.job_id);
    let library = library(&world, false);
    let long = |n: usize| Some("x".repeat(n));
    for (field, form) in [
        ("question", SavedForm { question: long(2001), ..form("?") }),
        ("question", SavedForm { question: Some(" ".into()), ..form("?") }),
        ("answer", SavedForm { answer: long(20_001), ..form("?") }),
        ("category", SavedForm { category: Some("Funny".into()), ..form("?") }),
        ("difficulty", SavedForm { difficulty: Some("hard".into()), ..form("?") }),
        ("job_title", SavedForm { job_title: long(201), ..form("?") }),
        ("tags", SavedForm { tags: Some(vec!["x".repeat(51)]), ..form("?") }),
        ("tags", SavedForm { tags: Some((0..21).map(|n| n.to_string()).collect()), ..form("?") }),
    ] {
        let error = library.save(&user, job, Some("a".into()), form).await.unwrap_err();
        assert_eq!(error.field.as_deref(), Some(field));
    }
    let id = library.save(&user, job, Some("a".into()), form("Why?")).await.unwrap();
    let mallory = identity(add_user(&world.store, "mallory").await);
    assert_eq!(library.edit(mallory.user_id, id, form("Hacked?")).await.unwrap_err().code, "QUESTION_NOT_FOUND");
    assert_eq!(library.delete(mallory.user_id, id).await.unwrap_err().code, "QUESTION_NOT_FOUND");
    assert_eq!(library.save(&mallory, job, Some("a".into()), form("?")).await.unwrap_err().code, "JOB_NOT_FOUND");
    assert_eq!(library.find(mallory.user_id, job, "a").await.unwrap(), None);
}
