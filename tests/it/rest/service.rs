//! Contract section 2, and what holds for every answer.

use reqwest::Method;
use serde_json::json;

use crate::harness::{Server, databases, expect};

#[tokio::test]
async fn the_service_says_how_it_is() {
    for database in databases() {
        let server = Server::start(database);
        let user = server.account().await;
        let health = user.get("/health", 200).await;
        assert_eq!(
            (&health["status"], &health["database"], &health["ai"]),
            (&json!("healthy"), &json!("connected"), &json!("offline"))
        );
        assert_eq!(health["search"], "embedded");
        user.get("/health/live", 200).await;
        user.get("/health/ready", 200).await;
        let stats = user.get("/stats", 200).await;
        assert_eq!(stats["jobs"], json!({"queued": 0, "running": 0}));
        let metrics = user.request(Method::GET, "/metrics").send().await.unwrap().text().await.unwrap();
        assert!(metrics.contains("# TYPE greenroom_http_requests_total counter"), "{metrics}");
        assert!(!metrics.contains(user.username()));
    }
}

#[tokio::test]
async fn a_browser_gets_the_page_and_a_program_a_description() {
    for database in databases() {
        let server = Server::start(database);
        let user = server.account().await;
        let root = user.anonymous(Method::GET, "/").send().await.unwrap();
        assert_eq!(expect(root, 200).await["name"], "Greenroom");
        let page = user.anonymous(Method::GET, "/").header("Accept", "text/html").send().await.unwrap();
        let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe-inline"), "{policy}");
        let html = page.text().await.unwrap();
        let script = html.split("src=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
        let asset = user.anonymous(Method::GET, script).send().await.unwrap();
        assert_eq!(asset.headers()["content-type"], "text/javascript; charset=utf-8");
    }
}

#[tokio::test]
async fn the_api_describes_itself() {
    for database in databases() {
        let server = Server::start(database);
        let user = server.account().await;
        let first = user.anonymous(Method::GET, "/api/openapi.json").send().await.unwrap();
        let tag = first.headers()["etag"].clone();
        let document = expect(first, 200).await;
        assert!(document["openapi"].as_str().unwrap().starts_with("3.1."));
        let printed: serde_json::Value = serde_json::from_str(&server.command(&["openapi"], "")).unwrap();
        assert_eq!(printed, document);
        let again = user.anonymous(Method::GET, "/api/openapi.json").header("If-None-Match", tag).send().await.unwrap();
        assert_eq!(again.status(), 304);

        let page = user.anonymous(Method::GET, "/api/docs").send().await.unwrap();
        let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe"), "{policy}");
        let html = page.text().await.unwrap();
        for part in html.split("docs/").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            let file = user.anonymous(Method::GET, &format!("/api/docs/{part}")).send().await.unwrap();
            assert_eq!(file.status(), 200, "{part}");
        }
        for missing in ["index.html", "nothing.js"] {
            user.get(&format!("/api/docs/{missing}"), 404).await;
        }
    }
}

#[tokio::test]
async fn errors_have_one_shape_everywhere() {
    for database in databases() {
        let server = Server::start(database);
        let user = server.account().await;
        assert_eq!(user.get("/api/nothing", 404).await["code"], "UNKNOWN_PATH");
        let method = user.request(Method::DELETE, "/health").send().await.unwrap();
        assert_eq!(method.headers()["allow"], "GET, HEAD");
        assert_eq!(expect(method, 405).await["code"], "METHOD_NOT_ALLOWED");
        let anonymous = user.anonymous(Method::GET, "/api/uploads").send().await.unwrap();
        assert_eq!(anonymous.headers()["www-authenticate"], "Bearer");
        expect(anonymous, 401).await;
        for path in ["/api/users/%00", "/api/v1/channels/a%00b", "/api/rooms/%00"] {
            user.get(path, 404).await;
        }
        let broken = user.request(Method::POST, "/api/auth/login").body("{").send().await.unwrap();
        assert_eq!(expect(broken, 400).await["code"], "INVALID_JSON");
        let upgrade = user.request(Method::GET, "/ws").send().await.unwrap();
        assert_eq!(upgrade.headers()["upgrade"], "websocket");
        expect(upgrade, 426).await;
    }
}

