//! From the profile to a rehearsal: exports, questions, library, and the saved answer found again by a question in other words.

use serde_json::{Value, json};

use super::{browser_program, no_complaints, sign_up, upload_and_open_the_profile, within_its_time};
use crate::harness::browser::Browser;
use crate::harness::{Database, Server};

const ANSWER: &str = "I read the query plans first, then the indexes.";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_candidate_takes_the_profile_prepares_answers_and_rehearses_them() {
    let Some(program) = browser_program() else { return };
    let journey = async {
        let server = Server::start(Database::Sqlite);
        let browser = Browser::open(&program, &server.url("/")).await;
        sign_up(&browser).await;
        upload_and_open_the_profile(&browser).await;

        take_the_profile_in_every_format(&browser).await;
        let question = generate_edit_and_save(&browser).await;
        what_was_made_survives_a_reload(&browser).await;
        filter_and_edit_the_library(&browser, &question).await;
        rehearse(&browser, &question).await;
        everything_fits_a_phone(&browser).await;
        leave_nothing_behind(&browser).await;
        no_complaints(&browser);
    };
    within_its_time(journey).await;
}

async fn take_the_profile_in_every_format(browser: &Browser) {
    for (format, media_type) in [
        ("pdf", "application/pdf"),
        ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("json", "application/json"),
        ("csv", "text/csv"),
        ("jsonresume", "application/json"),
    ] {
        let asked = format!(
            "fetch(document.querySelector('[data-testid=export-{format}]').href)
                .then((answer) => [answer.status, answer.headers.get('content-type')])"
        );
        let (status, kind): (u16, String) = browser.value(&asked).await;
        assert_eq!((status, kind.starts_with(media_type)), (200, true), "{format}: {kind}");
    }
    // the button itself: what it hands to the browser has the name that the server gave
    let catch = "window.downloads = [];
        const click = HTMLAnchorElement.prototype.click;
        HTMLAnchorElement.prototype.click = function () {
            if (this.isConnected) click.call(this); else downloads.push([this.download, this.protocol]);
        };";
    browser.run(catch).await;
    browser.click("export-docx").await;
    browser.until("document.getElementById('announcer').textContent.includes('DOCX is downloaded')").await;
    let (name, protocol): (String, String) = browser.value("downloads[0]").await;
    assert!(name.starts_with("resume_analysis_") && name.ends_with(".docx"), "{name}");
    assert_eq!(protocol, "blob:");
}

/// The first question of the set, whose answer is now ours.
async fn generate_edit_and_save(browser: &Browser) -> String {
    browser.click("prepare-interview").await;
    browser.enter("job-title", "Senior Rust engineer").await;
    browser.enter("company", "Initech").await;
    browser.run("document.querySelector('[data-testid=num-questions]').value = ''").await;
    browser.enter("num-questions", "4").await;
    browser.click("generate").await;
    browser.until("document.querySelectorAll('[data-testid=question-card][data-saved=new]').length === 4").await;
    assert_eq!(browser.text("questions-title").await, "4 questions");
    // a server that took part in nothing yet has nothing saved: that is what the page says
    assert_eq!(browser.text("saved-tally").await, "0 of 4 in your library.");

    let before = browser.text("answer").await;
    browser.click("another-answer").await;
    browser.click("write-another").await;
    browser.until("document.querySelector('[data-testid=previous-answer]')?.checkVisibility()").await;
    assert_ne!(browser.text("answer").await, before);

    browser.click("edit-question").await;
    browser.run("document.querySelector('[data-testid=edit-answer]').value = ''").await;
    browser.enter("edit-answer", ANSWER).await;
    browser.click("edit-done").await;
    assert_eq!(browser.text("answer").await, ANSWER);
    let standing: String = browser.value("document.querySelector('[data-testid=question-card]').dataset.saved").await;
    assert_eq!(standing, "new");
    saved_elsewhere(browser).await;
    browser.click("save-question").await;
    browser.until("document.querySelector('[data-testid=question-card]')?.dataset.saved === 'changed'").await;
    assert_eq!(browser.text("toast").await.trim(), "This question is already in your library");
    browser.click("save-question").await;
    browser.until("document.querySelector('[data-testid=question-card]')?.dataset.saved === 'saved'").await;
    assert_eq!(browser.text("saved-tally").await, "1 of 4 in your library.");
    browser.click("save-all").await;
    browser.until("document.querySelectorAll('[data-testid=question-card][data-saved=saved]').length === 4").await;
    browser.value("document.querySelector('[data-testid=question-card] h3').textContent").await
}

