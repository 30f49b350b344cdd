//! Sets of questions and single answers: what is counted, what is refused, what comes from the bank instead.

use std::collections::HashSet;

use super::*;
use crate::domain::interview::{AnswerRequest, Category, Difficulty, Question, SetRequest, Target};
use crate::domain::matching::exact_key;
use crate::domain::profile::{Experience, Profile, Skills};

fn profile() -> Profile {
    let job = Experience {
        company: Some("Babbage & Co".into()),
        role: Some("Analyst".into()),
        description: Some("Reduced the time of calculations by 40%.".into()),
        ..Experience::default()
    };
    Profile {
        email: Some("ada@example.com".into()),
        skills: Skills { technical: vec!["Python".into()], soft: vec![] },
        experience: vec![job],
        ..Profile::default()
    }
}

fn request(count: usize) -> SetRequest {
    let target = Target { job_title: "Engineer".into(), company: "Initech".into(), ..Target::default() };
    SetRequest { target, count, avoid: vec!["Why Python?".into()] }
}

const HONEST: &str = "At Babbage & Co I worked as an Analyst. Using Python, I reduced the time by 40%.";

fn drafted(question: &str, answer: &str) -> Value {
    json!({"question": question, "category": "Behavioral", "difficulty": "Hard", "tags": ["Team"], "answer": answer})
}

fn set(questions: &[Value]) -> ResponseTemplate {
    completion(&json!({ "questions": questions }).to_string())
}

async fn asked(script: Vec<ResponseTemplate>, count: usize) -> (Vec<Question>, Vec<Value>) {
    let server = endpoint(script).await;
    let set = model(&server).questions(&profile(), &request(count)).await.unwrap();
    let keys: HashSet<String> = set.iter().map(|question| exact_key(&question.question)).collect();
    assert_eq!((set.len(), keys.len()), (count, count));
    (set, bodies(&server).await)
}

fn data(body: &Value) -> Value {
    let text = body["messages"][1]["content"].as_str().unwrap();
    serde_json::from_str(text.lines().nth(1).unwrap()).unwrap()
}

#[tokio::test]
async fn a_set_takes_one_request_that_demands_its_schema() {
    let (set, bodies) = asked(vec![set(&[drafted("What did you do?", HONEST), drafted("And then?", HONEST)])], 2).await;
    assert_eq!((set[0].category, set[0].difficulty), (Category::Behavioral, Difficulty::Hard));
    assert_eq!((set[0].tags.clone(), set[0].answer.as_str()), (vec!["team".to_owned()], HONEST));
    assert_eq!(bodies.len(), 1);
    assert_eq!(bodies[0]["response_format"]["json_schema"]["name"], "questions");
    assert!(bodies[0]["messages"][0]["content"].as_str().unwrap().contains("exactly 2 interview questions"));
    let data = data(&bodies[0]);
    assert_eq!((&data["job"]["company"], &data["asked_already"]), (&json!("Initech"), &json!(["Why Python?"])));
    assert!(!data.to_string().contains("ada@example.com"));
}

#[tokio::test]
async fn missing_and_repeated_questions_are_asked_for_again() {
    let first = set(&[drafted("One?", HONEST), drafted("ONE", HONEST), drafted("why python", HONEST)]);
    let (set, bodies) = asked(vec![first, set(&[drafted("Two?", HONEST), drafted("Three?", HONEST)])], 3).await;
    assert_eq!(set.iter().map(|q| q.question.as_str()).collect::<Vec<_>>(), ["One?", "Two?", "Three?"]);
    assert!(bodies[1]["messages"][0]["content"].as_str().unwrap().contains("exactly 2 interview questions"));
    assert_eq!(data(&bodies[1])["asked_already"], json!(["One?", "Why Python?"]));
}

#[tokio::test]
async fn a_model_that_repeats_itself_is_asked_so_often_and_the_bank_does_the_rest() {
    let same = || set(&[drafted("One?", HONEST)]);
    let (questions, bodies) = asked(vec![same(), same(), same(), same()], 5).await;
    assert_eq!((questions[0].question.as_str(), bodies.len()), ("One?", 3));
    let (questions, bodies) = asked(vec![same(), error(500, "oops")], 5).await;
    assert_eq!((questions[0].question.as_str(), bodies.len()), ("One?", 2));
}

#[tokio::test]
async fn an_answer_with_invented_facts_gives_way_to_one_of_the_profile() {
    let answers = [
        "At Globex I led the team.",
        "I reduced it by 75%.",
        "I deployed it with kubernetes.",
        "I worked at [company].",
        "",
    ];
    let texts = ["One?", "Two?", "Three?", "Four?", "Five?"];
    let drafts: Vec<Value> = texts.iter().zip(answers).map(|(text, answer)| drafted(text, answer)).collect();
    let (questions, _) = asked(vec![set(&drafts)], 5).await;
    for question in questions {
        assert!(question.answer.contains("Babbage & Co"), "{}", question.answer);
        for invented in ["Globex", "75", "kubernetes", "["] {
            assert!(!question.answer.contains(invented), "{}", question.answer);
        }
    }
}

#[tokio::test]
async fn a_refused_schema_weakens_and_odd_labels_are_understood() {
    let odd = json!({"question": "One?", "category": "problem solving", "difficulty": "HARD", "tags": null, "answer": HONEST});
    let script = vec![
        error(400, "'response_format' of type 'json_schema' is not supported with this model."),
        completion(&format!("Here you are: {}", json!({ "questions": [odd] }))),
    ];
    let (questions, bodies) = asked(script, 1).await;
    assert_eq!((questions[0].category, questions[0].difficulty), (Category::ProblemSolving, Difficulty::Hard));
    assert_eq!(bodies[1]["response_format"]["type"], "json_object");
}

#[tokio::test]
async fn thirty_questions_are_asked_for_in_batches() {
    let batch =
        |from: usize| set(&(from..from + 10).map(|n| drafted(&format!("Question {n}?"), HONEST)).collect::<Vec<_>>());
    let (_, bodies) = asked(vec![batch(0), batch(10), batch(20)], 30).await;
    assert_eq!(bodies.len(), 3);
}

#[tokio::test]
async fn a_failure_of_the_first_request_is_passed_on() {
    let server = endpoint(vec![error(401, "no"), error(503, "busy")]).await;
    let model = model(&server);
    assert!(permanent(model.questions(&profile(), &request(3)).await).contains("API key"));
    transient(model.questions(&profile(), &request(3)).await);
}

#[tokio::test]
async fn another_answer_is_the_models_unless_it_invents_or_repeats() {
    let wish = AnswerRequest {
        question: "What did you do at Babbage & Co?".into(),
        previous: Some("I calculated.".into()),
        instructions: "Shorter.".into(),
        ..AnswerRequest::default()
    };
    let reply = |text: &str| completion(&json!({ "answer": text }).to_string());
    let server = endpoint(vec![reply(HONEST), reply("At Globex I led."), reply("I calculated.")]).await;
    let model = model(&server);
    assert_eq!(model.regenerate(&profile(), &wish).await.unwrap(), HONEST);
    for _ in 0..2 {
        let other = model.regenerate(&profile(), &wish).await.unwrap();
        assert!(!other.contains("Globex") && other != "I calculated." && other.contains("Babbage & Co"), "{other}");
    }
    let data = data(&bodies(&server).await[0]);
    assert_eq!((&data["present_answer"], &data["wishes"]), (&json!("I calculated."), &json!("Shorter.")));
}
