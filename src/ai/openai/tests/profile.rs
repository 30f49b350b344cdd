//! Profiles: the form of the answer, the repair turn, and every way to fail.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;
use crate::domain::profile::Profile;

/// What the model makes of one answer, and how many requests that took.
async fn profile_after(script: Vec<ResponseTemplate>) -> (Result<Profile, AiError>, usize) {
    let server = endpoint(script).await;
    let outcome = model(&server).profile(RESUME).await;
    (outcome, requests(&server).await)
}

#[tokio::test]
async fn a_profile_takes_one_request_that_demands_the_schema() {
    let server = endpoint(vec![completion(
        r#"{"name":"Ada Lovelace","experience":[{"company":"Babbage & Co","start":"2019-03","end":"present"}]}"#,
    )])
    .await;
    let model = model(&server);
    let profile = model.profile(RESUME).await.unwrap();
    assert_eq!(profile.name.as_deref(), Some("Ada Lovelace"));
    assert_eq!(profile.experience[0].end.as_deref(), Some("present"));
    assert_eq!(model.name(), "openai:test-model");

    let sent = server.received_requests().await.unwrap().remove(0);
    assert_eq!(sent.url.path(), "/v1/chat/completions");
    assert_eq!(sent.headers["authorization"], format!("Bearer {KEY}"));
    let body: Value = sent.body_json().unwrap();
    assert_eq!(body["model"], "test-model");
    assert_eq!(body["response_format"]["json_schema"]["strict"], true);
    assert!(body["messages"][1]["content"].as_str().unwrap().contains(RESUME));
    assert!(!body["messages"][0]["content"].as_str().unwrap().contains("Lovelace"));
}

