//! What a server costs the machine it runs on: time to be ready, memory at rest and during an upload, and the extraction of a
//! document in its own process. Prints figures; `cargo bench --bench footprint [-- FILE…]` measures more documents beside the sample.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "a bench is a report")]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::Client;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

const BINARY: &str = env!("CARGO_BIN_EXE_greenroom");
const SAMPLES: [&str; 3] = ["xelatex_paracol-right.pdf", "docxjs_side-es.docx", "lodoc_fr.doc"];
const STARTS: usize = 15;
const EXTRACTIONS: usize = 15;
/// The largest upload that is taken, in bytes.
const LARGEST: usize = 10 << 20;

/// A running server; killed when dropped.
struct Server {
    process: Child,
    url: String,
    ready_after: Duration,
}

impl Server {
    fn start(folder: &Path) -> Self {
        let begun = Instant::now();
        let mut command = Command::new(BINARY);
        command.env_clear().env("DATA_DIR", folder).env("PORT", "0").env("LOG_FORMAT", "json").current_dir(folder);
        let mut process = command.arg("serve").stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(process.stderr.take().unwrap()).lines().map_while(Result::ok);
        let port = log.find_map(|line| {
            let line: Value = serde_json::from_str(&line).ok()?;
            (line["message"] == "ready").then(|| line["port"].as_u64())?
        });
        let ready_after = begun.elapsed();
        std::thread::spawn(move || log.for_each(drop));
        Self { process, url: format!("http://127.0.0.1:{}", port.expect("the server is ready")), ready_after }
    }

    /// A line of the process's memory in `/proc`, in MiB.
    fn memory(&self, field: &str) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with(field)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
    }

    /// Lets the peak (`VmHWM`) begin anew.
    fn forget_peak(&self) {
        fs::write(format!("/proc/{}/clear_refs", self.process.id()), "5").unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // it may have ended already
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn starts(folder: &Path) {
    let first = Server::start(folder).ready_after;
    let again = median((0..STARTS).map(|_| Server::start(folder).ready_after).collect());
    println!(
        "start to ready          {first:>10.1?} on a new SQLite file, {again:.1?} on an existing one (median of {STARTS})"
    );
}

async fn memory(folder: &Path) {
    let server = Server::start(folder);
    // what the start has allocated and gives back at once is not rest
    tokio::time::sleep(Duration::from_secs(2)).await;
    println!("resident at rest        {:>10.1} MiB", server.memory("VmRSS:"));
    let http = Client::builder().no_proxy().build().unwrap();
    let name = format!("bench_{}", std::process::id());
    let form = json!({"username": name, "email": format!("{name}@example.com"), "password": "correct horse"});
    let answer = http.post(format!("{}/api/auth/register", server.url)).json(&form).send().await.unwrap();
    let token = answer.json::<Value>().await.unwrap()["token"].as_str().unwrap().to_owned();
    for turn in 1..=3 {
        let mut content = b"%PDF-1.4\n".to_vec();
        content.resize(LARGEST, b'x');
        let part = Part::bytes(content).file_name("large.pdf");
        server.forget_peak();
        let before = server.memory("VmRSS:");
        let begun = Instant::now();
        let upload = http.post(format!("{}/api/upload", server.url)).bearer_auth(&token);
        let answer = upload.multipart(Form::new().part("file", part)).send().await.unwrap();
        assert_eq!(answer.status(), 201);
        let (took, peak) = (begun.elapsed(), server.memory("VmHWM:"));
        println!("upload {turn} of 10 MiB      {:>10.1} MiB more at its peak, {took:.1?}", peak - before);
    }
}

/// From spawning the process to its whole answer.
fn extraction(file: &Path) -> Duration {
    let times = (0..EXTRACTIONS).map(|_| {
        let document = fs::File::open(file).unwrap();
        let begun = Instant::now();
        let output = Command::new(BINARY).arg("extract").env_clear().stdin(document).output().unwrap();
        assert!(output.status.success(), "{}", file.display());
        begun.elapsed()
    });
    median(times.collect())
}

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().unwrap();
    starts(folder.path());
    memory(folder.path()).await;
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let given = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).map(Into::into);
    for file in SAMPLES.map(|name| corpus.join(name)).into_iter().chain(given) {
        println!("extraction              {:>10.1?} {}", extraction(&file), file.file_name().unwrap().display());
    }
}
