//! The offline embedder: sentence vectors without a network, from words, concepts and character n-grams.
//!
//! A text becomes two bags of weighted features, each hashed into its own part of the vector: *meaning* (stems, and the concepts
//! of the lexicon that words and phrases stand for) and *spelling* (character n-grams, which survive slips of the keyboard).
//! Words that only frame a question weigh next to nothing, so a text of nothing else is similar to nothing else.

mod features;
mod lexicon;
mod spelling;
mod vector;

use futures_util::future::BoxFuture;

use crate::ai::{AiError, Embedder};

/// Changes whenever lexicon, weights or hashing do: vectors of different names are never compared.
const MODEL: &str = "greenroom-offline-1";

/// The cosine at which paraphrases of interview questions and other questions part, measured on labelled questions.
const CUT: f32 = 0.3;

/// Share of the question in the vector of a saved question; the rest is its answer's.
const QUESTION_SHARE: f32 = 0.7;

/// Bytes of text from which on embedding would hold up other requests for milliseconds, and goes to a thread of its own.
const MUCH: usize = 16 * 1024;

/// About 10 µs a question; needs nothing and cannot fail.
#[derive(Clone, Copy, Debug, Default)]
pub struct OfflineEmbedder;

impl OfflineEmbedder {
    /// Floats in a vector.
    pub const DIMENSION: usize = vector::DIMENSION;

    /// The vector of a text, of length 1. The same text gives the same bits on every machine of one byte order.
    pub fn vector(&self, text: &str) -> Vec<f32> {
        let features = features::of(text);
        vector::build(&features)
    }

    /// The vector of a saved question: near to what asks it, and somewhat to what asks for its answer.
    pub fn saved_vector(&self, question: &str, answer: &str) -> Vec<f32> {
        let own = self.vector(question);
        if answer.trim().is_empty() {
            return own;
        }
        let of_answer = self.vector(answer);
        let blend = own.iter().zip(&of_answer).map(|(q, a)| QUESTION_SHARE * q + (1.0 - QUESTION_SHARE) * a);
        vector::normalised(blend.collect())
    }
}

impl Embedder for OfflineEmbedder {
    fn model(&self) -> &str {
        MODEL
    }

    fn embed<'a>(&'a self, texts: &'a [String]) -> BoxFuture<'a, Result<Vec<Vec<f32>>, AiError>> {
        let bytes = texts.iter().map(String::len).sum();
        vectors(texts, bytes, |text| OfflineEmbedder.vector(text))
    }

    fn embed_saved<'a>(&'a self, saved: &'a [(String, String)]) -> BoxFuture<'a, Result<Vec<Vec<f32>>, AiError>> {
        let bytes = saved.iter().map(|(question, answer)| question.len() + answer.len()).sum();
        vectors(saved, bytes, |(question, answer)| OfflineEmbedder.saved_vector(question, answer))
    }

    fn cut(&self) -> Option<f32> {
        Some(CUT)
    }
}

/// A vector for each: on the spot, or elsewhere if there is much to read.
fn vectors<T>(items: &[T], bytes: usize, vector: fn(&T) -> Vec<f32>) -> BoxFuture<'_, Result<Vec<Vec<f32>>, AiError>>
where
    T: Clone + Send + Sync + 'static,
{
    if bytes < MUCH {
        return Box::pin(std::future::ready(Ok(items.iter().map(vector).collect())));
    }
    Box::pin(async move {
        let items = items.to_vec();
        let made = tokio::task::spawn_blocking(move || items.iter().map(vector).collect()).await;
        made.map_err(|_| AiError::Transient {
            message: "The text could not be read: please try again.".to_owned(),
            retry_after: None,
        })
    })
}

#[cfg(test)]
mod tests;
