//! The embedder: texts in batches to the endpoint, vectors of length 1 in the order of the texts.

use std::{fmt, sync::OnceLock};

use async_openai::types::embeddings::{CreateEmbeddingRequest, EmbeddingInput};
use futures_util::future::{BoxFuture, FutureExt};
use serde_json::Value;

use super::{OpenAiSettings, failure::CallError, transport::Transport};
use crate::ai::{AiError, Embedder};

/// Texts of one request. OpenAI takes 2048, many servers fewer.
const MAX_BATCH_TEXTS: usize = 96;
/// Characters of one request. OpenAI takes 300,000 tokens; a character is about one token where it is most.
const MAX_BATCH_CHARS: usize = 200_000;
/// Characters of one text that are embedded, the first ones. OpenAI's models read 8191 tokens.
const MAX_TEXT_CHARS: usize = 8000;

/// An embedding model behind an OpenAI-compatible endpoint. Each request is bounded by the time-out.
pub struct OpenAiEmbedder {
    transport: Transport,
    /// Of the first vector ever; a model that changed behind its name must not mix vectors.
    dimension: OnceLock<usize>,
}

impl fmt::Debug for OpenAiEmbedder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenAiEmbedder").field("model", &self.transport.model()).finish_non_exhaustive()
    }
}

impl Embedder for OpenAiEmbedder {
    fn model(&self) -> &str {
        self.transport.model()
    }

    /// Reads the first 8000 characters of each text. Of a text of spaces only, the vector means nothing.
    fn embed<'a>(&'a self, texts: &'a [String]) -> BoxFuture<'a, Result<Vec<Vec<f32>>, AiError>> {
        async move {
            let mut vectors = Vec::with_capacity(texts.len());
            for batch in batches(texts) {
                vectors.extend(self.embed_batch(batch).await?);
            }
            Ok(vectors)
        }
        .boxed()
    }
}

impl OpenAiEmbedder {
    /// Opens no connection.
    ///
    /// # Errors
    /// `Permanent` if the base URL or the key cannot be used.
    pub fn new(settings: &OpenAiSettings) -> Result<Self, AiError> {
        Ok(Self { transport: Transport::new(settings)?, dimension: OnceLock::new() })
    }

    async fn embed_batch(&self, texts: Vec<String>) -> Result<Vec<Vec<f32>>, AiError> {
        let count = texts.len();
        let request = CreateEmbeddingRequest {
            model: self.transport.model().to_owned(),
            input: EmbeddingInput::StringArray(texts),
            ..Default::default()
        };
        let body = self.transport.embeddings(request).await?;
        let rows = in_order(&body, count)?;
        rows.into_iter().map(|row| self.unit_vector(row)).collect()
    }

    fn unit_vector(&self, row: &Value) -> Result<Vec<f32>, AiError> {
        let numbers: Option<Vec<f64>> = row.as_array().and_then(|row| row.iter().map(Value::as_f64).collect());
        let vector =
            normalised(&numbers.ok_or(CallError::Foreign)?).ok_or_else(|| unusable("a vector of no length"))?;
        if vector.len() != *self.dimension.get_or_init(|| vector.len()) {
            return Err(unusable("vectors of different dimensions"));
        }
        Ok(vector)
    }
}

/// Clipped texts, grouped by both bounds of a request.
fn batches(texts: &[String]) -> Vec<Vec<String>> {
    let mut batches: Vec<Vec<String>> = Vec::new();
    let mut room = 0;
    for text in texts.iter().map(|text| embeddable(text)) {
        let chars = text.chars().count();
        match batches.last_mut() {
            Some(batch) if batch.len() < MAX_BATCH_TEXTS && chars <= room => batch.push(text),
            _ => {
                batches.push(vec![text]);
                room = MAX_BATCH_CHARS;
            }
        }
        room -= chars;
    }
    batches
}

/// Endpoints refuse a whole request for one empty text: a space stands for it.
fn embeddable(text: &str) -> String {
    let text: String = text.trim().chars().take(MAX_TEXT_CHARS).collect();
    if text.is_empty() { " ".to_owned() } else { text }
}

/// The vectors of an answer by their `index`, or as they stand if there is none.
fn in_order(body: &Value, count: usize) -> Result<Vec<&Value>, AiError> {
    let data = body.get("data").and_then(Value::as_array).ok_or(CallError::Foreign)?;
    let mut rows = vec![None; count];
    for (position, entry) in data.iter().enumerate() {
        let index =
            entry.get("index").and_then(Value::as_u64).map_or(Some(position), |index| usize::try_from(index).ok());
        if let Some(row) = index.and_then(|index| rows.get_mut(index)) {
            *row = entry.get("embedding");
        }
    }
    let complete = data.len() == count;
    rows.into_iter().collect::<Option<Vec<_>>>().filter(|_| complete).ok_or_else(|| unusable("not one vector per text"))
}

/// `None` if the length is zero or no number.
fn normalised(numbers: &[f64]) -> Option<Vec<f32>> {
    let length = numbers.iter().map(|number| number * number).sum::<f64>().sqrt();
    #[allow(clippy::cast_possible_truncation)] // Stored as f32: the models are no more precise than that.
    (length.is_normal()).then(|| numbers.iter().map(|number| (number / length) as f32).collect())
}

fn unusable(what: &str) -> AiError {
    AiError::Permanent {
        message: format!(
            "The AI provider answered with {what}: check that the configured model is an embedding model."
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_bounded_by_texts_and_by_characters() {
        let sizes = |texts: &[String]| batches(texts).iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(sizes(&vec!["short".to_owned(); 200]), [96, 96, 8]);
        assert_eq!(sizes(&vec!["é".repeat(9000); 30]), [25, 5]);
        assert!(sizes(&[]).is_empty());
    }

    #[test]
    fn an_empty_text_keeps_its_place() {
        assert_eq!(batches(&["a".to_owned(), " \n".to_owned()]), [["a", " "]]);
    }

    #[test]
    fn vectors_have_length_one_or_are_refused() {
        assert_eq!(normalised(&[3.0, 4.0]).unwrap(), [0.6, 0.8]);
        for none in [vec![0.0, 0.0], vec![], vec![f64::MAX, f64::MAX]] {
            assert_eq!(normalised(&none), None);
        }
    }
}