#[tokio::test]
async fn answers_carry_ids_tags_and_cache_rules() {
    for database in databases() {
        let server = Server::start(database);
        let user = server.account().await;
        let first = user.request(Method::GET, "/api/auth/me").header("X-Request-Id", "r-1").send().await.unwrap();
        assert_eq!(first.headers()["x-request-id"], "r-1");
        assert_eq!(first.headers()["x-content-type-options"], "nosniff");
        assert_eq!(first.headers()["cache-control"], "private, no-cache");
        let tag = first.headers()["etag"].clone();
        let again = user.request(Method::GET, "/api/auth/me").header("If-None-Match", tag).send().await.unwrap();
        assert_eq!((again.status().as_u16(), again.text().await.unwrap().as_str()), (304, ""));
        let head = user.request(Method::HEAD, "/api/auth/me").send().await.unwrap();
        assert_eq!(head.status(), 200);
        assert!(head.bytes().await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_browser_on_a_listed_origin_may_send_any_header_and_others_nothing() {
    for database in databases() {
        let server = Server::start(database);
        let preflight = async |origin: &str| {
            // a browser's own question, which is no operation of the API
            let asked = reqwest::Client::new()
                .request(Method::OPTIONS, server.url("/api/v1/messages"))
                .header("Origin", origin)
                .header("Access-Control-Request-Method", "POST")
                .header("Access-Control-Request-Headers", "authorization,content-type,user-email");
            asked.send().await.unwrap()
        };
        let allowed = preflight("http://localhost:3000").await;
        assert_eq!(allowed.headers()["access-control-allow-origin"], "http://localhost:3000");
        assert!(allowed.headers()["access-control-allow-headers"].to_str().unwrap().contains("user-email"));
        let refused = preflight("https://elsewhere.example").await;
        assert!(!refused.headers().contains_key("access-control-allow-origin"));
        assert_eq!(refused.json::<serde_json::Value>().await.unwrap()["code"], "CORS_REFUSED");
    }
}

#[tokio::test]
async fn a_wrong_configuration_is_told_whole_and_exits_2() {
    let folder = tempfile::tempdir().unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_greenroom"))
        .env_clear()
        .envs([("PORT", "http"), ("ENVIRONMENT", "production")])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("PORT") && told.contains("JWT_SECRET"), "{told}");
}

#[tokio::test]
async fn variables_that_are_not_utf_8_are_told_if_they_are_ours() {
    use std::os::unix::ffi::OsStrExt as _;

    let latin = std::ffi::OsStr::from_bytes(b"caf\xe9");
    let folder = tempfile::tempdir().unwrap();
    let config = |name: &std::ffi::OsStr| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_greenroom"));
        command.arg("config").env_clear().env(name, latin).env("PORT", "http").current_dir(folder.path());
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, told) = config("LLM_MODEL".as_ref());
    assert!(code == Some(2) && told.contains("LLM_MODEL") && told.contains("PORT"), "{told}");
    for foreign in ["GREETING".as_ref(), latin] {
        let (code, told) = config(foreign);
        assert!(code == Some(2) && told.matches("\n  - ").count() == 1, "{told}");
    }
}

#[tokio::test]
async fn a_dot_env_counts_in_the_working_directory_only() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("inner");
    std::fs::create_dir(&inner).unwrap();
    std::fs::write(folder.path().join(".env"), "PORT=4711\nHOST=10.0.0.1\n").unwrap();
    let config = |folder: &std::path::Path| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_greenroom"));
        let output = command.arg("config").env_clear().env("HOST", "10.0.0.2").current_dir(folder).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let here = config(folder.path());
    assert!(here.contains("PORT=4711") && here.contains("HOST=10.0.0.2"), "{here}");
    assert!(config(&inner).contains("PORT=8081"));
}

#[tokio::test]
async fn a_server_that_has_just_started_ends_in_order() {
    for database in databases() {
        let mut server = Server::start(database);
        assert_eq!(server.terminate(), Some(0));
    }
}

#[tokio::test]
async fn two_servers_do_not_share_a_data_folder() {
    let server = Server::start(crate::harness::Database::Sqlite);
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_greenroom"))
        .env_clear()
        .env("DATA_DIR", server.folder.path())
        .env("PORT", "0")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("Another Greenroom server"), "{told}");
}
