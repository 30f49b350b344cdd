//! Contract section 4, the export row.

use std::io::{Cursor, Read as _};

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::harness::{Account, Server, databases, expect};

async fn export(user: &Account, job: &str, format: &str) -> Response {
    let path = format!("/api/analysis/export?job_id={job}&format={format}");
    user.request(Method::GET, &path).send().await.unwrap()
}

async fn analysed(user: &Account) -> String {
    let job = user.start_job().await;
    user.ended(&job).await;
    job
}

#[tokio::test]
async fn a_result_is_exported_in_every_format() {
    for database in databases() {
        let server = Server::start(database);
        let user = server.account().await;
        let job = analysed(&user).await;
        let short = &job[..8];
        for (format, name, media_type) in [
            ("json", format!("{short}.json"), "application/json"),
            ("jsonresume", format!("{short}_jsonresume.json"), "application/json"),
            ("csv", format!("{short}.csv"), "text/csv; charset=utf-8"),
            ("pdf", format!("{short}.pdf"), "application/pdf"),
            (
                "docx",
                format!("{short}.docx"),
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            ),
        ] {
            let answer = export(&user, &job, format).await;
            assert_eq!(answer.status(), 200, "{format}");
            assert_eq!(answer.headers()["content-type"], media_type);
            let disposition = format!("attachment; filename=\"resume_analysis_{name}\"");
            assert_eq!(answer.headers()["content-disposition"], disposition.as_str());
        }
    }
}

#[tokio::test]
async fn the_json_and_the_document_say_who_it_is() {
    for database in databases() {
        let server = Server::start(database);
        let user = server.account().await;
        let job = analysed(&user).await;
        let json: Value = export(&user, &job, "json").await.json().await.unwrap();
        assert_eq!((&json["job_id"], &json["personal_info"]["name"]), (&json!(job), &json!("Ada Fenwick")));
        let docx = export(&user, &job, "docx").await.bytes().await.unwrap();
        let mut archive = zip::ZipArchive::new(Cursor::new(docx)).unwrap();
        let mut text = String::new();
        archive.by_name("word/document.xml").unwrap().read_to_string(&mut text).unwrap();
        assert!(text.contains("Ada Fenwick") && text.contains("Harbour Lane Ltd"));
    }
}

#[tokio::test]
async fn an_unchanged_export_is_not_sent_again() {
    for database in databases() {
        let server = Server::start(database);
        let user = server.account().await;
        let job = analysed(&user).await;
        for format in ["json", "jsonresume", "csv", "pdf", "docx"] {
            let tag = export(&user, &job, format).await.headers()["etag"].clone();
            let path = format!("/api/analysis/export?job_id={job}&format={format}");
            let again = user.request(Method::GET, &path).header("If-None-Match", &tag).send().await.unwrap();
            assert_eq!((again.status().as_u16(), &again.headers()["etag"]), (304, &tag), "{format}");
            assert!(again.bytes().await.unwrap().is_empty());
        }
    }
}

#[tokio::test]
async fn what_cannot_be_exported_is_refused_with_a_reason() {
    for database in databases() {
        let server = Server::start(database);
        let (user, other) = (server.account().await, server.account().await);
        let job = analysed(&user).await;
        for format in ["", "xml", "JSON", "json,csv"] {
            let refused = expect(export(&user, &job, format).await, 400).await;
            assert_eq!(refused["error"], "Invalid format");
            assert_eq!(refused["message"], "Supported formats: json, csv, pdf, docx");
        }
        user.get(&format!("/api/analysis/export?job_id={job}"), 400).await;
        user.get("/api/analysis/export?format=json", 400).await;
        let hidden = expect(export(&other, &job, "json").await, 404).await;
        assert_eq!((&hidden["error"], &hidden["job_id"]), (&json!("Job not found"), &json!(job)));
        let upload = user.upload("cv.pdf", b"%PDF-1.4\nnothing that is a document".to_vec()).await;
        let failed = user.start(upload["id"].as_i64().unwrap()).await;
        user.ended(&failed).await;
        let early = expect(export(&user, &failed, "pdf").await, 400).await;
        assert_eq!(
            (&early["error"], &early["current_status"]),
            (&json!("Analysis not yet completed"), &json!("failed"))
        );
    }
}