#[tokio::test]
async fn a_refused_form_weakens_until_one_works_and_that_one_is_remembered() {
    let server = endpoint(vec![
        error(400, "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model."),
        error(400, "'response_format.type' must be 'text'"),
        completion("Sure!\n```json\n{\"name\":\"Ada\"}\n```"),
        completion(r#"{"name":"Grace"}"#),
    ])
    .await;
    let model = model(&server);
    assert_eq!(model.profile(RESUME).await.unwrap().name.as_deref(), Some("Ada"));
    assert_eq!(model.profile(RESUME).await.unwrap().name.as_deref(), Some("Grace"));
    let forms: Vec<_> = bodies(&server).await.iter().map(|body| body["response_format"]["type"].clone()).collect();
    assert_eq!(forms, [json!("json_schema"), json!("json_object"), json!(null), json!(null)]);
}

#[tokio::test]
async fn a_form_that_failed_for_another_reason_is_not_given_up() {
    let server = endpoint(vec![error(400, "bad"), error(400, "bad"), completion(r#"{"name":"Ada"}"#)]).await;
    let model = model(&server);
    permanent(model.profile(RESUME).await);
    model.profile(RESUME).await.unwrap();
    let forms: Vec<_> = bodies(&server).await.iter().map(|body| body["response_format"]["type"].clone()).collect();
    assert_eq!(forms, ["json_schema", "json_object", "json_schema"]);
}

#[tokio::test]
async fn refused_parameters_are_left_out_and_the_schema_stays() {
    let server = endpoint(vec![
        error(400, "Unsupported value: 'temperature' does not support 0.0 with this model."),
        error(422, "Extra inputs are not permitted: max_completion_tokens"),
        completion(r#"{"name":"Ada"}"#),
    ])
    .await;
    model(&server).profile(RESUME).await.unwrap();
    let last = bodies(&server).await.remove(2);
    assert_eq!(last["response_format"]["type"], "json_schema");
    assert_eq!(last["max_tokens"], 4096);
    assert!(last.get("temperature").is_none() && last.get("max_completion_tokens").is_none());
}

#[tokio::test]
async fn a_rate_limit_is_transient_tells_the_wait_and_is_not_retried_here() {
    let date = [("date", "Wed, 21 Oct 2015 07:28:00 GMT"), ("retry-after", "Wed, 21 Oct 2015 07:28:30 GMT")];
    for (headers, wait) in [
        (vec![("retry-after", "7")], Some(Duration::from_secs(7))),
        (vec![("retry-after-ms", "1500")], Some(Duration::from_millis(1500))),
        (date.to_vec(), Some(Duration::from_secs(30))),
        (vec![], None),
    ] {
        let answer = headers.iter().fold(error(429, "Rate limit"), |answer, (k, v)| answer.insert_header(*k, *v));
        let (outcome, requests) = profile_after(vec![answer]).await;
        assert_eq!(transient(outcome).1, wait);
        assert_eq!(requests, 1);
    }
}

#[tokio::test]
async fn failures_are_named_and_asked_once() {
    let quota = json!({ "error": { "message": "x", "type": "insufficient_quota", "code": "insufficient_quota" } });
    for (answer, expected) in [
        (ResponseTemplate::new(429).set_body_json(quota).insert_header("retry-after", "1"), "quota is used up"),
        (error(401, "Incorrect API key provided: sk-very-secret"), "refused the API key"),
        (error(403, "no"), "refused the API key"),
        (error(404, "The model `x` does not exist"), "does not know the model"),
        (ResponseTemplate::new(200).set_body_string("<html>Sign in</html>"), "check the base URL"),
        (ResponseTemplate::new(200).set_body_json(json!({ "ok": true })), "check the base URL"),
        (ResponseTemplate::new(307).insert_header("location", "/elsewhere"), "points to another address"),
        (finished("", "content_filter"), "declined"),
    ] {
        let (outcome, requests) = profile_after(vec![answer]).await;
        let message = permanent(outcome);
        assert!(message.contains(expected) && !message.contains(KEY), "{message}");
        assert_eq!(requests, 1, "{message}");
    }
}

#[tokio::test]
async fn failures_of_the_server_are_transient_and_asked_once() {
    let busy_inside = json!({ "error": { "code": 429, "message": "upstream is busy" } });
    for answer in [
        error(500, "oops"),
        error(503, "overloaded"),
        ResponseTemplate::new(502).set_body_string("<html>Bad gateway</html>"),
        error(408, "slow"),
        error(409, "conflict"),
        ResponseTemplate::new(200).set_body_json(busy_inside),
    ] {
        let (outcome, requests) = profile_after(vec![answer]).await;
        transient(outcome);
        assert_eq!(requests, 1);
    }
}

#[tokio::test]
async fn an_endpoint_that_does_not_answer_is_left_after_the_time_out_which_the_message_names() {
    let server = endpoint(vec![completion("{}").set_delay(Duration::from_secs(600))]).await;
    let impatient = OpenAiSettings { timeout: Duration::from_millis(250), ..settings(&server.uri()) };
    let (message, _) = transient(OpenAiModel::new(&impatient).unwrap().profile(RESUME).await);
    assert!(message.contains("time-out of 0.25 seconds"), "{message}");
}

#[tokio::test]
async fn a_body_that_never_ends_is_left_after_the_time_out() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = async {
        let (mut socket, _) = listener.accept().await.unwrap();
        assert_ne!(socket.read(&mut [0; 1024]).await.unwrap(), 0);
        let head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{";
        socket.write_all(head).await.unwrap();
        // Reads until the client hangs up, so that the socket stays open until then.
        socket.read_to_end(&mut Vec::new()).await.unwrap_or_default()
    };
    let impatient = OpenAiSettings { timeout: Duration::from_millis(250), ..settings(&url) };
    let model = OpenAiModel::new(&impatient).unwrap();
    let (outcome, _) = tokio::join!(model.profile(RESUME), server);
    assert!(transient(outcome).0.contains("time-out"));
}

#[tokio::test]
async fn a_refused_connection_is_transient() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let (message, _) = transient(OpenAiModel::new(&settings(&url)).unwrap().profile(RESUME).await);
    assert!(message.contains("could not be reached") && !message.contains(&url), "{message}");
}

#[tokio::test]
async fn a_malformed_answer_is_shown_to_the_model_once_and_repaired() {
    let server = endpoint(vec![completion(r#"{"name": "Ada", "#), completion(r#"{"name":"Ada"}"#)]).await;
    assert_eq!(model(&server).profile(RESUME).await.unwrap().name.as_deref(), Some("Ada"));
    let second = bodies(&server).await.remove(1);
    assert_eq!(second["messages"][2]["role"], "assistant");
    assert!(second["messages"][3]["content"].as_str().unwrap().contains("no valid JSON"));
}

#[tokio::test]
async fn an_answer_malformed_twice_is_permanent() {
    for content in ["no JSON at all", r#"{"experience": "much"}"#, "{}"] {
        let (outcome, requests) = profile_after(vec![completion(content), completion(content)]).await;
        assert!(permanent(outcome).contains("answered twice"));
        assert_eq!(requests, 2);
    }
}

#[tokio::test]
async fn a_model_that_only_reasoned_gets_more_room_and_one_that_was_cut_is_asked_to_be_brief() {
    for (content, limit) in [("", 16_384), ("<think>hm", 16_384), (r#"{"name":"A"#, 4096)] {
        let server = endpoint(vec![finished(content, "length"), completion(r#"{"name":"Ada"}"#)]).await;
        model(&server).profile(RESUME).await.unwrap();
        let second = bodies(&server).await.remove(1);
        assert_eq!(second["max_completion_tokens"], limit, "{content}");
        let asked = second["messages"].as_array().unwrap().last().unwrap()["content"].as_str().unwrap();
        assert!(asked.contains("cut off"), "{asked}");
    }
}

#[tokio::test]
async fn a_text_beyond_the_context_is_tried_once_more_with_less_of_it() {
    let too_long = || error(400, "This model's maximum context length is 8192 tokens");
    let resume = "é".repeat(50_000);
    let server = endpoint(vec![too_long(), completion(r#"{"name":"Ada"}"#), too_long(), too_long()]).await;
    let model = model(&server);
    model.profile(&resume).await.unwrap();
    assert!(permanent(model.profile(&resume).await).contains("longer than the AI model can read"));
    let sizes: Vec<_> = bodies(&server)
        .await
        .iter()
        .map(|body| {
            let text = body["messages"][1]["content"].as_str().unwrap();
            (text.matches('é').count(), body["max_completion_tokens"].clone(), body["response_format"]["type"].clone())
        })
        .collect();
    let (wide, tight) = ((48_000, json!(4096), json!("json_schema")), (16_000, json!(2048), json!("json_schema")));
    assert_eq!(sizes, [wide.clone(), tight.clone(), wide, tight]);
}