/// The same question is saved in another window, with another answer: this one hears of it when it saves.
async fn saved_elsewhere(browser: &Browser) {
    let save = "(async () => {
            const card = document.querySelector('[data-testid=question-card]');
            const body = { job_id: new URLSearchParams(location.hash.split('?')[1]).get('job'), question_id: card.dataset.questionId,
                question: card.querySelector('h3').textContent, answer: 'Written elsewhere.' };
            const headers = { 'Content-Type': 'application/json' };
            return (await fetch('/api/interview/save-question', { method: 'POST', headers, body: JSON.stringify(body) })).status;
        })()";
    assert_eq!(browser.value::<u16>(save).await, 201);
}

async fn what_was_made_survives_a_reload(browser: &Browser) {
    browser.click("edit-question").await;
    browser.enter("edit-answer", " And then?").await;
    browser.reload().await;
    browser.shown("edit-answer").await;
    let draft: String = browser.value("document.querySelector('[data-testid=edit-answer]').value").await;
    assert!(draft.contains("And then?"), "{draft}");
    browser.click("edit-cancel").await;
    browser.until("document.querySelectorAll('[data-testid=question-card][data-saved=saved]').length === 4").await;
    assert_eq!(browser.text("answer").await, ANSWER);
}

async fn filter_and_edit_the_library(browser: &Browser, question: &str) {
    browser.click("nav-library").await;
    browser.until("document.querySelectorAll('[data-testid=saved-card]').length === 4").await;
    browser.enter("filter-q", "query plans").await;
    browser.until("document.querySelector('[data-testid=library-tally]')?.textContent === '1 question found'").await;
    assert_eq!(browser.text("saved-question").await, question);
    // the filter stands in the address, and is taken from there
    browser.reload().await;
    browser.until("document.querySelectorAll('[data-testid=saved-card]').length === 1").await;
    let shown: String = browser.value("document.querySelector('[data-testid=filter-q]').value").await;
    assert_eq!(shown, "query plans");

    browser.click("edit-saved").await;
    browser.enter("edit-tags", ", databases").await;
    browser.click("edit-save").await;
    browser.until("[...document.querySelectorAll('.label.tag')].some((tag) => tag.textContent === 'databases')").await;
    browser.click("filter-clear").await;
    browser.until("document.querySelectorAll('[data-testid=saved-card]').length === 4").await;
    browser.enter("filter-tag", "databases").await;
    browser.until("document.querySelectorAll('[data-testid=saved-card]').length === 1").await;
    let choose = |filter: &str, value: &str| {
        format!(
            "const select = document.querySelector('[data-testid=filter-{filter}]');
            select.value = '{value}'; select.dispatchEvent(new Event('input', {{ bubbles: true }}));"
        )
    };
    let labels = "['category', 'difficulty'].map((name) => document.querySelector(`.label.${name}`).textContent)";
    let (category, difficulty): (String, String) = browser.value(labels).await;
    let other = if category == "Technical" { "Behavioral" } else { "Technical" };
    browser.run(&choose("category", other)).await;
    browser.shown("library-nothing").await;
    browser.run(&choose("category", &category)).await;
    browser.until("document.querySelectorAll('[data-testid=saved-card]').length === 1").await;
    browser.run(&choose("difficulty", if difficulty == "Easy" { "Hard" } else { "Easy" })).await;
    browser.shown("library-nothing").await;
    browser.click("filter-clear").await;
    browser.until("document.querySelectorAll('[data-testid=saved-card]').length === 4").await;
    // the oldest goes; the one that is rehearsed stays
    let last = "[...document.querySelectorAll('[data-testid=saved-card]')]
        .find((card) => !card.textContent.includes('query plans')).querySelector('[data-testid=delete-saved]').click()";
    browser.run(last).await;
    browser.click("confirm-yes").await;
    browser.until("document.querySelectorAll('[data-testid=saved-card]').length === 3").await;
}

