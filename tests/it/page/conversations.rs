//! Two browsers that talk to each other.

use std::path::Path;

use reqwest::Method;
use serde_json::json;
use tokio::task::block_in_place;

use super::{browser_program, no_complaints, within_its_time};
use crate::harness::browser::Browser;
use crate::harness::{Account, Database, Server};

async fn sign_in(program: &Path, server: &Server, account: &Account) -> Browser {
    let browser = Browser::open(program, &server.url("/")).await;
    browser.enter("field-email", account.username()).await;
    browser.enter("field-password", Account::PASSWORD).await;
    browser.click("signin-submit").await;
    browser.until("document.querySelector('[data-testid=connection]').dataset.state === 'live'").await;
    browser
}

/// Somebody signed in, with the conversations before them.
async fn enter(program: &Path, server: &Server, account: &Account) -> Browser {
    let browser = sign_in(program, server, account).await;
    browser.run("location.hash = '#/conversations'").await;
    browser.shown("chat-others").await;
    browser
}

fn shows(testid: &str, text: &str) -> String {
    format!(
        "[...document.querySelectorAll('[data-testid={testid}]')].some((node) => node.textContent.includes({text:?}))"
    )
}

/// The row of the list whose title has this text.
fn row(title: &str) -> String {
    format!(
        "[...document.querySelectorAll('[data-testid=chat-row]')]\
         .find((row) => row.querySelector('.chat-row-name').textContent.includes({title:?}))"
    )
}

async fn open_row(browser: &Browser, title: &str) {
    browser.until(&row(title)).await;
    browser.run(&format!("{}.click()", row(title))).await;
    browser.until(&shows("thread-title", title)).await;
}

async fn write(browser: &Browser, text: &str) {
    browser.enter("composer", text).await;
    browser.press("Enter").await;
    browser.until(&shows("message-text", text)).await;
}

/// Each of these texts, and how often it is shown.
async fn count(browser: &Browser, text: &str) -> usize {
    let texts = "[...document.querySelectorAll('[data-testid=message-text]')]";
    browser.value(&format!("{texts}.filter((node) => node.textContent === {text:?}).length")).await
}

/// Points at the latest message with this text, so that its buttons are there.
async fn point_at(browser: &Browser, text: &str) {
    let find = format!(
        "[...document.querySelectorAll('[data-testid=message]')]\
         .findLast((row) => row.dataset.state === 'stored' && row.textContent.includes({text:?}))"
    );
    browser.until(&find).await;
    browser.run(&format!("{find}.focus()")).await;
}

