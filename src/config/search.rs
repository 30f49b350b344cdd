//! Where the vectors of résumés are indexed.

use std::net::Ipv6Addr;

use super::env::Env;

#[derive(Clone, Debug)]
pub struct SearchSettings {
    /// The address of a ChromaDB, without a slash at its end; `None`: in memory.
    pub chroma: Option<String>,
}

impl SearchSettings {
    pub(super) fn read(env: &mut Env) -> Self {
        let host = env.optional("CHROMA_HOST");
        let port = env.number("CHROMA_PORT", 8000, 1..=u16::MAX);
        let chroma = host.and_then(|host| {
            let found = address(&host, port);
            if found.is_none() {
                env.problem(format!(
                    "CHROMA_HOST must be a host name such as localhost, or http(s)://name, not {host:?}."
                ));
            }
            found
        });
        Self { chroma }
    }
}

fn address(host: &str, port: u16) -> Option<String> {
    let host = if host.parse::<Ipv6Addr>().is_ok() { format!("[{host}]") } else { host.to_owned() };
    let text = if host.contains("://") { host } else { format!("http://{host}") };
    let url = url::Url::parse(&format!("{text}:{port}")).ok()?;
    let is_plain = matches!(url.scheme(), "http" | "https") && url.path() == "/" && url.username().is_empty();
    is_plain.then(|| format!("{text}:{port}"))
}
