//! A throwaway PostgreSQL, one for each test process: shared by the unit tests, the tests of the schema and the black-box tests.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use super::require::available;

static POSTGRES: OnceLock<Option<String>> = OnceLock::new();
static COUNT: AtomicU32 = AtomicU32::new(0);

/// The URL of an empty database, if this machine has PostgreSQL.
pub fn database() -> Option<String> {
    let folder = available("postgres", POSTGRES.get_or_init(start).as_deref())?;
    let name = format!("test_{}", COUNT.fetch_add(1, Ordering::Relaxed));
    let made = Command::new(binaries().unwrap_or_default().join("createdb"))
        .args(["-h", folder, "-U", "greenroom", &name])
        .status();
    assert!(made.is_ok_and(|status| status.success()), "createdb {name}");
    // a path in a query: every byte that is not plain is escaped
    let host: String = folder.bytes().map(|byte| format!("%{byte:02X}")).collect();
    Some(format!("postgres://greenroom@localhost/{name}?host={host}"))
}

/// The folder with `initdb` and `postgres`.
fn binaries() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    folders.extend(debian.map(|version| version.path().join("bin")));
    let needed = ["initdb", "postgres", "pg_isready", "createdb"];
    folders.into_iter().find(|folder| needed.iter().all(|program| folder.join(program).exists()))
}

/// Starts a cluster whose socket lies in a folder of its own; the folder. The shell that runs it waits for the end of
/// its standard input, which is ours: when this process ends, however it ends, the cluster goes too.
fn start() -> Option<String> {
    let binaries = binaries()?;
    let folder = tempfile::Builder::new().prefix("greenroom-postgres-").tempdir().ok()?.keep();
    let script = r#"
        set -e
        "$1/initdb" -D "$2/data" -U greenroom -A trust --no-sync -E UTF8 >/dev/null
        "$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c fsync=off -c max_connections=400 >"$2/log" 2>&1 &
        server=$!
        tries=0
        until "$1/pg_isready" -h "$2" -U greenroom >/dev/null 2>&1; do
            tries=$((tries + 1)); [ $tries -lt 300 ] || exit 1
            sleep 0.1
        done
        echo ready
        cat >/dev/null
        kill -INT $server; wait; rm -rf "$2"
    "#;
    let mut shell = as_unprivileged(&folder)?;
    shell.args(["-c", script, "sh"]).arg(&binaries).arg(&folder);
    let mut running = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
    let mut line = String::new();
    BufReader::new(running.stdout.take()?).read_line(&mut line).ok()?;
    // never dropped before the process ends: its standard input is what keeps the cluster alive
    std::mem::forget(running);
    (line.trim() == "ready").then(|| folder.display().to_string())
}

/// PostgreSQL refuses to run as root, as containers do.
fn as_unprivileged(folder: &Path) -> Option<Command> {
    use std::os::unix::fs::MetadataExt;
    let is_root = std::fs::metadata(folder).ok()?.uid() == 0;
    if !is_root {
        return Some(Command::new("sh"));
    }
    let given = Command::new("chown").arg("-R").arg("postgres").arg(folder).status().ok()?;
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--", "sh"]);
    given.success().then_some(command)
}
