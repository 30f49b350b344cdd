//! The parts of the page that only compute, each by its own: modules are imported in the browser and asked.

use serde_json::{Value, json};

use super::{browser_program, no_complaints};
use crate::harness::browser::Browser;
use crate::harness::{Database, Server};

/// What an expression over the exports of a module is.
async fn of(browser: &Browser, module: &str, expression: &str) -> Value {
    browser.value(&format!("import('/assets/js/{module}.js').then((m) => ({expression}))")).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn modules_compute_what_they_say() {
    let Some(program) = browser_program() else { return };
    let server = Server::start(Database::Sqlite);
    let browser = Browser::open(&program, &server.url("/")).await;
    let cases = [
        // a similarity is never rounded over the threshold that it missed, nor under the one that it reached
        ("similarity", "m.percentOf(0.7499, false)", json!(74)),
        ("similarity", "m.percentOf(0.7501, true)", json!(76)),
        ("similarity", "[m.percentOf(-0.2, false), m.percentOf(1.0000001, true), m.percentOf(0.29, true)]", json!([0, 100, 29])),
        (
            "similarity",
            "m.sentence(m.verdict({ from_qa: true, similarity: 0.87, threshold: 0.75, runner_up: 0.41 }))",
            json!("87 % similar (needed: 75 %), the next best 41 %"),
        ),
        (
            "similarity",
            "m.sentence(m.verdict({ from_qa: true, similarity: 1, threshold: 0.75, runner_up: null }))",
            json!("The same words: 100 % similar"),
        ),
        (
            "similarity",
            "m.sentence(m.verdict({ from_qa: false, similarity: 0.7499, threshold: 0.75 }))",
            json!("The nearest saved question is 74 % similar (needed: 75 %)"),
        ),
        ("similarity", "m.verdict({ from_qa: false, reason: 'EMBEDDING_UNAVAILABLE' }).kind", json!("blind")),
        ("similarity", "[m.verdict({ from_qa: false }).kind, m.verdict(null).kind]", json!(["nothing", "nothing"])),
        // history: newest first in, pairs in order out; what has no answer, or is deleted, is left out
        (
            "similarity",
            "m.exchanges([{ seq: 5, sender: { id: 1 }, content: 'c?' }, { seq: 4, sender: 'assistant', content: 'b!', metadata: null },
                { seq: 3, sender: { id: 1 }, content: 'b?' }, { seq: 2, sender: 'assistant', content: 'a!', deleted: true },
                { seq: 1, sender: { id: 1 }, content: 'a?' }])",
            json!([{"seq": 4, "asked": "b?", "answer": "b!", "metadata": null}]),
        ),
        // an answer belongs to the question that it names; one without a name to the oldest
        ("similarity", "[m.answeredIndex(['a?', 'b?'], { question: 'b?' }), m.answeredIndex(['a?', 'b?'], { from_qa: false }),
            m.answeredIndex(['a?'], { question: 'c?' }), m.answeredIndex([], null)]", json!([1, 0, -1, -1])),
        // a card and the library
        (
            "interview-set",
            "[null, [], [['q1', { answer: 'A' }]], [['q1', { answer: 'B' }]]]
                .map((rows) => m.standing({ id: 'q1', draft: 'A ' }, rows && new Map(rows)))",
            json!(["unknown", "new", "saved", "changed"]),
        ),
        (
            "interview-set",
            "(() => { const set = m.newSet({}, [{ id: 'q1', answer: 'A' }]); const [card] = set.cards; const saved = new Map();
                const seen = [m.wouldLose(set, saved)]; m.replaceAnswer(card, 'B'); seen.push(m.wouldLose(set, saved));
                saved.set('q1', { answer: 'B' }); seen.push(m.wouldLose(set, saved)); m.swapBack(card); seen.push(card.draft, card.before);
                card.editing = 'C'; seen.push(m.wouldLose(set, saved)); return seen; })()",
            json!([false, true, false, "A", "B", true]),
        ),
        (
            "interview-set",
            "[{ level: 'Lead', job_title: 'Editor', company: 'Initech' }, { level: '', job_title: '', company: 'Initech' }, {}].map(m.targetLine)",
            json!(["Lead · Editor at Initech", "at Initech", ""]),
        ),
        (
            "views/file-check",
            "['linkedin.com/in/ada', ' www.LinkedIn.com/in/ada', 'https://de.linkedin.com/in/ada', 'notlinkedin.com', 'linkedin.com.evil.org', '']
                .map(m.linkedinAddress)",
            json!(["https://linkedin.com/in/ada", "https://www.LinkedIn.com/in/ada", "https://de.linkedin.com/in/ada", "notlinkedin.com", "linkedin.com.evil.org", ""]),
        ),
        (
            "views/file-check",
            "['linkedin.com/in/ada', 'linkedin.com:443/in/ada', 'notlinkedin.com'].map((text) => m.linkedinProblem(m.linkedinAddress(text)) === null)",
            json!([true, true, false]),
        ),
        ("coach", "m.tagList(' rust, go,, rust ,')", json!(["rust", "go"])),
        ("router", "[m.address('/library'), m.address('/library', { q: 'a b', tag: '', n: 0 })]", json!(["#/library", "#/library?q=a+b&n=0"])),
    ];
    for (module, expression, expected) in cases {
        assert_eq!(of(&browser, module, expression).await, expected, "{module}: {expression}");
    }
    no_complaints(&browser);
}
