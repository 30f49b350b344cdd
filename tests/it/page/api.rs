//! The page that describes the API.

use super::{browser_program, no_complaints};
use crate::harness::browser::Browser;
use crate::harness::{Database, Server};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_of_the_api_shows_every_path_under_our_policy() {
    let Some(program) = browser_program() else { return };
    let server = Server::start(Database::Sqlite);
    let browser = Browser::open(&program, &server.url("/api/docs")).await;
    browser.until("document.querySelectorAll('.opblock').length > 90").await;
    browser.run("document.querySelector('#operations-Accounts-login button').click()").await;
    browser.until("document.querySelector('#operations-Accounts-login .responses-table')").await;
    no_complaints(&browser);
}