async fn pick(browser: &Browser, account: &Account) {
    browser.enter("picker", account.username()).await;
    let active = "document.querySelector('[data-testid=picker-person][aria-selected=true]')";
    browser.until(&format!("{active}?.dataset.user === '{}'", account.username())).await;
    browser.press("Enter").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_people_talk_and_a_restart_loses_nothing() {
    let Some(program) = browser_program() else { return };
    within_its_time(async {
        let mut server = Server::start(Database::Sqlite);
        let (ada, bo) = (server.account().await, server.account().await);
        let (boss, disabled) = (server.super_agent().await, server.account().await);
        boss.put(&format!("/api/users/{}/disabled", disabled.id()), json!({"disabled": true}), 200).await;
        let ada_page = enter(&program, &server, &ada).await;
        let bo_page = enter(&program, &server, &bo).await;

        first_words(&ada_page, &ada, &bo_page, &bo).await;
        talk(&ada_page, &bo_page).await;
        restart(&mut server, &ada_page, &bo_page, &bo).await;
        buttons_cover_no_words(&bo_page).await;

        for page in [&ada_page, &bo_page] {
            no_complaints(page);
        }
        bo_page.click("sign-out").await;
        ada_page.until(&shows("thread-about", "Offline")).await;
    })
    .await;
}

/// A direct message begins in the directory; the other sees it come, unread, and it is known when they read it.
async fn first_words(ada_page: &Browser, ada: &Account, bo_page: &Browser, bo: &Account) {
    ada_page.click("new-conversation").await;
    ada_page.click("new-direct").await;
    // everybody who can answer, and at the end oneself
    ada_page.until("document.querySelectorAll('[data-testid=picker-person]').length === 3").await;
    let last = "[...document.querySelectorAll('[data-testid=picker-person]')].at(-1).textContent";
    let last: String = ada_page.value(last).await;
    assert!(last.contains(ada.username()) && last.contains("notes to yourself"), "{last}");
    pick(ada_page, bo).await;
    ada_page.until(&shows("thread-title", bo.username())).await;
    ada_page.until(&shows("thread-about", "Online")).await;
    write(ada_page, "Did you see the posting?").await;

    bo_page.until(&format!("{}?.dataset.unread === '1'", row(ada.username()))).await;
    bo_page.until("document.querySelector('[data-testid=unread-badge]').textContent === '1'").await;
    open_row(bo_page, ada.username()).await;
    bo_page.shown("unread-divider").await;
    bo_page.until("document.querySelector('[data-testid=unread-badge]').hidden").await;
    ada_page.shown("seen").await;
}

/// Typing, an answer, a reaction, an edit, a deletion.
async fn talk(ada_page: &Browser, bo_page: &Browser) {
    bo_page.enter("composer", "I am reading").await;
    ada_page.until(&shows("typing", "is typing")).await;
    bo_page.press("Enter").await;
    ada_page.until(&shows("message-text", "I am reading")).await;
    ada_page.until("document.querySelector('[data-testid=typing]').textContent === ''").await;

    point_at(ada_page, "I am reading").await;
    ada_page.click("react").await;
    ada_page.click("emoji").await;
    bo_page.until("document.querySelector('[data-testid=reaction]')?.ariaPressed === 'false'").await;
    bo_page.click("reaction").await;
    ada_page.until("document.querySelector('.reaction-count')?.textContent === '2'").await;

    point_at(bo_page, "Did you see").await;
    bo_page.click("reply").await;
    write(bo_page, "Yes, this one").await;
    ada_page.until("document.querySelector('.message-quote')?.textContent === 'You Did you see the posting?'").await;

    point_at(bo_page, "Yes, this one").await;
    bo_page.click("edit").await;
    bo_page.enter("composer", "!").await;
    bo_page.press("Enter").await;
    ada_page.until(&shows("message-text", "Yes, this one!")).await;
    point_at(bo_page, "I am reading").await;
    bo_page.click("delete-message").await;
    bo_page.click("confirm-yes").await;
    ada_page.until(&shows("message", "This message was deleted.")).await;
    assert_eq!(count(ada_page, "I am reading").await, 0);

    // what was begun is there after a reload, until it is sent
    bo_page.enter("composer", "To be continued").await;
    bo_page.reload().await;
    let draft = |text: &str| format!("document.querySelector('[data-testid=composer]')?.value === {text:?}");
    bo_page.until(&draft("To be continued")).await;
    bo_page.until(&shows("message-text", "Yes, this one!")).await;
    bo_page.run("document.querySelector('[data-testid=composer]').focus()").await;
    bo_page.press("Enter").await;
    ada_page.until(&shows("message-text", "To be continued")).await;
    bo_page.reload().await;
    bo_page.until(&draft("")).await;
}

/// Whichever message has the buttons, all words stay free: in both directions of writing, and on a phone.
async fn buttons_cover_no_words(browser: &Browser) {
    write(browser, &format!("https://example.com/{}", "long".repeat(60))).await;
    browser.until("!document.querySelector('[data-testid=pending]')").await;
    for (narrow, direction) in [(false, "ltr"), (false, "rtl"), (true, "rtl"), (true, "ltr")] {
        if narrow {
            browser.resize(360, 740).await;
        }
        assert_eq!(browser.value::<bool>("matchMedia('(pointer: coarse)').matches").await, narrow);
        browser.run(&format!("document.documentElement.dir = '{direction}'")).await;
        let count: usize = browser.value("document.querySelectorAll('[data-testid=message]').length").await;
        for index in 0..count {
            let row = format!("document.querySelectorAll('[data-testid=message]')[{index}]");
            if browser.value(&format!("{row}.querySelector('.message-gone') !== null")).await {
                continue;
            }
            browser.run(&format!("{row}.focus()")).await;
            browser.until(&format!("{row}.querySelector('[data-testid=message-actions]')")).await;
            let covered = "(() => {
                const box = (node) => node.getBoundingClientRect();
                const buttons = box(document.querySelector('[data-testid=message-actions]'));
                const meets = ({ left, right, top, bottom }) =>
                    left < buttons.right && buttons.left < right && top < buttons.bottom && buttons.top < bottom;
                const words = [...document.querySelectorAll('.message-bubble, .message-sign')];
                return [words.filter((node) => meets(box(node))).length, buttons.left >= 0 && buttons.right <= innerWidth];
            })()";
            let seen: (usize, bool) = browser.value(covered).await;
            assert_eq!(seen, (0, true), "message {index}, {direction}, narrow: {narrow}");
        }
    }
}

