//! A throwaway Redis on a port of its own, which keeps nothing.

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::available;

/// A running Redis; killed when dropped.
pub struct Redis {
    process: Child,
    port: u16,
}

impl Redis {
    /// `None`, said aloud, where there is no `redis-server`.
    pub fn start() -> Option<Self> {
        let found = Command::new("redis-server").arg("--version").stdout(Stdio::null()).status();
        available("redis", found.ok().filter(|status| status.success()))?;
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let redis = Self { process: launch(free), port: free };
        redis.until_it_listens();
        Some(redis)
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// A start on the same port after [`Redis::kill`].
    pub fn restart(&mut self) {
        self.process = launch(self.port);
        self.until_it_listens();
    }

    fn until_it_listens(&self) {
        for _ in 0..300 {
            if TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("redis-server does not listen on port {} after 15 s", self.port);
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        // it may have been killed already
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn launch(port: u16) -> Child {
    let port = port.to_string();
    let arguments = ["--port", &port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", "/tmp"];
    Command::new("redis-server").args(arguments).stdout(Stdio::null()).spawn().unwrap()
}
