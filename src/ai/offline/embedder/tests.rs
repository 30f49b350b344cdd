use futures_util::FutureExt as _;
use proptest::prelude::*;

use super::*;

fn cosine(a: &str, b: &str) -> f32 {
    let embedder = OfflineEmbedder;
    dot(&embedder.vector(a), &embedder.vector(b))
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

#[test]
fn a_vector_has_length_one_and_the_stated_dimension() {
    for text in ["How do you test a parser?", "hi", "the of and", "", "?!", "数据库 索引", "x".repeat(5000).as_str()]
    {
        let vector = OfflineEmbedder.vector(text);
        assert_eq!(vector.len(), OfflineEmbedder::DIMENSION);
        assert!((dot(&vector, &vector) - 1.0).abs() < 1e-4, "{text}");
    }
}

#[tokio::test]
async fn much_text_is_embedded_elsewhere_to_the_same_vectors() {
    let (little, much) = (["How do you test a parser?".to_owned()], ["parsers and tests ".repeat(10_000)]);
    assert!(OfflineEmbedder.embed(&little).now_or_never().is_some());
    assert!(OfflineEmbedder.embed(&much).now_or_never().is_none());
    assert_eq!(OfflineEmbedder.embed(&much).await, Ok(vec![OfflineEmbedder.vector(&much[0])]));
    let saved = [(little[0].clone(), much[0].clone())];
    assert!(OfflineEmbedder.embed_saved(&saved).now_or_never().is_none());
    let vector = OfflineEmbedder.saved_vector(&little[0], &much[0]);
    assert_eq!(OfflineEmbedder.embed_saved(&saved).await, Ok(vec![vector]));
}

#[test]
fn the_same_text_always_gives_the_same_bits() {
    let bits = |text: &str| OfflineEmbedder.vector(text).into_iter().map(f32::to_bits).collect::<Vec<_>>();
    let text = "How would you explain recursion to a colleague who has never programmed?";
    assert_eq!(bits(text), bits(text));
    let elsewhere = std::thread::spawn(move || bits(text)).join().unwrap();
    assert_eq!(bits(text), elsewhere);
}

#[test]
fn paraphrases_are_above_the_cut_and_nearer_than_other_questions() {
    for (question, paraphrase, other) in [
        (
            "How do you calm an angry guest?",
            "a customer is furious, what do you do",
            "How do you clean a coffee machine?",
        ),
        ("What is dependency injection?", "dependency injection?", "What is a race condition?"),
        (
            "How do you set priorities?",
            "many tasks at the same time, which one goes first",
            "How do you write a cover letter?",
        ),
        ("Why did you leave your last job?", "reason for leaving ur previous job", "How much would you like to earn?"),
        ("How do you reduce memory usage of a service?", "lower the RAM a service needs", "How do you review code?"),
        ("How do you check a patient's blood pressure?", "measuring bp of a patient", "How do you check an invoice?"),
    ] {
        let (near, far) = (cosine(question, paraphrase), cosine(question, other));
        assert!(near >= CUT && far < CUT, "{question}: {near} and {far}");
    }
}

#[test]
fn words_that_only_frame_a_question_make_nothing_similar() {
    assert!(cosine("Can you tell me about a time when you had this?", "could you tell me what that is about") < CUT);
    assert!(cosine("What is a mutex?", "What is a balance sheet?") < CUT);
}

#[test]
fn slips_of_the_keyboard_and_shorthand_are_understood() {
    for (question, written) in [
        ("How do you handle conflicts with colleagues?", "how do u handle conflits w colleages"),
        ("What is continuous integration?", "whats continous integrtion"),
        ("How do you deploy to Kubernetes?", "k8s deployment how"),
        ("How do you organize a team of five?", "organising a team of 5"),
    ] {
        assert!(cosine(question, written) >= CUT, "{question}: {}", cosine(question, written));
    }
}

#[test]
fn the_answer_brings_a_saved_question_nearer_to_who_asks_for_it() {
    let (question, answer) =
        ("What is a bill of materials?", "A list of all parts and quantities that one finished chair needs.");
    let asks = OfflineEmbedder.vector("which list says what parts a chair is made of");
    let alone = dot(&OfflineEmbedder.saved_vector(question, ""), &asks);
    let with_answer = dot(&OfflineEmbedder.saved_vector(question, answer), &asks);
    assert!(with_answer > alone);
    assert!(dot(&OfflineEmbedder.saved_vector(question, answer), &OfflineEmbedder.vector(question)) > 0.8);
}

#[test]
fn a_chunk_of_a_resume_is_found_by_what_it_says() {
    let chunks = [
        "2019-2023 Backend developer at Acme: designed PostgreSQL schemas, tuned slow queries, cut page load time by half.",
        "2016-2019 Shift leader in a warehouse: ran a crew of pickers, stock counts and forklift safety training.",
        "Education: BSc in nursing, volunteer at a hospice, first aid certificate.",
    ];
    for (query, expected) in
        [("database performance", 0), ("leading people in logistics", 1), ("health care degree", 2)]
    {
        let best = (0..chunks.len()).max_by(|a, b| cosine(query, chunks[*a]).total_cmp(&cosine(query, chunks[*b])));
        assert_eq!(best, Some(expected), "{query}");
    }
}

#[test]
fn every_line_of_the_data_is_read() {
    for (name, text, separator) in [
        ("abbreviations", include_str!("data/abbreviations.txt"), " = "),
        ("forms", include_str!("data/forms.txt"), " = "),
        ("weights", include_str!("data/weights.txt"), ": "),
        ("general", include_str!("data/general.txt"), ": "),
        ("technical", include_str!("data/technical.txt"), ": "),
        ("professions", include_str!("data/professions.txt"), ": "),
        ("everyday", include_str!("data/everyday.txt"), ": "),
    ] {
        let bad =
            text.lines().find(|line| !line.starts_with('#') && !line.is_empty() && line.split(separator).count() != 2);
        assert_eq!(bad, None, "{name}");
    }
}

proptest! {
    #[test]
    fn any_text_has_a_finite_vector(text in "\\PC{0,200}") {
        let vector = OfflineEmbedder.vector(&text);
        prop_assert!(vector.iter().all(|x| x.is_finite()));
        prop_assert!((dot(&vector, &vector) - 1.0).abs() < 1e-3);
    }
}
