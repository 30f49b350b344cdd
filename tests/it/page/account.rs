//! One's own account: a new password, who looked, an archive, the end.

use super::{browser_program, no_complaints, sign_up, upload_and_open_the_profile, within_its_time};
use crate::harness::browser::Browser;
use crate::harness::{Database, Server};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_is_looked_after_and_erased() {
    let Some(program) = browser_program() else { return };
    within_its_time(async {
        let server = Server::start(Database::Sqlite);
        let boss = server.super_agent().await;
        let browser = Browser::open(&program, &server.url("/")).await;
        sign_up(&browser).await;
        upload_and_open_the_profile(&browser).await;
        let job: String = browser.value("location.hash.split('/').at(-1)").await;
        boss.get(&format!("/api/analysis/result?job_id={job}"), 200).await;

        browser.click("to-account").await;
        browser.until("document.querySelector('[data-testid=to-account]').ariaCurrent === 'page'").await;
        browser.until("document.activeElement.dataset.testid === 'account-title'").await;
        let access = browser.text("access").await;
        assert!(access.contains(boss.username()) && access.contains("read this analysis"), "{access}");
        archive(&browser).await;
        away(&browser).await;
        change_password(&browser).await;
        erase(&browser).await;
        assert_eq!(boss.get("/api/users?q=fenwick", 200).await.as_array().unwrap().len(), 0);
        no_complaints(&browser);
    })
    .await;
}

async fn archive(browser: &Browser) {
    let watch = "window.named = null;
        addEventListener('click', ({ target }) => { if (target.download) named = target.download; }, true);
        const { click } = HTMLAnchorElement.prototype;
        HTMLAnchorElement.prototype.click = function () { named = this.download; click.call(this); };";
    browser.run(watch).await;
    browser.click("export-account").await;
    browser.until("document.querySelector('#announcer').textContent.includes('is downloaded')").await;
    assert_eq!(browser.value::<String>("named").await, "greenroom_export.zip");
}

async fn away(browser: &Browser) {
    let is_online = "fetch('/api/users/me').then((answer) => answer.json()).then((user) => user.is_online)";
    browser.until("!document.querySelector('[data-testid=away]').disabled").await;
    assert!(browser.value::<bool>(is_online).await);
    browser.click("away").await;
    browser.until("document.querySelector('#announcer').textContent.includes('see you as away')").await;
    assert!(!browser.value::<bool>(is_online).await);
}

async fn change_password(browser: &Browser) {
    browser.click("password-submit").await;
    assert_eq!(browser.text("error-current_password").await, "Please enter your current password.");
    browser.enter("field-current_password", "wrong horse").await;
    browser.enter("field-new_password", "battery staple").await;
    browser.enter("field-repeated", "battery stable").await;
    browser.click("password-submit").await;
    assert!(browser.text("error-repeated").await.starts_with("This is not the same"));
    let retype = "const again = document.querySelector('[data-testid=field-repeated]');
        again.value = 'battery staple'; again.dispatchEvent(new Event('input'));";
    browser.run(retype).await;
    browser.click("password-submit").await;
    browser
        .until("document.querySelector('[data-testid=error-current_password]').textContent.includes('not right')")
        .await;
    let current = "document.querySelector('[data-testid=field-current_password]')";
    browser.until(&format!("document.activeElement === {current}")).await;
    browser.run(&format!("{current}.value = ''")).await;
    browser.enter("field-current_password", "correct horse").await;
    browser.click("password-submit").await;
    browser.until("document.querySelector('[data-testid=password-done]').textContent.includes('is changed')").await;
}

async fn erase(browser: &Browser) {
    browser.enter("erase-password", "correct horse").await;
    browser.click("erase-submit").await;
    browser.click("confirm-yes").await;
    browser.until("document.querySelector('[data-testid=error-password]').textContent.includes('not right')").await;
    browser.until("document.querySelector('[data-testid=connection]').dataset.state === 'live'").await;
    browser.run("document.querySelector('[data-testid=erase-password]').value = ''").await;
    browser.enter("erase-password", "battery staple").await;
    browser.click("erase-submit").await;
    browser.click("confirm-yes").await;
    browser.shown("signin-form").await;
    assert_eq!(browser.text("toast").await.trim(), "Your account is erased.");
    let kept: Vec<String> =
        browser.value("Object.keys(localStorage).filter((key) => key.startsWith('greenroom.kept'))").await;
    assert_eq!(kept, Vec::<String>::new());
}
