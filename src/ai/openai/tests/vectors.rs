//! Embeddings: order, length, dimension, batches.

use super::*;
use crate::ai::Embedder;

fn vectors(rows: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({ "object": "list", "data": rows }))
}

async fn embedding_after(script: Vec<ResponseTemplate>, texts: &[&str]) -> Result<Vec<Vec<f32>>, AiError> {
    let texts: Vec<_> = texts.iter().map(ToString::to_string).collect();
    embedder(&endpoint(script).await).embed(&texts).await
}

#[tokio::test]
async fn vectors_come_back_in_the_order_of_the_texts_with_length_one() {
    let rows = json!([{ "index": 1, "embedding": [0, 2.0] }, { "index": 0, "embedding": [3.0, 4.0] }]);
    assert_eq!(embedding_after(vec![vectors(&rows)], &["a", "b"]).await.unwrap(), [[0.6, 0.8], [0.0, 1.0]]);
    let unnumbered = json!([{ "embedding": [5.0, 0] }, { "embedding": [0, 5.0] }]);
    assert_eq!(embedding_after(vec![vectors(&unnumbered)], &["a", "b"]).await.unwrap(), [[1.0, 0.0], [0.0, 1.0]]);
}

#[tokio::test]
async fn vectors_that_do_not_fit_together_are_refused() {
    for (rows, expected) in [
        (json!([{ "index": 0, "embedding": [1] }, { "index": 1, "embedding": [1, 2] }]), "different dimensions"),
        (json!([{ "index": 0, "embedding": [1] }]), "not one vector per text"),
        (json!([{ "index": 0, "embedding": [1] }, { "index": 0, "embedding": [1] }]), "not one vector per text"),
        (json!([{ "index": 0, "embedding": [1] }, { "index": 9, "embedding": [1] }]), "not one vector per text"),
        (json!([{ "index": 0, "embedding": [0] }, { "index": 1, "embedding": [1] }]), "no length"),
        (json!([{ "index": 0, "embedding": ["x"] }, { "index": 1, "embedding": [1] }]), "base URL"),
    ] {
        let message = permanent(embedding_after(vec![vectors(&rows)], &["a", "b"]).await);
        assert!(message.contains(expected), "{message}");
    }
}

#[tokio::test]
async fn a_dimension_that_changes_between_calls_is_refused() {
    let rows = |vector: Value| vectors(&json!([{ "index": 0, "embedding": vector }]));
    let server = endpoint(vec![rows(json!([1, 2])), rows(json!([1, 2, 3]))]).await;
    let embedder = embedder(&server);
    embedder.embed(&["a".to_owned()]).await.unwrap();
    assert!(permanent(embedder.embed(&["b".to_owned()]).await).contains("different dimensions"));
}

#[tokio::test]
async fn many_texts_go_in_batches_and_none_in_no_request() {
    let server = MockServer::start().await;
    let numbered = |request: &Request| {
        let body: Value = request.body_json().unwrap();
        let texts = body["input"].as_array().unwrap().clone();
        let angle = |text: &Value| text.as_str().unwrap().parse::<f64>().unwrap() / 100.0;
        let row =
            |(index, text)| json!({ "index": index, "embedding": [f64::cos(angle(text)), f64::sin(angle(text))] });
        vectors(&texts.iter().enumerate().map(row).collect())
    };
    Mock::given(any()).respond_with(numbered).mount(&server).await;
    let embedder = embedder(&server);
    let texts: Vec<_> = (0..200).map(|number| number.to_string()).collect();
    for (number, vector) in embedder.embed(&texts).await.unwrap().iter().enumerate() {
        assert!((f64::from(vector[1]) - (number as f64 / 100.0).sin()).abs() < 1e-6, "{number}");
    }
    assert_eq!(requests(&server).await, 3);
    assert!(embedder.embed(&[]).await.unwrap().is_empty());
    assert_eq!(requests(&server).await, 3);
    assert_eq!(embedder.model(), "test-model");
}

#[tokio::test]
async fn a_failed_batch_of_texts_has_the_same_typed_errors() {
    let limited = error(429, "slow down").insert_header("retry-after", "3");
    assert_eq!(transient(embedding_after(vec![limited], &["a"]).await).1, Some(Duration::from_secs(3)));
    permanent(embedding_after(vec![error(404, "no such model")], &["a"]).await);
}
