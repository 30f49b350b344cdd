use std::collections::HashSet;

use proptest::prelude::*;

use super::*;
use crate::domain::interview::{Difficulty, Target};
use crate::domain::matching::exact_key;
use crate::domain::profile::{Education, Experience, Skills};

fn texts(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn person(role: &str, company: &str, description: &str, skills: &[&str]) -> Profile {
    let job = Experience {
        company: Some(company.into()),
        role: Some(role.into()),
        years: Some(4.5),
        start: Some("2020-01".into()),
        end: Some("present".into()),
        description: Some(description.into()),
    };
    Profile {
        name: Some(format!("Somebody at {company}")),
        total_work_years: Some(4.5),
        skills: Skills { technical: texts(skills), soft: texts(&["Patience"]) },
        experience: vec![job],
        ..Profile::default()
    }
}

fn engineer() -> Profile {
    let done = "Built the payment service in Go.\nReduced the cost of PostgreSQL by 40% within a year.";
    person("Software Engineer", "Initrode", done, &["Go", "PostgreSQL", "Docker"])
}

fn nurse() -> Profile {
    let done = "Cared for 12 patients per shift.\nTrained new colleagues in wound care.";
    person("Registered Nurse", "Saint Anne Hospital", done, &["Triage", "Wound Care"])
}

fn request(count: usize, target: Target) -> SetRequest {
    SetRequest { target, count, avoid: vec![] }
}

fn asked(profile: &Profile, request: &SetRequest) -> Vec<String> {
    questions(profile, request).into_iter().map(|question| question.question).collect()
}

#[test]
fn a_set_has_as_many_distinct_questions_as_asked_for() {
    for profile in [engineer(), nurse(), Profile::default()] {
        for count in 1..=30 {
            let set = asked(&profile, &request(count, Target::default()));
            let keys: HashSet<String> = set.iter().map(|question| exact_key(question)).collect();
            assert_eq!((set.len(), keys.len()), (count, count));
        }
    }
}

#[test]
fn the_same_request_gives_the_same_set() {
    let wanted = request(10, Target { job_title: "Platform Engineer".into(), ..Target::default() });
    assert_eq!(questions(&engineer(), &wanted), questions(&engineer(), &wanted));
}

#[test]
fn different_people_and_different_jobs_get_different_sets() {
    let plain = request(10, Target::default());
    let other = request(10, Target { job_title: "Data Analyst".into(), ..Target::default() });
    let common = |a: &[String], b: &[String]| a.iter().filter(|question| b.contains(question)).count();
    let (mine, hers, later) = (asked(&engineer(), &plain), asked(&nurse(), &plain), asked(&engineer(), &other));
    let twin = Profile { name: Some("Another One".into()), email: Some("another@example.com".into()), ..engineer() };
    assert!(common(&mine, &hers) <= 4 && common(&mine, &later) <= 5, "{mine:?} {hers:?} {later:?}");
    assert_ne!(mine, asked(&twin, &plain));
}

#[test]
fn no_question_to_avoid_is_asked_again() {
    let first = asked(&engineer(), &request(30, Target::default()));
    let again = SetRequest { avoid: first.clone(), ..request(30, Target::default()) };
    assert!(asked(&engineer(), &again).iter().all(|question| !first.contains(question)));
}

#[test]
fn title_and_company_are_named() {
    let target = Target { job_title: "Payments Architect".into(), company: "Initech".into(), ..Target::default() };
    for count in [1, 3, 10] {
        let set = asked(&engineer(), &request(count, target.clone())).join(" ");
        assert!(set.contains("Initech") && set.contains("Payments Architect"), "{set}");
    }
}

#[test]
fn what_the_job_asks_for_is_asked() {
    let target = Target {
        job_description: "Build scalable systems with Kafka and PostgreSQL.".into(),
        job_requirements: "Knowledge of beekeeping".into(),
        ..Target::default()
    };
    let set = questions(&engineer(), &request(10, target));
    let text = set.iter().map(|question| question.question.as_str()).collect::<Vec<_>>().join(" ");
    assert!(text.contains("Kafka") && text.contains("beekeeping") && text.contains("PostgreSQL"), "{text}");
    let about_kafka = set.iter().find(|question| question.question.contains("Kafka"));
    assert!(about_kafka.is_some_and(|question| question.answer.contains("résumé")), "it is claimed: {about_kafka:?}");
}

#[test]
fn the_level_decides_how_hard_the_questions_are() {
    let share = |level: &str, difficulty: Difficulty| {
        let target = Target { level: level.into(), ..Target::default() };
        questions(&engineer(), &request(20, target)).iter().filter(|q| q.difficulty == difficulty).count()
    };
    assert!(share("Junior", Difficulty::Easy) >= 7 && share("Junior", Difficulty::Hard) <= 4);
    assert!(share("Senior", Difficulty::Hard) >= 6 && share("Senior", Difficulty::Easy) <= 4);
}

#[test]
fn every_set_of_ten_mixes_the_categories() {
    for profile in [engineer(), nurse(), Profile::default()] {
        let set = questions(&profile, &request(10, Target::default()));
        let categories: HashSet<Category> = set.iter().map(|question| question.category).collect();
        assert_eq!(categories.len(), 4);
    }
}

#[test]
fn behavioral_answers_have_star_form_and_rest_on_the_profile() {
    for question in questions(&nurse(), &request(30, Target::default())) {
        if question.category == Category::Behavioral {
            for part in ["Situation: ", "Task: ", "Action: ", "Result: "] {
                assert!(question.answer.contains(part), "{}", question.answer);
            }
            assert!(question.answer.contains("Saint Anne Hospital"), "{}", question.answer);
        }
    }
}

fn another(instructions: &str, previous: Option<&str>) -> String {
    let request = AnswerRequest {
        question: "Tell me about a disagreement with a colleague and how it ended.".into(),
        previous: previous.map(str::to_owned),
        instructions: instructions.into(),
        ..AnswerRequest::default()
    };
    answer(&engineer(), &request)
}

#[test]
fn each_regenerated_answer_differs_from_the_one_before() {
    let mut previous = another("", None);
    for _ in 0..8 {
        let next = another("", Some(&previous));
        assert_ne!(next, previous);
        previous = next;
    }
}

#[test]
fn instructions_are_followed_as_far_as_rules_can() {
    let plain = another("", None);
    let (short, long) = (another("make it shorter", Some(&plain)), another("more detail please", Some(&plain)));
    assert!(short.len() < plain.len() && plain.len() < long.len(), "{short}\n{plain}\n{long}");
    assert!(another("use the STAR method", Some(&plain)).starts_with("Situation: "));
    assert!(another("focus on PostgreSQL", Some(&plain)).contains("PostgreSQL"));
    assert!(another("mention Kubernetes", Some(&plain)).contains("Kubernetes"));
    assert!(another("as bullet points", Some(&plain)).lines().all(|line| line.starts_with("- ")));
}

#[test]
fn a_question_of_ones_own_is_answered_too() {
    let request = AnswerRequest { question: "Why Go?".into(), ..AnswerRequest::default() };
    let said = answer(&engineer(), &request);
    assert!(said.contains("Go") && said.contains("Initrode"), "{said}");
    let nothing = answer(&Profile::default(), &AnswerRequest { question: "为什么？".into(), ..request });
    assert!(nothing.len() > 40, "{nothing}");
}

fn numbers(text: &str) -> HashSet<String> {
    text.split(|c: char| !c.is_numeric()).filter(|digits| !digits.is_empty()).map(str::to_owned).collect()
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[A-Za-z0-9 ,.%{}\\[\\]|<>+#-]{0,60}", "\\PC{0,40}"]
}

fn maybe() -> impl Strategy<Value = Option<String>> {
    proptest::option::of(text())
}

fn profiles() -> impl Strategy<Value = Profile> {
    let job = (maybe(), maybe(), proptest::option::of("[A-Za-z0-9 ,.%{}\\[\\]\\n-]{0,300}"))
        .prop_map(|(company, role, description)| Experience { company, role, description, ..Experience::default() });
    let school = (maybe(), maybe()).prop_map(|(degree, institution)| Education { degree, institution, year: None });
    let jobs = proptest::collection::vec(job, 0..4);
    let lists = proptest::collection::vec(proptest::collection::vec(text(), 0..5), 3);
    (jobs, proptest::collection::vec(school, 0..2), lists, proptest::option::of(0.0..40.0_f64)).prop_map(
        |(experience, education, mut lists, years)| Profile {
            experience,
            education,
            certifications: lists.pop().unwrap_or_default(),
            skills: Skills { technical: lists.pop().unwrap_or_default(), soft: lists.pop().unwrap_or_default() },
            total_work_years: years.map(|years| (years * 10.0).round() / 10.0),
            ..Profile::default()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn answers_have_no_placeholder_and_no_number_that_the_profile_has_not(
        profile in profiles(), title in "\\PC{0,20}", instructions in "\\PC{0,40}", count in 1..12_usize,
    ) {
        let known = numbers(&serde_json::to_string(&profile).unwrap());
        let target = Target { job_title: title, ..Target::default() };
        let set = questions(&profile, &request(count, target));
        prop_assert_eq!(set.len(), count);
        for question in set {
            let mut allowed = known.clone();
            allowed.extend(numbers(&question.question));
            allowed.extend(numbers(&instructions));
            let wish = AnswerRequest { question: question.question.clone(), instructions: instructions.clone(), ..AnswerRequest::default() };
            for said in [question.answer, answer(&profile, &wish)] {
                prop_assert!(!said.is_empty());
                prop_assert!(!said.contains(['{', '}', '[', ']']), "{}", said);
                prop_assert!(numbers(&said).is_subset(&allowed), "{}", said);
            }
        }
    }
}
