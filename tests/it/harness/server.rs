//! A server: the binary in a process of its own, with a data folder of its own.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use super::{Account, Database};

/// Limits are off unless a test sets them.
const UNLIMITED: [&str; 5] = [
    "RATE_LIMIT_PER_MINUTE",
    "RATE_LIMIT_EXPENSIVE_PER_MINUTE",
    "RATE_LIMIT_LOGIN_PER_MINUTE",
    "RATE_LIMIT_SIGNUP_PER_HOUR",
    "WS_RATE_LIMIT_PER_SECOND",
];

/// A running server; killed when dropped.
pub struct Server {
    process: Child,
    pub port: u16,
    pub folder: TempDir,
    database: Database,
    settings: Vec<(String, String)>,
}

impl Server {
    /// Starts a server on an empty database and waits until it is ready.
    pub fn start(database: Database) -> Self {
        Self::with(database, &[])
    }

    /// The same with these variables.
    pub fn with(database: Database, settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings: Vec<_> = settings.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let (process, port) = launch(&folder, &database, &settings, 0);
        Self { process, port, folder, database, settings }
    }

    /// SIGKILL, then a start on the same port and data.
    pub fn kill_and_restart(&mut self) {
        self.kill();
        self.restart();
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Changes a variable for the next start.
    pub fn set(&mut self, name: &str, value: &str) {
        self.settings.retain(|(known, _)| known != name);
        self.settings.push((name.to_owned(), value.to_owned()));
    }

    /// SIGTERM; the exit code.
    pub fn terminate(&mut self) -> Option<i32> {
        let pid = self.process.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        self.process.wait().unwrap().code()
    }

    /// A start after [`Server::terminate`].
    pub fn restart(&mut self) {
        (self.process, self.port) = launch(&self.folder, &self.database, &self.settings, self.port);
    }

    /// Runs a command of the binary on the same data; its standard output.
    pub fn command(&self, arguments: &[&str], input: &str) -> String {
        use std::io::Write as _;
        let mut command = prepared(&self.folder, &self.database, &self.settings);
        let mut child = command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "greenroom {arguments:?} failed");
        String::from_utf8(output.stdout).unwrap()
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// A new account, signed in.
    pub async fn account(&self) -> Account {
        Account::sign_up(self).await
    }

    /// The super-agent, made on the command line as an operator does.
    pub async fn super_agent(&self) -> Account {
        let arguments =
            ["user", "create", "--username", "boss", "--email", "boss@example.com", "--role", "super-agent"];
        self.command(&arguments, "correct horse\n");
        Account::sign_in(self, "boss", "correct horse").await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // it may have ended already
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn prepared(folder: &TempDir, database: &Database, settings: &[(String, String)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_greenroom"));
    command.env_clear().env("DATA_DIR", folder.path()).current_dir(folder.path());
    command.envs(UNLIMITED.map(|name| (name, "0")));
    if let Database::Postgres(url) = database {
        command.env("DATABASE_URL", url);
    }
    command.envs(settings.iter().map(|(name, value)| (name, value)));
    command
}

fn launch(folder: &TempDir, database: &Database, settings: &[(String, String)], port: u16) -> (Child, u16) {
    let mut command = prepared(folder, database, settings);
    command.env("PORT", port.to_string()).env("LOG_FORMAT", "json");
    let mut process = command.arg("serve").stderr(Stdio::piped()).spawn().unwrap();
    let log = BufReader::new(process.stderr.take().unwrap());
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        for line in log.lines().map_while(Result::ok) {
            let parsed: Value = serde_json::from_str(&line).unwrap_or_default();
            if parsed["message"] == "ready" {
                // nobody waits for a second one
                let _ = tell.send(parsed["port"].as_u64());
            } else if parsed["level"] != "INFO" {
                eprintln!("server: {line}");
            }
        }
    });
    let port = told.recv_timeout(Duration::from_secs(60)).expect("the server is ready within a minute");
    (process, u16::try_from(port.unwrap()).unwrap())
}
