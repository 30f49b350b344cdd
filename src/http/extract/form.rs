//! Multipart forms (RFC 7578), read part by part while they arrive.

use std::pin::Pin;
use std::task::{Context, Poll};

use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::HttpRequest;
use actix_web::error::PayloadError;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt as _};

use super::arriving::{Arriving, linger, refusal};
use crate::domain::error::{Error, Kind, Result};

/// The largest text field of a form, in bytes.
const TEXT_LIMIT: usize = 16 * 1024;

/// A form, as a stream of its parts.
pub struct Form {
    parts: Multipart,
}

impl Form {
    /// Begins to read a form of at most `limit` bytes in all. 415 if it is none, 413 if it is announced to be larger.
    pub async fn of(request: &HttpRequest, payload: Arriving, limit: u64) -> Result<Self> {
        let media_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !media_type.trim_start().to_ascii_lowercase().starts_with("multipart/form-data") {
            return Err(Error::new(
                Kind::UnsupportedMediaType,
                "UNSUPPORTED_MEDIA_TYPE",
                "Unsupported media type",
                "Send a form: `Content-Type: multipart/form-data`, the file in the part `file`.",
            ));
        }
        let announced = request.headers().get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
        if announced.is_some_and(|length| length > limit) {
            linger(payload).await;
            return Err(crate::services::uploads::too_large());
        }
        let clean = CleanHeaders::new(payload, boundary(media_type));
        Ok(Self { parts: Multipart::new(request.headers(), clean) })
    }

    /// The next part, or the end.
    pub async fn next(&mut self) -> Result<Option<Part>> {
        match self.parts.next().await {
            None => Ok(None),
            Some(field) => Ok(Some(Part { field: field.map_err(|error| broken(&error))? })),
        }
    }
}

/// One part of a form.
pub struct Part {
    field: Field,
}

impl Part {
    pub fn name(&self) -> &str {
        self.field.name().unwrap_or_default()
    }

    /// The name of the file as the client wrote it. Browsers escape only quotes, so a backslash is a backslash.
    pub fn file_name(&self) -> Option<String> {
        let raw = self.field.headers().get(CONTENT_DISPOSITION)?;
        let parsed = self.field.content_disposition();
        if let Some(extended) = parsed.and_then(|disposition| disposition.get_filename_ext()) {
            return String::from_utf8(extended.value.clone()).ok();
        }
        let raw = std::str::from_utf8(raw.as_bytes()).ok()?;
        quoted_file_name(raw).or_else(|| parsed?.get_filename().map(str::to_owned))
    }

    pub async fn chunk(&mut self) -> Result<Option<Bytes>> {
        self.field.next().await.transpose().map_err(|error| broken(&error))
    }

    /// Reads on and throws away, so that the client gets to see why.
    pub async fn linger(&mut self) {
        linger(&mut self.field).await;
    }

    /// The part as text of at most 16 KiB.
    pub async fn text(&mut self) -> Result<String> {
        let name = self.name().to_owned();
        let mut bytes = BytesMut::new();
        while let Some(chunk) = self.chunk().await? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > TEXT_LIMIT {
                return Err(Error::invalid(name, format!("A text field has at most {TEXT_LIMIT} bytes.")));
            }
        }
        let text = String::from_utf8(bytes.to_vec()).ok().filter(|text| !text.contains('\0'));
        text.ok_or_else(|| Error::invalid(name, "The field must be UTF-8 text without U+0000."))
    }
}

/// The text between the quotes of `filename="…"`; a quote inside is written `\"`.
fn quoted_file_name(disposition: &str) -> Option<String> {
    let at = disposition.to_ascii_lowercase().find("filename=\"")?;
    let mut name = String::new();
    let mut characters = disposition.get(at + "filename=\"".len()..)?.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '"' => return Some(name),
            '\\' if characters.peek() == Some(&'"') => {
                name.push('"');
                characters.next();
            }
            other => name.push(other),
        }
    }
    None
}

fn broken(error: &MultipartError) -> Error {
    if let MultipartError::Payload(error) = error
        && let Some(refusal) = refusal(error)
    {
        return refusal;
    }
    let message = format!("The form could not be read: {error}.");
    Error::new(Kind::Invalid, "INVALID_FORM", "Invalid form", message)
}

fn boundary(media_type: &str) -> Vec<u8> {
    let parameter = media_type.split(';').find_map(|p| p.trim().strip_prefix("boundary="));
    parameter.unwrap_or_default().trim_matches('"').as_bytes().to_vec()
}

/// Takes control characters out of the headers of the parts, where a file's name may carry them; the parser would refuse
/// the whole form. The contents of the parts pass untouched.
struct CleanHeaders<S> {
    inner: S,
    cleaner: Cleaner,
}

