//! The AI of any OpenAI-compatible endpoint: OpenAI, Azure, Ollama, vLLM, llama.cpp and their kin.
//!
//! `settings` says where and with which key, `transport` sends one request and bounds it, `refusal` reads the errors of
//! an endpoint, `failure` says which of all that can go wrong is worth another try, `dialect` is what the endpoint turned out to understand, `chat` and `embeddings` are the two traits,
//! `answer` with `lenient` makes a profile of what a model wrote, `interview` questions and answers.

mod answer;
mod chat;
mod dialect;
mod embeddings;
mod failure;
mod interview;
mod lenient;
mod prompts;
mod refusal;
mod retry_after;
mod settings;
mod transport;

#[cfg(test)]
mod tests;

pub use chat::OpenAiModel;
pub use embeddings::OpenAiEmbedder;
pub use settings::OpenAiSettings;
