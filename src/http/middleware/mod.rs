//! What happens to every request before and after its handler, from the outside in: [`wrapped`] (the shape of
//! `/api/v1`), [`envelope`] (request id, log,
//! metrics, headers), [`conditional`] (ETag), [`gate`] (who is asking, foreign origins, rate limit).

pub mod conditional;
pub mod envelope;
pub mod gate;
pub mod wrapped;
