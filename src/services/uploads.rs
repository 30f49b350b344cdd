//! Uploads: what may be stored, and under which name.

use std::io::{self, Read, Seek, SeekFrom};

use bytes::{Bytes, BytesMut};
use sha2::{Digest, Sha256};

use crate::analysis::extract::sniff::{self, DocumentKind};
use crate::domain::error::{Error, Kind, Result};
use crate::domain::page::{Page, Slice};
use crate::domain::{UploadId, UserId};
use crate::store::{NewUpload, Store, Upload};

/// The largest file, in bytes.
pub const MAX_BYTES: usize = 10_485_760;
/// The size of the parts in which a file is kept, in memory and in the database.
const PART: usize = 256 * 1024;

/// A file while it arrives: whole once, in parts, never more than [`MAX_BYTES`].
#[derive(Default)]
pub struct Incoming {
    parts: Vec<Bytes>,
    current: BytesMut,
    len: usize,
    hash: Sha256,
}

impl Incoming {
    /// Takes more of the file. 413 as soon as it is too large.
    pub fn push(&mut self, mut data: &[u8]) -> Result<()> {
        self.len += data.len();
        if self.len > MAX_BYTES {
            return Err(too_large());
        }
        self.hash.update(data);
        while !data.is_empty() {
            if self.current.capacity() == 0 {
                // the first part grows with the file, so that a small one costs little; the others are known to be needed
                self.current.reserve(if self.parts.is_empty() { data.len().min(PART) } else { PART });
            }
            let fits = data.len().min(PART - self.current.len());
            self.current.extend_from_slice(&data[..fits]);
            data = &data[fits..];
            if self.current.len() == PART {
                self.parts.push(std::mem::take(&mut self.current).freeze());
            }
        }
        Ok(())
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// SHA-256 in hex, and the parts.
    fn finish(mut self) -> (String, Vec<Bytes>) {
        if !self.current.is_empty() {
            self.parts.push(self.current.freeze());
        }
        (hex::encode(self.hash.finalize()), self.parts)
    }
}

/// Reads the parts as one file, for the look at its type.
struct Parts<'a> {
    parts: &'a [Bytes],
    len: u64,
    at: u64,
}

impl Read for Parts<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let at = usize::try_from(self.at).map_err(io::Error::other)?;
        let Some(part) = self.parts.get(at / PART) else { return Ok(0) };
        let rest = part.get(at % PART..).unwrap_or_default();
        let count = rest.len().min(out.len());
        out[..count].copy_from_slice(&rest[..count]);
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for Parts<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.len.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = target.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}

/// The uploads service.
#[derive(Clone)]
pub struct Uploads {
    store: Store,
}

impl Uploads {
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// Stores a file that has arrived whole.
    pub async fn save(
        &self,
        owner: UserId,
        file_name: &str,
        linkedin_url: Option<String>,
        file: Incoming,
    ) -> Result<Upload> {
        let file_name = clean_file_name(file_name)?;
        if file.is_empty() {
            return Err(Error::invalid("file", "The file is empty: choose another one."));
        }
        let file_size = file.len;
        let (sha256, parts) = file.finish();
        let (kind, parts) = tokio::task::spawn_blocking(move || (kind_of(&parts, file_size), parts))
            .await
            .map_err(|error| Error::internal(format!("looking at an upload: {error}")))?;
        let kind = kind.filter(|kind| DocumentKind::of_name(&file_name) == Some(*kind)).ok_or_else(invalid_type)?;
        self.store
            .insert_upload(NewUpload {
                user_id: owner,
                file_name,
                mime_type: kind.mime_type(),
                file_size: i64::try_from(file_size).map_err(|_| too_large())?,
                sha256,
                linkedin_url,
                parts,
            })
            .await
    }

    /// Somebody's own upload; 404 if it is not theirs.
    pub async fn get(&self, owner: UserId, id: UploadId) -> Result<Upload> {
        self.store.upload(id).await?.filter(|upload| upload.user_id == owner).ok_or_else(|| not_found(id))
    }

    /// One part of the bytes; `None` past the end.
    pub async fn part(&self, id: UploadId, part: i32) -> Result<Option<Vec<u8>>> {
        self.store.upload_part(id, part).await
    }

    pub async fn list(&self, owner: UserId, page: Page) -> Result<Slice<Upload>> {
        self.store.uploads(owner, page).await
    }

    /// Deletes an upload with all that was made of it.
    pub async fn delete(&self, owner: UserId, id: UploadId) -> Result<()> {
        if self.store.delete_upload(id, owner).await? { Ok(()) } else { Err(not_found(id)) }
    }
}