async fn rehearse(browser: &Browser, question: &str) {
    browser.click("nav-rehearsal").await;
    browser
        .until("document.querySelector('[data-testid=memory-status]')?.textContent === '3 saved questions in memory'")
        .await;
    let paraphrase = format!("So, please tell me: {}", question.to_lowercase());
    let first = ask(browser, &paraphrase, 1).await;
    assert_eq!(first["state"], "matched", "{first}");
    assert_eq!((&first["matched"], &first["reply"]), (&json!(question), &json!(ANSWER)));
    let similarity: f64 = first["similarity"].as_str().unwrap().parse().unwrap();
    assert!((0.75..1.0).contains(&similarity), "{first}");
    assert!(first["sentence"].as_str().unwrap().contains("(needed: 75 %)"), "{first}");

    let none = ask(browser, "Which zebras migrate in July?", 2).await;
    assert_eq!((&none["state"], &none["matched"]), (&json!("missing"), &Value::Null), "{none}");
    assert!(none["sentence"].as_str().unwrap().starts_with("The nearest saved question is "), "{none}");

    // what nobody could answer is written, saved, and found in other words
    browser.click("write-missing").await;
    browser.enter("missing-answer", "Those of Botswana.").await;
    browser.click("missing-save").await;
    browser
        .until("document.querySelector('[data-testid=memory-status]')?.textContent === '4 saved questions in memory'")
        .await;
    let found = ask(browser, "So which zebras migrate in July?", 3).await;
    assert_eq!((&found["state"], &found["reply"]), (&json!("matched"), &json!("Those of Botswana.")), "{found}");

    // of one analysis only; without memory there is no answer; both are kept over a reload, and so is what was said
    choose_memory(browser, "document.querySelector('[data-testid=memory-choice]').options[2].value", "loaded").await;
    browser.reload().await;
    browser.until("document.querySelectorAll('[data-testid=exchange][data-state=matched]').length === 2").await;
    browser.until("document.querySelector('[data-testid=memory-status]')?.dataset.state === 'loaded'").await;
    assert!(browser.value::<String>("location.hash").await.starts_with("#/rehearsal?job="));
    choose_memory(browser, "'off'", "off").await;
    assert_eq!(ask(browser, question, 4).await["state"], "missing");
}

async fn everything_fits_a_phone(browser: &Browser) {
    browser.resize(360, 740).await;
    for part in ["resumes", "interview", "library", "rehearsal", "conversations"] {
        browser.click(&format!("nav-{part}")).await;
        browser.until(&format!("document.querySelector('[data-testid=nav-{part}]').ariaCurrent === 'page'")).await;
        browser.until("!document.querySelector('[aria-busy=true], .skeleton')").await;
        let widths: (u32, u32) = browser.value("[document.documentElement.scrollWidth, innerWidth]").await;
        assert!(widths.0 <= widths.1, "{part}: {widths:?}");
        // whoever reads by ear is told where they are
        browser.until("document.activeElement.tagName === 'H1'").await;
    }
}

async fn leave_nothing_behind(browser: &Browser) {
    let kept = "Object.keys(localStorage).filter((key) => key.startsWith('greenroom.kept')).length";
    assert!(browser.value::<u32>(kept).await > 0);
    browser.click("sign-out").await;
    browser.shown("signin-form").await;
    assert_eq!(browser.value::<u32>(kept).await, 0);
}

async fn choose_memory(browser: &Browser, choice: &str, state: &str) {
    let change = format!(
        "const select = document.querySelector('[data-testid=memory-choice]');
        select.value = {choice}; select.dispatchEvent(new Event('change'));"
    );
    browser.run(&change).await;
    browser.until(&format!("document.querySelector('[data-testid=memory-status]')?.dataset.state === '{state}'")).await;
}

/// Asks the `nth` question, and reads what came of it.
async fn ask(browser: &Browser, question: &str, nth: usize) -> Value {
    browser.enter("composer-text", question).await;
    browser.press("Enter").await;
    let settled = format!(
        "document.querySelectorAll('[data-testid=exchange]').length === {nth} &&
            document.querySelector('[data-testid=exchange]:last-child').dataset.state !== 'waiting'"
    );
    browser.until(&settled).await;
    let read = "const last = document.querySelector('[data-testid=exchange]:last-child');
        const text = (id) => last.querySelector(`[data-testid=${id}]`)?.textContent ?? null;
        return { state: last.dataset.state, reply: text('reply-text'), matched: text('matched-question'),
            sentence: text('similarity'), similarity: last.querySelector('[data-testid=verdict]')?.dataset.similarity ?? null };";
    browser.value(&format!("(() => {{ {read} }})()")).await
}
