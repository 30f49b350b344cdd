use super::testing::{FirstWord, Script, analyses, completed_job, identity, question};
use super::*;
use crate::domain::error::Kind;
use crate::services::library::{Library, SavedForm};
use crate::store::testing::{World, add_user};

fn service(world: &World, sets: &[&[&'static str]]) -> (Arc<Script>, Interviews) {
    let model = Arc::new(Script::default());
    model.sets.lock().unwrap().extend(sets.iter().map(|set| set.to_vec()));
    let embedder = Arc::new(FirstWord { broken: false });
    (model.clone(), Interviews::new(world.store.clone(), analyses(world), model, embedder))
}

fn texts(set: &[Numbered]) -> Vec<&str> {
    set.iter().map(|numbered| numbered.question.question.as_str()).collect()
}

#[tokio::test]
async fn what_is_missing_is_asked_for_again_and_repetitions_are_not_taken() {
    let world = World::sqlite().await;
    let (model, service) = service(&world, &[&["Why Go?", "WHY go", "Why not?"], &["How so?", "When then?"]]);
    let (user, job) = (identity(world.user), completed_job(&world).await);
    let set = service.generate(&user, job.job_id, Target::default(), 3).await.unwrap();
    assert_eq!(texts(&set), ["Why Go?", "How so?", "When then?"]);
    let requests = model.requests.lock().unwrap();
    assert_eq!(requests.iter().map(|request| request.count).collect::<Vec<_>>(), [3, 2]);
    assert!(requests[1].avoid.contains(&"Why not?".to_owned()));
}

#[tokio::test]
async fn a_set_that_stays_short_is_completed_from_the_bank() {
    let world = World::sqlite().await;
    let (model, service) = service(&world, &[&["Why Go?"], &["Why Go?"], &["Why Go?"]]);
    let (user, job) = (identity(world.user), completed_job(&world).await);
    let set = service.generate(&user, job.job_id, Target::default(), 12).await.unwrap();
    assert_eq!((set.len(), model.requests.lock().unwrap().len()), (12, ROUNDS));
    assert_eq!(set.iter().map(|numbered| numbered.number).collect::<Vec<_>>(), (1..=12).collect::<Vec<_>>());
    let keys: std::collections::HashSet<String> = texts(&set).into_iter().map(exact_key).collect();
    assert_eq!(keys.len(), 12);
}

#[tokio::test]
async fn the_same_request_gets_the_same_set_and_another_goes_on() {
    let world = World::sqlite().await;
    let (model, service) = service(&world, &[&["Why Go?"], &["Why Go?", "Where to?"]]);
    let (user, job) = (identity(world.user), completed_job(&world).await);
    let first = service.generate(&user, job.job_id, Target::default(), 1).await.unwrap();
    assert_eq!(service.generate(&user, job.job_id, Target::default(), 1).await.unwrap(), first);
    assert_eq!(model.requests.lock().unwrap().len(), 1);
    let target = Target { company: "Initech".into(), ..Target::default() };
    let second = service.generate(&user, job.job_id, target, 1).await.unwrap();
    assert_eq!((texts(&second), second[0].number), (vec!["Where to?"], 2));
}

#[tokio::test]
async fn saved_questions_are_not_asked_again_in_other_words() {
    let world = World::sqlite().await;
    let (_, service) = service(&world, &[&["Why did you leave?", "Where to?"]]);
    let (user, job) = (identity(world.user), completed_job(&world).await);
    let library = Library::new(world.store.clone(), analyses(&world), Arc::new(FirstWord { broken: false }));
    let form =
        SavedForm { question: Some("Why are you here?".into()), answer: Some("So.".into()), ..SavedForm::default() };
    library.save(&user, job.job_id, Some("mine".into()), form).await.unwrap();
    let set = service.generate(&user, job.job_id, Target::default(), 1).await.unwrap();
    assert_eq!(texts(&set), ["Where to?"]);
}

#[tokio::test]
async fn a_provider_that_is_away_is_a_503_and_nothing_is_stored() {
    let world = World::sqlite().await;
    let (_, service) = service(&world, &[]);
    let (user, job) = (identity(world.user), completed_job(&world).await);
    let error = service.generate(&user, job.job_id, Target::default(), 3).await.unwrap_err();
    assert_eq!((error.kind, error.code, error.retry_after), (Kind::Unavailable, "AI_UNAVAILABLE", Some(RETRY)));
    assert!(world.store.interview_questions_asked(&job, 9).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_regenerated_answer_replaces_that_of_the_set() {
    let world = World::sqlite().await;
    let (model, service) = service(&world, &[&["Why Go?"]]);
    let (user, job) = (identity(world.user), completed_job(&world).await);
    service.generate(&user, job.job_id, Target::default(), 1).await.unwrap();
    let again = |id: &'static str, text: &str| service.regenerate(&user, job.job_id, id, text.into(), "short".into());
    assert_eq!(again("q1", "why go").await.unwrap(), "Another answer.");
    assert_eq!(world.store.interview_question(&job, 1).await.unwrap().unwrap().answer, "Another answer.");
    again("q1", "Something else?").await.unwrap();
    again("mine", "Why Go?").await.unwrap();
    let asked = model.answers.lock().unwrap();
    let previous: Vec<_> = asked.iter().map(|request| (request.previous.as_deref(), request.category)).collect();
    assert_eq!(previous, [(Some("Answer: Why Go?"), Some(question("").category)), (None, None), (None, None)]);
}

#[tokio::test]
async fn only_the_owner_of_a_completed_job_gets_questions() {
    let world = World::sqlite().await;
    let (_, service) = service(&world, &[&["Why Go?"]]);
    let completed = completed_job(&world).await;
    let stranger = identity(add_user(&world.store, "mallory").await);
    let error = service.generate(&stranger, completed.job_id, Target::default(), 1).await.unwrap_err();
    assert_eq!(error.code, "JOB_NOT_FOUND");
    let waiting = world.start().await.job_id;
    let error = service.generate(&identity(world.user), waiting, Target::default(), 1).await.unwrap_err();
    assert_eq!(error.code, "NOT_COMPLETED");
}

#[test]
fn counts_and_lengths_are_bounded() {
    assert_eq!((question_count(None).ok(), question_count(Some(30)).ok()), (Some(10), Some(30)));
    for count in [0, 31, -1, i64::MAX] {
        assert_eq!(question_count(Some(count)).unwrap_err().field.as_deref(), Some("num_questions"));
    }
    let form = |text: &str| TargetForm { job_title: Some(text.into()), ..TargetForm::default() }.target();
    assert_eq!(form(&"世".repeat(200)).unwrap().job_title.chars().count(), 200);
    assert_eq!(form(&"x".repeat(201)).unwrap_err().field.as_deref(), Some("job_title"));
    assert_eq!(form("  ").unwrap(), Target::default());
}

#[test]
fn only_ids_as_they_are_given_are_numbers() {
    assert_eq!(question_number("q12"), Some(12));
    for id in ["q0", "q", "12", "q+1", "q-1", "q01", "Q1", "q1a", "q99999999999"] {
        assert_eq!(question_number(id), None, "{id}");
    }
}
