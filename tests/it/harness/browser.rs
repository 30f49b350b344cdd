//! Drives a page in Chromium: finds by `data-testid`, waits for conditions, and keeps what the console complains of.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chromiumoxide::browser::{Browser as Chromium, BrowserConfig};
use chromiumoxide::cdp::browser_protocol::dom::SetFileInputFilesParams;
use chromiumoxide::cdp::browser_protocol::emulation::{
    SetDeviceMetricsOverrideParams, SetFocusEmulationEnabledParams, SetTouchEmulationEnabledParams,
};
use chromiumoxide::cdp::browser_protocol::log::EventEntryAdded;
use chromiumoxide::cdp::browser_protocol::network::{EmulateNetworkConditionsByRuleParams, NetworkConditions};
use chromiumoxide::cdp::js_protocol::runtime::{EventConsoleApiCalled, EventExceptionThrown};
use chromiumoxide::{Element, Page};
use futures_util::StreamExt as _;
use serde::de::DeserializeOwned;
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// How long a condition may take to come true before the test fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where Chromium is installed.
pub fn chromium() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    let mut found = std::env::split_paths(&path).flat_map(|folder| names.map(|name| folder.join(name)));
    found.find(|program| program.is_file())
}

/// Opens a page and waits until it is loaded. `Page::goto` waits for lifecycle events that now and then have passed
/// before it listens, so the document itself is told and asked.
async fn visit(page: &Page, url: &str) {
    page.evaluate(format!("location.assign({url:?})")).await.unwrap();
    let loaded = async {
        let ready = "document.readyState === 'complete' && location.href !== 'about:blank'";
        // while the old document is replaced there is nothing to ask
        while !matches!(page.evaluate(ready).await.map(|answer| answer.into_value()), Ok(Ok(true))) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, loaded).await.expect("the page loads in time");
}

/// A browser with one page and a profile of its own; gone when dropped.
pub struct Browser {
    page: Page,
    console: Arc<Mutex<Vec<String>>>,
    _chromium: Chromium,
    _listeners: JoinSet<()>,
    _profile: TempDir,
}

impl Browser {
    pub async fn open(program: &Path, url: &str) -> Self {
        let profile = tempfile::tempdir().unwrap();
        let flags = ["disable-gpu", "disable-quic", "disable-component-update"];
        let config = BrowserConfig::builder().chrome_executable(program).user_data_dir(profile.path()).no_sandbox();
        let config = config.args(flags).request_timeout(PATIENCE * 2).build().unwrap();
        let (chromium, mut events) = Chromium::launch(config).await.unwrap();
        let mut listeners = JoinSet::new();
        listeners.spawn(async move { while events.next().await.is_some() {} });
        let page = chromium.new_page("about:blank").await.unwrap();
        // each believes to be the window in front, although there are several
        page.execute(SetFocusEmulationEnabledParams::new(true)).await.unwrap();
        // a desk with a mouse, until it is resized to a phone
        page.execute(SetTouchEmulationEnabledParams::new(false)).await.unwrap();
        let console = Arc::default();
        listen(&page, &console, &mut listeners).await;
        visit(&page, url).await;
        Self { page, console, _chromium: chromium, _listeners: listeners, _profile: profile }
    }

