//! `User-Email`: who is asking, if a trusted proxy says it (contract, section 7).

use actix_web::HttpRequest;

use crate::config::ServerSettings;

const HEADER: &str = "user-email";

/// The address in `User-Email`, under `/api/v1` only, if the header is trusted and the TCP peer is a trusted proxy; `None`:
/// the header says nothing. One that is given twice or is no text names nobody: the proxy did not make it.
pub fn user_email<'a>(request: &'a HttpRequest, settings: &ServerSettings) -> Option<&'a str> {
    let peer = request.peer_addr()?.ip().to_canonical();
    let from_proxy = settings.trusted_proxies.iter().any(|network| network.contains(&peer));
    if !settings.trust_user_email || !from_proxy || !is_channels_api(request.path()) {
        return None;
    }
    let mut values = request.headers().get_all(HEADER);
    let (first, second) = (values.next()?, values.next());
    Some(if second.is_some() { "" } else { first.to_str().unwrap_or_default() })
}

/// Whether a path belongs to the channels API.
pub fn is_channels_api(path: &str) -> bool {
    path.strip_prefix("/api/v1").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;
    use crate::config::Settings;

    fn named(uri: &str, peer: &str, trust: &str, emails: &[&str]) -> Option<String> {
        let vars = [("TRUST_USER_EMAIL_HEADER", trust), ("TRUSTED_PROXIES", "10.0.0.0/8")];
        let settings = Settings::for_testing("data".into(), &vars).unwrap();
        let mut request = TestRequest::with_uri(uri).peer_addr(format!("{peer}:4000").parse().unwrap());
        for email in emails {
            request = request.append_header(("User-Email", *email));
        }
        user_email(&request.to_http_request(), &settings.server).map(str::to_owned)
    }

    #[test]
    fn only_a_trusted_proxy_names_somebody_and_only_under_its_path() {
        let jane = ["jane@example.com"];
        for path in ["/api/v1/channels", "/api/v1/ws?channel_id=general", "/api/v1"] {
            assert_eq!(named(path, "10.1.2.3", "true", &jane).as_deref(), Some("jane@example.com"), "{path}");
        }
        for path in ["/api/auth/me", "/api/v10/channels", "/ws", "/"] {
            assert_eq!(named(path, "10.1.2.3", "true", &jane), None, "{path}");
        }
        assert_eq!(named("/api/v1/channels", "192.0.2.1", "true", &jane), None);
        assert_eq!(named("/api/v1/channels", "10.1.2.3", "false", &jane), None);
        assert_eq!(named("/api/v1/channels", "10.1.2.3", "true", &[]), None);
    }

    #[test]
    fn two_addresses_name_nobody() {
        let two = ["jane@example.com", "mallory@example.com"];
        assert_eq!(named("/api/v1/channels", "10.1.2.3", "true", &two).as_deref(), Some(""));
    }
}
