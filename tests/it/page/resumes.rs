//! From signing up to signing out: upload, live steps, profile.

use std::sync::{Mutex, mpsc};

use serde_json::json;
use tokio::task::block_in_place;

use super::{browser_program, no_complaints, sign_up, within_its_time};
use crate::harness::ai_stub::{AiStub, says};
use crate::harness::browser::Browser;
use crate::harness::{Database, resume};

const STEPS: [&str; 5] = ["extracting_text", "chunking", "generating_embeddings", "analyzing", "completed"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_candidate_signs_up_uploads_reads_the_profile_and_leaves() {
    let Some(program) = browser_program() else { return };
    let journey = async {
        // the model answers when the test has seen the steps; if the test fails, the channel closes and it answers too
        let (release, gate) = mpsc::channel::<()>();
        let gate = Mutex::new(gate);
        let stub = AiStub::start(move |_| {
            let _ = gate.lock().unwrap().recv();
            says(json!({"name": "Ada Fenwick", "skills": {"technical": ["Rust"], "soft": []}}))
        });
        let stub = stub.await;
        let mut server = stub.serve(Database::Sqlite, &[]);
        let browser = Browser::open(&program, &server.url("/")).await;

        sign_up(&browser).await;
        hand_in_something_else(&browser).await;
        upload_and_watch(&browser, release).await;
        read_the_evidence_by_keyboard(&browser).await;
        remember_connection_states(&browser).await;
        block_in_place(|| server.kill_and_restart());
        browser.until("states.at(-1) === 'live' && states.some((state) => state !== 'live')").await;
        delete_the_upload(&browser).await;
        browser.click("sign-out").await;
        browser.shown("signin-form").await;
        no_complaints(&browser);
    };
    within_its_time(journey).await;
}

/// A name says nothing of the content; and nobody types the scheme of an address.
async fn hand_in_something_else(browser: &Browser) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("Ada Fenwick.pdf");
    std::fs::write(&file, "Dear Sir or Madam").unwrap();
    browser.choose("file-input", &file).await;
    browser.enter("linkedin-input", "linkedin.com/in/ada").await;
    browser.click("upload-submit").await;
    browser.shown("upload-error").await;
    let text = browser.text("upload-error").await;
    assert!(text.contains("“Ada Fenwick.pdf” is named as a PDF file, but its content is not one"), "{text}");
    let address: String = browser.value("document.querySelector('[data-testid=linkedin-input]').value").await;
    assert_eq!(address, "https://linkedin.com/in/ada");
    browser.click("choose-another").await;
}

async fn upload_and_watch(browser: &Browser, release: mpsc::Sender<()>) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("Ada Fenwick.docx");
    std::fs::write(&file, resume::docx()).unwrap();
    browser.choose("file-input", &file).await;
    browser.click("upload-submit").await;
    browser.shown("step-list").await;
    let step = |name: &str, state: &str| {
        format!("document.querySelector('[data-step={name}]')?.matches('[data-testid=step][data-state={state}]')")
    };
    browser.until(&step("analyzing", "active")).await;
    let steps: Vec<String> =
        browser.value("[...document.querySelectorAll('[data-testid=step]')].map((step) => step.dataset.step)").await;
    assert_eq!(steps, STEPS);
    for done in &STEPS[..3] {
        browser.until(&step(done, "done")).await;
    }
    assert!(browser.text("upload-list").await.contains("Ada Fenwick.docx"));
    drop(release);
    browser.until("document.querySelector('[data-testid=job-card]').dataset.status === 'completed'").await;
}

async fn read_the_evidence_by_keyboard(browser: &Browser) {
    browser.click("open-profile").await;
    browser.shown("profile").await;
    assert_eq!(browser.text("profile-name").await, "Ada Fenwick");
    browser.until("document.activeElement.dataset.testid === 'profile-name'").await;
    browser.press("Tab").await;
    browser.shown("evidence-popover").await;
    let focus: String = browser.value("document.activeElement.dataset.path").await;
    assert_eq!(focus, "name");
    assert!(browser.text("evidence-popover").await.contains("Ada Fenwick"));
    browser.press("Escape").await;
    browser.until("!document.querySelector('[data-testid=evidence-popover]')?.checkVisibility()").await;
}

async fn remember_connection_states(browser: &Browser) {
    let watch = "const node = document.querySelector('[data-testid=connection]');
        window.states = [node.dataset.state];
        new MutationObserver(() => states.push(node.dataset.state)).observe(node, { attributeFilter: ['data-state'] });";
    browser.run(watch).await;
}

async fn delete_the_upload(browser: &Browser) {
    browser.click("back").await;
    browser.click("delete-upload").await;
    browser.click("confirm-yes").await;
    browser.until("!document.querySelector('[data-testid=upload-card]')").await;
}