    /// Loads the page anew.
    pub async fn reload(&self) {
        self.run("window.old = true; location.reload()").await;
        let anew = async {
            let ready = "document.readyState === 'complete' && window.old === undefined";
            while !matches!(self.page.evaluate(ready).await.map(|answer| answer.into_value()), Ok(Ok(true))) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(PATIENCE, anew).await.expect("the page loads again in time");
    }

    /// A phone, the size of its window in CSS pixels.
    pub async fn resize(&self, width: i64, height: i64) {
        let size = SetDeviceMetricsOverrideParams::new(width, height, 1.0, true);
        self.page.execute(size).await.unwrap();
        self.page.execute(SetTouchEmulationEnabledParams::new(true)).await.unwrap();
    }

    /// Warnings and errors of the console, violations of the content security policy and uncaught exceptions so far.
    pub fn complaints(&self) -> Vec<String> {
        self.console.lock().unwrap().clone()
    }

    /// What an expression is now.
    pub async fn value<T: DeserializeOwned>(&self, expression: &str) -> T {
        self.page.evaluate(expression).await.unwrap().into_value().unwrap()
    }

    /// Runs statements.
    pub async fn run(&self, statements: &str) {
        self.page.evaluate_function(format!("() => {{ {statements} }}")).await.unwrap();
    }

    /// Waits until an expression is true. It is looked at whenever the document changes.
    pub async fn until(&self, condition: &str) {
        let watch = format!(
            "() => new Promise((resolve) => {{
                const look = () => {{ if ({condition}) {{ observer.disconnect(); resolve(true); }} }};
                const observer = new MutationObserver(look);
                observer.observe(document, {{ subtree: true, childList: true, attributes: true, characterData: true }});
                look();
            }})"
        );
        if !matches!(timeout(PATIENCE, self.page.evaluate_function(watch)).await, Ok(Ok(_))) {
            let shown: String = self.value("document.body.innerText").await;
            panic!("never true: {condition}\nconsole: {:?}\npage:\n{shown}", self.complaints());
        }
    }

    /// The first shown element with this test id, as soon as there is one.
    pub async fn find(&self, testid: &str) -> Element {
        self.until(&format!("document.querySelector('[data-testid={testid}]')")).await;
        self.page.find_element(format!("[data-testid={testid}]")).await.unwrap()
    }

    pub async fn shown(&self, testid: &str) {
        self.until(&format!("document.querySelector('[data-testid={testid}]')?.checkVisibility()")).await;
    }

    pub async fn click(&self, testid: &str) {
        self.shown(testid).await;
        self.find(testid).await.click().await.unwrap();
    }

    /// Clicks into a field and types.
    pub async fn enter(&self, testid: &str, text: &str) {
        self.shown(testid).await;
        self.find(testid).await.click().await.unwrap().type_str(text).await.unwrap();
    }

    /// Presses a key where the focus is.
    pub async fn press(&self, key: &str) {
        self.page.find_element("body").await.unwrap().press_key(key).await.unwrap();
    }

    pub async fn text(&self, testid: &str) -> String {
        self.find(testid).await.inner_text().await.unwrap().unwrap_or_default()
    }

    /// Cuts the page off from the network, or connects it again.
    pub async fn cut_off(&self, offline: bool) {
        let unbounded = NetworkConditions::new("", 0, -1, -1);
        self.page.execute(EmulateNetworkConditionsByRuleParams::new(offline, vec![unbounded])).await.unwrap();
    }

    /// Chooses a file.
    pub async fn choose(&self, testid: &str, file: &Path) {
        let input = self.find(testid).await.backend_node_id;
        let files = SetFileInputFilesParams::builder().file(file.display().to_string()).backend_node_id(input);
        self.page.execute(files.build().unwrap()).await.unwrap();
    }
}

async fn listen(page: &Page, console: &Arc<Mutex<Vec<String>>>, listeners: &mut JoinSet<()>) {
    page.enable_log().await.unwrap();
    page.enable_runtime().await.unwrap();
    let mut entries = page.event_listener::<EventEntryAdded>().await.unwrap();
    let mut calls = page.event_listener::<EventConsoleApiCalled>().await.unwrap();
    let mut exceptions = page.event_listener::<EventExceptionThrown>().await.unwrap();
    let log = console.clone();
    listeners.spawn(async move {
        while let Some(event) = entries.next().await {
            let entry = &event.entry;
            if matches!(entry.level.as_ref(), "warning" | "error") {
                let url = entry.url.as_deref().unwrap_or_default();
                log.lock().unwrap().push(format!("{}: {} {url}", entry.source.as_ref(), entry.text));
            }
        }
    });
    let log = console.clone();
    listeners.spawn(async move {
        while let Some(event) = calls.next().await {
            if matches!(event.r#type.as_ref(), "warning" | "error" | "assert") {
                log.lock().unwrap().push(format!("console: {:?}", event.args));
            }
        }
    });
    let log = console.clone();
    listeners.spawn(async move {
        while let Some(event) = exceptions.next().await {
            log.lock().unwrap().push(format!("uncaught: {:?}", event.exception_details));
        }
    });
}