/// All icons that are shown, and one that was not shown before.
async fn icons_are_drawn(browser: &Browser) {
    browser.run("return import('/assets/js/dom.js').then(({ icon }) => document.body.append(icon('archive')))").await;
    let drawn = "[...document.querySelectorAll('svg.icon')].filter((icon) => icon.checkVisibility())
        .every((icon) => icon.getBBox().width > 0)";
    browser.until(drawn).await;
    browser.run("document.body.lastElementChild.remove()").await;
}

/// The server dies. One writes meanwhile; the other has no network until both are talking again.
async fn restart(server: &mut Server, ada_page: &Browser, bo_page: &Browser, bo: &Account) {
    bo_page.cut_off(true).await;
    server.kill();
    ada_page.until("document.querySelector('[data-testid=connection]').dataset.state !== 'live'").await;
    write(ada_page, "Written while the server was away").await;
    ada_page.shown("pending").await;
    icons_are_drawn(ada_page).await;
    block_in_place(|| server.restart());
    ada_page.until("!document.querySelector('[data-testid=pending]')").await;
    write(ada_page, "Written while Bo was away").await;
    // from another device of Bo's
    let direct = ada_page.value::<String>("location.hash.split('/').at(-1)").await;
    let path = format!("/api/conversations/{direct}/messages");
    bo.post(&path, json!({"content": "From my telephone"}), 201).await;
    ada_page.until(&shows("message-text", "From my telephone")).await;

    bo_page.cut_off(false).await;
    bo_page.run("dispatchEvent(new Event('online'))").await;
    for text in ["Written while the server was away", "Written while Bo was away", "From my telephone"] {
        bo_page.until(&shows("message-text", text)).await;
        for page in [ada_page, bo_page] {
            assert_eq!(count(page, text).await, 1, "{text}");
        }
    }
    write(bo_page, "All here").await;
    ada_page.until(&shows("message-text", "All here")).await;
    let stored = bo.get(&path, 200).await;
    let shown: Vec<String> =
        ada_page.value("[...document.querySelectorAll('[data-testid=message]')].map((row) => row.dataset.id)").await;
    let stored: Vec<&str> =
        stored.as_array().unwrap().iter().rev().map(|message| message["id"].as_str().unwrap()).collect();
    assert_eq!(shown, stored);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_is_found_and_a_room_is_shared_and_left() {
    let Some(program) = browser_program() else { return };
    within_its_time(async {
        let server = Server::start(Database::Sqlite);
        let (ada, bo) = (server.account().await, server.account().await);
        let ada_page = enter(&program, &server, &ada).await;
        let bo_page = enter(&program, &server, &bo).await;

        create(&ada_page, "new-channel", "Rust jobs").await;
        write(&ada_page, "Northwind is hiring").await;
        bo_page.click("new-conversation").await;
        bo_page.click("browse-channels").await;
        bo_page.until("document.querySelector('[data-channel=rust-jobs]')").await;
        bo_page.run("document.querySelector('[data-channel=rust-jobs]').click()").await;
        bo_page.until(&shows("message-text", "Northwind is hiring")).await;
        open_row(&bo_page, "Everybody").await;
        write(&ada_page, "So is Southwind").await;
        bo_page.until(&format!("{}?.dataset.unread === '1'", row("Rust jobs"))).await;
        write(&bo_page, "Good morning").await;
        open_row(&ada_page, "Everybody").await;
        ada_page.until(&shows("message-text", "Good morning")).await;

        create(&ada_page, "new-room", "Plans").await;
        ada_page.click("members").await;
        pick(&ada_page, &bo).await;
        ada_page.until(&shows("member-list", bo.username())).await;
        ada_page.click("sheet-close").await;
        open_row(&bo_page, "Plans").await;
        write(&bo_page, "Thank you").await;
        ada_page.until(&shows("message-text", "Thank you")).await;
        search(&ada_page).await;

        ada_page.click("members").await;
        ada_page.click("remove-member").await;
        bo_page.shown("thread-lost").await;
        bo_page.until(&format!("!{}", row("Plans"))).await;
        for page in [&ada_page, &bo_page] {
            no_complaints(page);
        }
    })
    .await;
}

async fn create(browser: &Browser, what: &str, name: &str) {
    browser.click("new-conversation").await;
    browser.click(what).await;
    browser.enter("field-name", name).await;
    browser.click("create-submit").await;
    browser.until(&shows("thread-title", name)).await;
}

/// A word brings one to the message that has it, in another conversation.
async fn search(browser: &Browser) {
    browser.enter("chat-search", "Southwind").await;
    browser.click("search-result").await;
    browser.until(&shows("thread-title", "Rust jobs")).await;
    browser.until("document.activeElement.textContent.includes('So is Southwind')").await;
    browser.run("const field = document.querySelector('[data-testid=chat-search]'); field.value = ''; field.dispatchEvent(new Event('input'))").await;
    open_row(browser, "Plans").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_coach_takes_a_chat_from_the_queue_and_closes_it() {
    let Some(program) = browser_program() else { return };
    within_its_time(async {
        let server = Server::start(Database::Sqlite);
        let customer = server.account().await;
        let (coach, other) = (agent(&server, "cleo").await, agent(&server, "dana").await);
        let customer_page = enter(&program, &server, &customer).await;
        let coach_page = sign_in(&program, &server, &coach).await;
        coach_page.shown("chat-others").await;

        coach_page.click("nav-library").await;
        customer_page.click("new-conversation").await;
        customer_page.click("ask-coach").await;
        customer_page.until(&shows("thread-about", "The next free coach")).await;
        write(&customer_page, "Is my summary too long?").await;

        coach_page.until("document.querySelector('[data-testid=waiting-badge]').textContent === '1'").await;
        coach_page.until("document.title.startsWith('(1 waiting) ')").await;
        coach_page.click("nav-conversations").await;
        coach_page.until(&shows("chat-queue", "Is my summary too long?")).await;
        open_row(&coach_page, customer.username()).await;
        coach_page.click("take-chat").await;
        coach_page.until(&shows("thread-about", "Your chat")).await;
        coach_page.until("document.querySelector('[data-testid=waiting-badge]').hidden").await;
        coach_page.until("!document.title.includes('waiting')").await;
        customer_page.until(&shows("thread-title", "cleo")).await;
        write(&coach_page, "By two lines").await;
        customer_page.until(&shows("message-text", "By two lines")).await;

        coach_page.click("thread-menu").await;
        coach_page.click("close-chat").await;
        customer_page.until("document.querySelector('.thread-closed').checkVisibility()").await;
        customer_page.until("!document.querySelector('[data-testid=composer]').checkVisibility()").await;
        customer_page.click("thread-menu").await;
        customer_page.click("reopen-chat").await;
        write(&customer_page, "One more thing").await;
        coach_page.until(&shows("message-text", "One more thing")).await;

        lose(&server, &coach_page, &other).await;
        for page in [&customer_page, &coach_page] {
            no_complaints(page);
        }
    })
    .await;
}

async fn agent(server: &Server, username: &str) -> Account {
    let email = format!("{username}@example.com");
    let arguments = ["user", "create", "--username", username, "--email", &email, "--role", "agent"];
    server.command(&arguments, &format!("{}\n", Account::PASSWORD));
    Account::sign_in(server, username, Account::PASSWORD).await
}

/// A chat that is given to somebody else goes from the screen, and says so.
async fn lose(server: &Server, page: &Browser, other: &Account) {
    let boss = server.super_agent().await;
    let chat = page.value::<String>("location.hash.split('/').at(-1)").await;
    boss.put(&format!("/api/chats/{chat}/assign"), json!({"agentId": other.id()}), 200).await;
    page.shown("thread-lost").await;
    let hidden = other.request(Method::GET, &format!("/api/conversations/{chat}")).send().await.unwrap();
    assert_eq!(hidden.status(), 200);
}
