//! The page of the web client in a real browser.

use std::future::Future;
use std::path::PathBuf;
use std::time::Duration;

use tokio::time::timeout;

use crate::harness::browser::{Browser, chromium};
use crate::harness::{available, resume};

mod account;
mod api;
mod coach;
mod conversations;
mod modules;
mod resumes;
mod scripts;

/// Chromium, or none: then the journey is skipped, and says so.
fn browser_program() -> Option<PathBuf> {
    available("chromium", chromium())
}

/// A journey that hangs fails.
async fn within_its_time(journey: impl Future<Output = ()>) {
    timeout(Duration::from_secs(240), journey).await.expect("the journey ends within its time");
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

/// Hands in the sample résumé, waits until it is analysed, and opens what was found.
async fn upload_and_open_the_profile(browser: &Browser) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("Ada Fenwick.docx");
    std::fs::write(&file, resume::docx()).unwrap();
    browser.choose("file-input", &file).await;
    browser.click("upload-submit").await;
    browser.click("open-profile").await;
    browser.shown("profile").await;
}

/// The console has nothing to complain of, but what browsers log without being asked: the question who is signed in, asked
/// by somebody who is not, a wrong password, a file that is none, a question that was saved in another window, and connections that fail while the
/// server is away.
fn no_complaints(browser: &Browser) {
    let is_expected = |line: &String| {
        let nobody_yet = line.contains(" 401 ") && line.ends_with("/api/auth/me");
        let saved_elsewhere = line.contains(" 409 ") && line.ends_with("/api/interview/save-question");
        let wrong_password =
            line.contains(" 403 ") && ["/api/auth/password", "/api/users/me"].iter().any(|path| line.ends_with(path));
        let no_document = line.contains(" 400 ") && line.ends_with("/api/upload");
        nobody_yet
            || wrong_password
            || no_document
            || saved_elsewhere
            || (line.starts_with("network: ") && line.contains("net::ERR_"))
    };
    let complaints: Vec<String> = browser.complaints().into_iter().filter(|line| !is_expected(line)).collect();
    assert_eq!(complaints, Vec::<String>::new());
}