fn kind_of(parts: &[Bytes], len: usize) -> Option<DocumentKind> {
    let mut reader = Parts { parts, len: len as u64, at: 0 };
    sniff::sniff(&mut reader).ok().flatten()
}

fn not_found(id: UploadId) -> Error {
    Error::not_found("UPLOAD_NOT_FOUND", "Upload not found").with("upload_id", id)
}

/// 413 with the limit.
pub fn too_large() -> Error {
    Error::new(
        Kind::TooLarge,
        "FILE_TOO_LARGE",
        "File size exceeds limit",
        "The file is larger than 10 MB: save it smaller, for example without pictures.",
    )
    .with("max_size_mb", 10)
}

fn invalid_type() -> Error {
    Error::new(Kind::Invalid, "INVALID_FILE_TYPE", "Invalid file type", "Only PDF, DOC, and DOCX files are supported")
        .field("file")
}

/// The last part of a path, without control characters and without the marks that turn text around; 1–255 bytes.
fn clean_file_name(name: &str) -> Result<String> {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let direction = |c: &char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}');
    let name: String = name.chars().filter(|c| !c.is_control() && !direction(c)).collect();
    let name = name.trim();
    if (1..=255).contains(&name.len()) {
        return Ok(name.to_owned());
    }
    Err(Error::invalid("file", "The file needs a name of 1 to 255 bytes: rename it and try again."))
}

/// An address on linkedin.com, as the form sends it; an empty one is none.
pub fn linkedin_url(text: &str) -> Result<Option<String>> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let is_linkedin = url::Url::parse(text).is_ok_and(|url| {
        let host = url.host_str().unwrap_or_default();
        matches!(url.scheme(), "http" | "https")
            && (host == "linkedin.com" || host.ends_with(".linkedin.com"))
            && url.username().is_empty()
            && url.password().is_none()
    });
    if is_linkedin && text.chars().count() <= 500 {
        return Ok(Some(text.to_owned()));
    }
    Err(Error::invalid(
        "linkedin_url",
        "linkedin_url must be an http(s) address on linkedin.com with at most 500 characters, or empty.",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_lose_folders_and_control_characters() {
        for (sent, kept) in [
            ("../../etc/cv.pdf", "cv.pdf"),
            ("C:\\Users\\me\\cv.pdf", "cv.pdf"),
            ("c\u{7}v\u{1f}.pdf", "cv.pdf"),
            ("履歴書 🦊.pdf", "履歴書 🦊.pdf"),
            ("cv\u{202e}fdp.pdf", "cvfdp.pdf"),
        ] {
            assert_eq!(clean_file_name(sent).unwrap(), kept);
        }
        assert!(clean_file_name(&"é".repeat(128)).is_err());
        assert!(clean_file_name("folder/").is_err());
    }

    #[test]
    fn only_linkedin_is_linkedin() {
        for good in
            ["https://linkedin.com/in/x", "HTTPS://WWW.LINKEDIN.COM/in/x", "https://pt.linkedin.com/in/jo%C3%A3o"]
        {
            assert_eq!(linkedin_url(good).unwrap().as_deref(), Some(good));
        }
        assert_eq!(linkedin_url(" ").unwrap(), None);
        for bad in [
            "javascript:alert(1)//linkedin.com",
            "https://evillinkedin.com/in/x",
            "https://linkedin.com@evil.example/",
            "https://evil.example#linkedin.com",
            "https://x@linkedin.com/",
            "linkedin",
        ] {
            assert!(linkedin_url(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_file_is_kept_in_parts_and_bounded() {
        let mut file = Incoming::default();
        let data: Vec<u8> = (0..=255).cycle().take(PART * 2 + 5).collect();
        for piece in data.chunks(1000) {
            file.push(piece).unwrap();
        }
        let (hash, parts) = file.finish();
        assert_eq!(parts.iter().map(Bytes::len).collect::<Vec<_>>(), [PART, PART, 5]);
        assert_eq!(hash, hex::encode(Sha256::digest(&data)));
        let mut reader = Parts { parts: &parts, len: data.len() as u64, at: 0 };
        let mut tail = Vec::new();
        reader.seek(SeekFrom::End(-10)).unwrap();
        reader.read_to_end(&mut tail).unwrap();
        assert_eq!(tail, data[data.len() - 10..]);
        let mut full = Incoming { len: MAX_BYTES, ..Incoming::default() };
        assert_eq!(full.push(b"x").unwrap_err().kind, Kind::TooLarge);
    }
}
