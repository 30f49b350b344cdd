//! A ChromaDB (`pip install chromadb`), with a data folder of its own.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Where `chroma` is installed.
pub fn chroma() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder| folder.join("chroma")).find(|program| program.is_file())
}

/// A running ChromaDB; killed when dropped.
pub struct Chroma {
    program: PathBuf,
    process: Option<Child>,
    pub port: u16,
    folder: TempDir,
}

impl Chroma {
    pub async fn start(program: PathBuf) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut chroma = Self { program, process: None, port, folder: tempfile::tempdir().unwrap() };
        chroma.restart().await;
        chroma
    }

    pub fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// Starts on what it had stored, and waits until it answers.
    pub async fn restart(&mut self) {
        let mut command = Command::new(&self.program);
        command.arg("run").arg("--path").arg(self.folder.path());
        command.args(["--host", "127.0.0.1", "--port", &self.port.to_string()]).current_dir(self.folder.path());
        self.process = Some(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
        let url = format!("http://127.0.0.1:{}/api/v2/heartbeat", self.port);
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        for _ in 0..600 {
            if http.get(&url).send().await.is_ok_and(|answer| answer.status() == 200) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("ChromaDB did not answer within a minute");
    }

    /// Starts without anything that it had stored.
    pub async fn restart_empty(&mut self) {
        self.folder = tempfile::tempdir().unwrap();
        self.restart().await;
    }

    /// How many vectors all its collections hold.
    pub async fn vectors(&self) -> usize {
        let mut vectors = 0;
        for collection in self.collections().await {
            let count = self.call(Method::GET, &format!("/{collection}/count"), Value::Null).await;
            vectors += usize::try_from(count.as_u64().unwrap()).unwrap();
        }
        vectors
    }

    /// Loses one vector of each collection, as if the process that filled it had been killed before the last one.
    pub async fn lose_one(&self) {
        for collection in self.collections().await {
            let asked = json!({"limit": 1, "include": []});
            let found = self.call(Method::POST, &format!("/{collection}/get"), asked).await;
            let lost = json!({"ids": found["ids"]});
            self.call(Method::POST, &format!("/{collection}/delete"), lost).await;
        }
    }

    async fn collections(&self) -> Vec<String> {
        let all = self.call(Method::GET, "", Value::Null).await;
        all.as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
    }

    async fn call(&self, method: Method, path: &str, body: Value) -> Value {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let database = "api/v2/tenants/default_tenant/databases/default_database";
        let request = http.request(method, format!("http://127.0.0.1:{}/{database}/collections{path}", self.port));
        let request = if body.is_null() { request } else { request.json(&body) };
        request.send().await.unwrap().error_for_status().unwrap().json().await.unwrap()
    }
}

impl Drop for Chroma {
    fn drop(&mut self) {
        self.stop();
    }
}