impl<S> CleanHeaders<S> {
    fn new(inner: S, boundary: Vec<u8>) -> Self {
        Self { inner, cleaner: Cleaner::new(boundary) }
    }
}

impl<S: Stream<Item = Result<Bytes, PayloadError>> + Unpin> Stream for CleanHeaders<S> {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let chunk = std::task::ready!(self.inner.poll_next_unpin(context));
        Poll::Ready(chunk.map(|chunk| chunk.map(|bytes| self.cleaner.clean(bytes))))
    }
}

/// Follows the form: how much of the delimiter, or of the end of the headers, has been seen.
struct Cleaner {
    delimiter: Vec<u8>,
    /// Bytes of `delimiter` that match so far.
    matched: usize,
    in_headers: bool,
    /// Bytes of `\r\n\r\n` that match so far.
    blank: usize,
}

const BLANK_LINE: &[u8] = b"\r\n\r\n";

impl Cleaner {
    fn new(boundary: Vec<u8>) -> Self {
        let delimiter = [b"\r\n--", boundary.as_slice()].concat();
        // the first delimiter may stand at the very beginning, without its line end
        Self { delimiter, matched: 2, in_headers: false, blank: 0 }
    }

    fn clean(&mut self, chunk: Bytes) -> Bytes {
        let mut at = 0;
        while at < chunk.len() {
            if !self.in_headers && self.matched == 0 {
                // nothing can begin before the next carriage return
                at += chunk[at..].iter().position(|b| *b == b'\r').unwrap_or(chunk.len() - at);
                if at == chunk.len() {
                    break;
                }
            }
            let byte = chunk[at];
            if self.in_headers && byte.is_ascii_control() && !matches!(byte, b'\r' | b'\n' | b'\t') {
                return self.clean_slowly(&chunk, at);
            }
            self.step(byte);
            at += 1;
        }
        chunk
    }

    /// The rare chunk with something to take out, from `at` on.
    fn clean_slowly(&mut self, chunk: &Bytes, at: usize) -> Bytes {
        let mut out = BytesMut::with_capacity(chunk.len());
        out.extend_from_slice(&chunk[..at]);
        for byte in &chunk[at..] {
            let dropped = self.in_headers && byte.is_ascii_control() && !matches!(byte, b'\r' | b'\n' | b'\t');
            if !dropped {
                self.step(*byte);
                out.extend_from_slice(&[*byte]);
            }
        }
        out.freeze()
    }

    fn step(&mut self, byte: u8) {
        if self.in_headers {
            self.blank = advance(BLANK_LINE, self.blank, byte);
            if self.blank == BLANK_LINE.len() {
                (self.in_headers, self.blank, self.matched) = (false, 0, 0);
            }
            return;
        }
        self.matched = advance(&self.delimiter, self.matched, byte);
        if self.matched == self.delimiter.len() {
            (self.in_headers, self.blank, self.matched) = (true, 0, 0);
        }
    }
}

/// How much of the pattern matches after one more byte. Both patterns restart only at a carriage return: inside
/// `\r\n\r\n` the second one is as good as the first, inside a delimiter there is no other.
fn advance(pattern: &[u8], matched: usize, byte: u8) -> usize {
    if pattern.get(matched) == Some(&byte) { matched + 1 } else { usize::from(byte == b'\r') }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleaned(body: &[u8], size: usize) -> Vec<u8> {
        let mut cleaner = Cleaner::new(b"x".to_vec());
        body.chunks(size).flat_map(|chunk| cleaner.clean(Bytes::copy_from_slice(chunk)).to_vec()).collect()
    }

    #[test]
    fn only_headers_lose_control_characters_wherever_the_chunks_end() {
        let body = b"--x\r\nA: c\x07v\x1f\r\n\r\nd\x07ata\r\n--y\x01\r\n\r\n--x\r\nB: \x02b\r\n\r\n\x03\r\n--x--\r\n";
        let wanted = b"--x\r\nA: cv\r\n\r\nd\x07ata\r\n--y\x01\r\n\r\n--x\r\nB: b\r\n\r\n\x03\r\n--x--\r\n";
        for size in 1..=body.len() {
            assert_eq!(cleaned(body, size), wanted, "chunks of {size}");
        }
    }

    #[test]
    fn a_backslash_in_a_file_name_is_a_backslash() {
        let name = |text: &str| quoted_file_name(&format!("form-data; name=\"file\"; filename=\"{text}\""));
        assert_eq!(name(r"C:\Users\me\cv.pdf").as_deref(), Some(r"C:\Users\me\cv.pdf"));
        assert_eq!(name(r#"a\"b.pdf"#).as_deref(), Some("a\"b.pdf"));
    }
}
