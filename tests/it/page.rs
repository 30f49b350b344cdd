//! The page of the web client in a real browser, from signing up to signing out.

use std::sync::{Mutex, mpsc};
use std::time::Duration;

use serde_json::json;
use tokio::task::block_in_place;
use tokio::time::timeout;

use crate::harness::ai_stub::{AiStub, says};
use crate::harness::browser::{Browser, chromium};
use crate::harness::{Database, Server, available, resume};

const STEPS: [&str; 5] = ["extracting_text", "chunking", "generating_embeddings", "analyzing", "completed"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_candidate_signs_up_uploads_reads_the_profile_and_leaves() {
    let Some(program) = available("chromium", chromium()) else { return };
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
        upload_and_watch(&browser, release).await;
        read_the_evidence_by_keyboard(&browser).await;
        remember_connection_states(&browser).await;
        block_in_place(|| server.kill_and_restart());
        browser.until("states.at(-1) === 'live' && states.some((state) => state !== 'live')").await;
        delete_the_upload(&browser).await;
        browser.click("sign-out").await;
        browser.shown("signin-form").await;

        let complaints: Vec<String> = browser.complaints().into_iter().filter(|line| !is_expected(line)).collect();
        assert_eq!(complaints, Vec::<String>::new());
    };
    timeout(Duration::from_secs(240), journey).await.expect("the journey ends within its time");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_of_the_api_shows_every_path_under_our_policy() {
    let Some(program) = available("chromium", chromium()) else { return };
    let server = Server::start(Database::Sqlite);
    let browser = Browser::open(&program, &server.url("/api/docs")).await;
    browser.until("document.querySelectorAll('.opblock').length > 90").await;
    browser.run("document.querySelector('#operations-Accounts-login button').click()").await;
    browser.until("document.querySelector('#operations-Accounts-login .responses-table')").await;
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

async fn sign_up(browser: &Browser) {
    browser.click("to-signup").await;
    browser.enter("field-name", "Ada Fenwick").await;
    browser.enter("field-email", "ada@example.com").await;
    browser.enter("field-password", "correct horse").await;
    browser.click("signup-submit").await;
    browser.shown("drop-zone").await;
    browser.until("document.querySelector('[data-testid=connection]').dataset.state === 'live'").await;
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

/// What browsers log without being asked: the question who is signed in, asked by somebody who is not, and connections
/// that fail while the server is away.
fn is_expected(line: &str) -> bool {
    let nobody_yet = line.contains(" 401 ") && line.ends_with("/api/auth/me");
    nobody_yet || (line.starts_with("network: ") && line.contains("net::ERR_"))
}
