//! From a document to what it says: text, chunks, and the proof that a profile's values stand in the text.

pub mod chunk;
pub mod evidence;
pub mod extract;
