//! The server's side of the sandbox: a document goes to a child process, an `Extraction` comes back, whatever happens.

use std::io;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::refused;
use super::sniff::DocumentKind;
use crate::domain::document::{ExtractStatus, Extraction};

/// The child could not be started: a failure of this machine, not of the document. Worth another attempt.
#[derive(Debug, thiserror::Error)]
#[error("the extraction process could not be started: {0}")]
pub struct SandboxError(#[from] io::Error);

/// How to start the child, and how long to wait for it.
#[derive(Clone, Debug)]
pub struct Sandbox {
    program: PathBuf,
    args: Vec<String>,
    time: Duration,
}

/// Wall-clock time of one extraction. The child gives up by itself long before, unless the machine is overloaded.
const TIME: Duration = Duration::from_secs(20);
/// Longest answer that is read: the longest text in UTF-8, escaped.
const MAX_ANSWER: u64 = 8 << 20;

impl Sandbox {
    /// A sandbox that runs `<program> extract`; `program` is usually the running executable.
    pub fn new(program: PathBuf) -> Self {
        Self { program, args: vec!["extract".to_owned()], time: TIME }
    }

    /// A sandbox of this executable.
    ///
    /// # Errors
    /// If its path cannot be found out.
    pub fn of_this_program() -> Result<Self, SandboxError> {
        Ok(Self::new(std::env::current_exe()?))
    }

    /// The same with other arguments and another time-out.
    pub fn with(self, args: Vec<String>, time: Duration) -> Self {
        Self { args, time, ..self }
    }

    /// Extracts the text of a document given in segments, which are written one after the other.
    ///
    /// Time-outs, crashes and unreadable answers are answers about the document. Dropping the future kills the child.
    ///
    /// # Errors
    /// Only if no child could be started.
    pub async fn extract(&self, content: &[Bytes], filename: &str) -> Result<Extraction, SandboxError> {
        let mut child = self.spawn(filename)?;
        let answer = match timeout(self.time, converse(&mut child, content)).await {
            Ok(Ok((status, output))) => interpret(status, &output),
            Ok(Err(_)) => refused(ExtractStatus::Corrupt),
            Err(_) => refused(ExtractStatus::LimitExceeded),
        };
        // Without this a child that is still running would only be reaped at some later time.
        let _ = child.kill().await;
        Ok(answer)
    }

    fn spawn(&self, filename: &str) -> io::Result<Child> {
        let mut command = Command::new(&self.program);
        command.args(&self.args);
        // Of the name only the extension matters; the rest is personal and would be seen in the process list.
        if let Some(kind) = DocumentKind::of_name(filename) {
            command.arg(format!("--filename=document.{}", kind.extension()));
        }
        command.env_clear().current_dir("/").kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()
    }
}

/// Writes the document and reads the answer at the same time, so that neither side waits for the other.
async fn converse(child: &mut Child, content: &[Bytes]) -> io::Result<(ExitStatus, Vec<u8>)> {
    let (Some(mut stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(io::ErrorKind::BrokenPipe.into());
    };
    let write = async move {
        for segment in content {
            // A child that has seen enough closes its end; its answer counts.
            if stdin.write_all(segment).await.is_err() {
                break;
            }
        }
    };
    let mut output = Vec::new();
    let mut limited = stdout.take(MAX_ANSWER + 1);
    let ((), read) = tokio::join!(write, limited.read_to_end(&mut output));
    read?;
    drop(limited);
    Ok((child.wait().await?, output))
}

/// What the end of the child means for the document.
fn interpret(status: ExitStatus, output: &[u8]) -> Extraction {
    if output.len() as u64 > MAX_ANSWER {
        return refused(ExtractStatus::LimitExceeded);
    }
    if status.success()
        && let Ok(answer) = serde_json::from_slice(output)
    {
        return answer;
    }
    refused(if ended_by_limit(status) { ExtractStatus::LimitExceeded } else { ExtractStatus::Corrupt })
}

/// Killed, out of CPU time, or aborted because memory or stack ran out.
#[cfg(unix)]
fn ended_by_limit(status: ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt;
    const SIGABRT: i32 = 6;
    const SIGKILL: i32 = 9;
    const SIGXCPU: i32 = 24;
    matches!(status.signal(), Some(SIGABRT | SIGKILL | SIGXCPU))
}

#[cfg(not(unix))]
fn ended_by_limit(_: ExitStatus) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A sandbox whose child is a line of shell.
    fn shell(script: &str) -> Sandbox {
        let args = vec!["-c".to_owned(), script.to_owned()];
        Sandbox::new(PathBuf::from("/bin/sh")).with(args, Duration::from_secs(60))
    }

    async fn status(script: &str) -> ExtractStatus {
        shell(script).extract(&[Bytes::from_static(b"document")], "cv.pdf").await.unwrap().status
    }

    #[tokio::test]
    async fn the_answer_of_the_child_is_the_answer() {
        let script = r#"read line; printf '{"status":"ok","text":"%s %s","parse_quality":{}}' "$line" "$0""#;
        let content = [Bytes::from_static(b"seg"), Bytes::from_static(b"ments\n")];
        let answer = shell(script).extract(&content, "My Secret Name.PDF").await.unwrap();
        assert_eq!((answer.status, answer.text.as_str()), (ExtractStatus::Ok, "segments --filename=document.pdf"));
    }

    #[tokio::test]
    async fn ends_of_children_mean_something_for_the_document() {
        assert_eq!(status("exec cat >/dev/null").await, ExtractStatus::Corrupt);
        assert_eq!(status("echo garbage").await, ExtractStatus::Corrupt);
        assert_eq!(status("exit 7").await, ExtractStatus::Corrupt);
        assert_eq!(status("kill -SEGV $$").await, ExtractStatus::Corrupt);
        assert_eq!(status("kill -KILL $$").await, ExtractStatus::LimitExceeded);
        assert_eq!(status("kill -XCPU $$").await, ExtractStatus::LimitExceeded);
        assert_eq!(status("kill -ABRT $$").await, ExtractStatus::LimitExceeded);
    }

    #[tokio::test]
    async fn an_answer_without_end_is_cut_off() {
        assert_eq!(status("exec yes").await, ExtractStatus::LimitExceeded);
    }

    #[tokio::test]
    async fn a_child_that_hangs_is_ended() {
        let hanging = shell("exec sleep 1000")
            .with(vec!["-c".to_owned(), "exec sleep 1000".to_owned()], Duration::from_millis(50));
        let answer = hanging.extract(&[Bytes::from(vec![0; 1 << 20])], "cv.doc").await.unwrap();
        assert_eq!(answer.status, ExtractStatus::LimitExceeded);
    }

    #[tokio::test]
    async fn only_a_child_that_cannot_start_is_an_error() {
        let missing = Sandbox::new(PathBuf::from("/nonexistent/program"));
        assert!(missing.extract(&[], "cv.pdf").await.is_err());
    }
}
