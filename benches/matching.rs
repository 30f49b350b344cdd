//! How long it takes to find which of 500 loaded questions a message asks, without the call that embeds the message:
//! `cargo bench --bench matching`. Aim: at most 0.2 ms.

use criterion::{Criterion, criterion_group, criterion_main};
use greenroom::ai::offline::OfflineEmbedder;
use greenroom::domain::matching::scale::Scale;
use greenroom::services::matching::{Matcher, SavedQuestion};

const TOPICS: [&str; 20] = [
    "PostgreSQL",
    "a conflict",
    "Kubernetes",
    "a deadline",
    "Rust",
    "your team",
    "on-call duty",
    "code review",
    "a failure",
    "Kafka",
    "mentoring",
    "a migration",
    "technical debt",
    "customers",
    "testing",
    "the budget",
    "security",
    "hiring",
    "Redis",
    "documentation",
];
const FORMS: [&str; 25] = [
    "How do you deal with",
    "What did you learn from",
    "Tell me about a time with",
    "Why do you like",
    "How would you improve",
    "What is hardest about",
    "How do you explain to a beginner",
    "Describe your last project with",
    "How do you measure",
    "What would you do differently with",
    "When do you avoid",
    "How many years have you worked with",
    "Who taught you about",
    "How do you plan",
    "What went wrong with",
    "How do you prioritise",
    "What do you dislike about",
    "How do you document",
    "How do you scale",
    "What tools help you with",
    "How do you teach",
    "How do you debug",
    "How do you estimate",
    "What surprised you about",
    "How did you decide on",
];

const MESSAGES: [(&str, &str); 3] = [
    ("exact wording", "how do you deal with a DEADLINE?"),
    ("paraphrase", "what helps you when a deadline gets close?"),
    ("something else", "where do you see yourself in 5 years?"),
];

fn matching(criterion: &mut Criterion) {
    let questions = FORMS.iter().flat_map(|form| TOPICS.iter().map(move |topic| format!("{form} {topic}?")));
    let saved: Vec<SavedQuestion> = (1..)
        .zip(questions)
        .map(|(id, question)| {
            let answer = format!("Answer {id}: it depends, and this is what I did.");
            let embedding = OfflineEmbedder.saved_vector(&question, &answer);
            SavedQuestion { id, question, answer, embedding }
        })
        .collect();
    assert_eq!(saved.len(), 500);
    let matcher = Matcher::new(saved, Scale::with_cut(0.3), 0.75);
    for (name, message) in MESSAGES {
        let vector = OfflineEmbedder.vector(message);
        criterion.bench_function(name, |bencher| bencher.iter(|| matcher.best(message, &vector)));
    }
}

criterion_group!(benches, matching);
criterion_main!(benches);
