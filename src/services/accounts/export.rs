//! Everything stored about somebody as a ZIP: JSON, their files, and a manifest with the SHA-256 of each. It is made while
//! it is sent, so that no part of it is in memory for longer than it takes to send it.

use std::collections::HashSet;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::Stream;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};
use zip::write::{SimpleFileOptions, StreamWriter, ZipWriter};
use zip::{CompressionMethod, result::ZipResult};

use super::Accounts;
use crate::domain::UserId;
use crate::domain::error::{Error, Result};
use crate::domain::user::User;
use crate::store::{Part, Store};

/// Pieces on their way to the archive, and from it: about 64 KiB to 256 KiB each.
const QUEUE: usize = 4;
/// Bytes that are sent at once.
const CHUNK: usize = 64 * 1024;

/// Archives that may be made at once: each takes a thread while its client reads.
const EXPORTS: usize = 4;
/// For so long a client may take to read an archive.
const DEADLINE: Duration = Duration::from_secs(600);
/// When a refused export may be asked for again.
const RETRY: Duration = Duration::from_secs(60);

/// Whose archives are being made.
#[derive(Clone, Default)]
pub(super) struct Exports(Arc<Mutex<HashSet<UserId>>>);

/// A place among them, free again when it is dropped.
struct Place {
    user: UserId,
    exports: Exports,
}

impl Exports {
    /// 503 while one of the same user is being made, or too many of others.
    fn enter(&self, user: UserId) -> Result<Place> {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if running.contains(&user) {
            let message = "An export of this account is being made: wait for it, or try again in some minutes.";
            return Err(Error::unavailable("EXPORT_RUNNING", message, RETRY));
        }
        if running.len() >= EXPORTS {
            let message = "Other exports are being made: try again in a minute.";
            return Err(Error::unavailable("EXPORTS_BUSY", message, RETRY));
        }
        running.insert(user);
        Ok(Place { user, exports: self.clone() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.exports.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.user);
    }
}

fn too_slow() -> Error {
    let message = "The export was not read within ten minutes: try again with a faster connection.";
    Error::unavailable("EXPORT_TOO_SLOW", message, RETRY)
}

/// What an archive is made of, in order.
enum Piece {
    /// A file begins.
    File(String, CompressionMethod),
    Bytes(Bytes),
    /// Nothing is missing: an archive that ends without it is broken off.
    End,
}

impl Accounts {
    /// The archive of one account. An error in the middle breaks it off, so that nobody takes a part for the whole; so does
    /// a client that has not read it after ten minutes. 503 while one of this account is being made, or too many of others.
    pub fn export(&self, user: User) -> Result<impl Stream<Item = Result<Bytes>> + use<>> {
        self.export_until(user, Instant::now() + DEADLINE)
    }

    fn export_until(&self, user: User, end: Instant) -> Result<impl Stream<Item = Result<Bytes>> + use<>> {
        let place = self.exports.enter(user.id)?;
        let (pieces, archived) = mpsc::channel(QUEUE);
        let (out, sent) = mpsc::channel(QUEUE);
        let mut collector = Collector { store: self.store.clone(), pieces, manifest: Vec::new(), file: None };
        tokio::spawn(async move {
            let collected = timeout_at(end, collector.collect(&user)).await;
            if let Err(error) = collected.unwrap_or_else(|_| Err(too_slow())) {
                // whoever would be told may have hung up: then this is why
                let _ = collector.pieces.send(Err(error)).await;
            }
        });
        let out = Outgoing { sender: out, runtime: Handle::current(), end };
        tokio::task::spawn_blocking(move || {
            let _place = place;
            archive(archived, &out);
        });
        Ok(futures_util::stream::unfold(Some(sent), move |sent| async move { next(sent?, end).await }))
    }
}

/// The next piece of an archive. Once its time is over there is none: what was sent then may be a part.
async fn next(
    mut sent: mpsc::Receiver<Result<Bytes>>,
    end: Instant,
) -> Option<(Result<Bytes>, Option<mpsc::Receiver<Result<Bytes>>>)> {
    let piece = timeout_at(end, sent.recv()).await.ok().filter(|_| Instant::now() < end);
    let piece = piece.unwrap_or_else(|| Some(Err(too_slow())))?;
    let rest = piece.is_ok().then_some(sent);
    Some((piece, rest))
}

/// Reads what is stored and cuts it into files.
struct Collector {
    store: Store,
    pieces: mpsc::Sender<Result<Piece>>,
    manifest: Vec<Value>,
    /// The file that is being written: its name, hash and size.
    file: Option<(String, Sha256, usize)>,
}

impl Collector {
    async fn collect(&mut self, user: &User) -> Result<()> {
        let account = user.clone().seen_by_oneself(false);
        let account = serde_json::to_value(account).map_err(|error| Error::internal(error.to_string()))?;
        self.begin("account.json", CompressionMethod::Deflated).await?;
        self.write(account.to_string().into()).await?;
        let (mut uploads, mut attachments) = (Vec::new(), Vec::new());
        for part in Part::ALL {
            let rows = self.part(user, part).await?;
            match part {
                Part::Uploads => uploads = rows,
                Part::Attachments => attachments = rows,
                _ => {}
            }
        }
        for id in uploads {
            self.upload(&id).await?;
        }
        for id in attachments {
            self.attachment(&id).await?;
        }
        self.finish().await
    }

    /// One array; gives the ids of its rows if they have files.
    async fn part(&mut self, user: &User, part: Part) -> Result<Vec<Value>> {
        let has_files = matches!(part, Part::Uploads | Part::Attachments);
        let (mut ids, mut offset, mut last) = (Vec::new(), 0, None);
        self.begin(part.file_name(), CompressionMethod::Deflated).await?;
        loop {
            let mut rows = self.store.export_page(user.id, part, offset, last.as_ref()).await?;
            for row in &rows {
                let before = if offset == 0 { "[\n" } else { ",\n" };
                self.write(format!("{before}{row}").into()).await?;
                offset += 1;
            }
            if has_files {
                ids.extend(rows.iter().map(|row| row["id"].clone()));
            }
            last = rows.pop();
            if last.is_none() {
                break;
            }
        }
        self.write(if offset == 0 { "[]" } else { "\n]" }.into()).await?;
        Ok(ids)
    }

    async fn upload(&mut self, id: &Value) -> Result<()> {
        let Some(upload) = self.store.upload(id.as_i64().unwrap_or_default()).await? else { return Ok(()) };
        // the name of the file stands in uploads.json: as a path it could be anything
        let name = format!("files/upload-{}.{}", upload.id, extension(&upload.file_name));
        self.begin(&name, CompressionMethod::Stored).await?;
        let mut part = 0;
        while let Some(bytes) = self.store.upload_part(upload.id, part).await? {
            self.write(bytes.into()).await?;
            part += 1;
        }
        Ok(())
    }

    async fn attachment(&mut self, id: &Value) -> Result<()> {
        let Some(id) = id.as_str().and_then(|text| uuid::Uuid::try_parse(text).ok()) else { return Ok(()) };
        self.begin(&format!("files/attachment-{id}"), CompressionMethod::Stored).await?;
        let mut part = 0;
        while let Some(bytes) = self.store.attachment_part(id, part).await? {
            self.write(bytes.into()).await?;
            part += 1;
        }
        Ok(())
    }

    async fn finish(&mut self) -> Result<()> {
        self.note_file();
        let manifest = json!({ "format": "greenroom-export-1", "files": std::mem::take(&mut self.manifest) });
        self.send(Piece::File("manifest.json".to_owned(), CompressionMethod::Deflated)).await?;
        self.send(Piece::Bytes(manifest.to_string().into())).await?;
        self.send(Piece::End).await
    }

    async fn begin(&mut self, name: &str, method: CompressionMethod) -> Result<()> {
        self.note_file();
        self.file = Some((name.to_owned(), Sha256::new(), 0));
        self.send(Piece::File(name.to_owned(), method)).await
    }

    async fn write(&mut self, bytes: Bytes) -> Result<()> {
        if let Some((_, hash, size)) = &mut self.file {
            hash.update(&bytes);
            *size += bytes.len();
        }
        self.send(Piece::Bytes(bytes)).await
    }

    /// The file that was written last is complete.
    fn note_file(&mut self) {
        if let Some((name, hash, size)) = self.file.take() {
            self.manifest.push(json!({ "name": name, "size": size, "sha256": hex::encode(hash.finalize()) }));
        }
    }

    async fn send(&self, piece: Piece) -> Result<()> {
        self.pieces.send(Ok(piece)).await.map_err(|_| Error::internal("nobody takes the export any more"))
    }
}

/// `pdf` of `cv.pdf`, if it is a plain one.
fn extension(file_name: &str) -> String {
    let extension = file_name.rsplit_once('.').map_or("", |(_, extension)| extension).to_ascii_lowercase();
    let plain = (1..=8).contains(&extension.len()) && extension.bytes().all(|b| b.is_ascii_alphanumeric());
    if plain { extension } else { "bin".to_owned() }
}

/// Writes the archive, on a thread of its own: compressing takes its time.
fn archive(pieces: mpsc::Receiver<Result<Piece>>, out: &Outgoing) {
    if let Err(error) = write_archive(pieces, out) {
        out.send(Err(error));
    }
}

fn write_archive(mut pieces: mpsc::Receiver<Result<Piece>>, out: &Outgoing) -> Result<()> {
    let failed = |error: zip::result::ZipError| Error::internal(format!("writing an export: {error}"));
    let mut zip = ZipWriter::new_stream(Outlet { out: out.clone(), waiting: BytesMut::new() });
    while !out.is_over() {
        let piece = match pieces.blocking_recv() {
            Some(Ok(piece)) => piece,
            other => {
                let error = other.and_then(Result::err);
                return Err(error.unwrap_or_else(|| Error::internal("an export without an end")));
            }
        };
        match add(&mut zip, piece) {
            Ok(true) => {}
            Ok(false) => return zip.finish().and_then(|mut out| Ok(out.flush()?)).map_err(failed),
            Err(error) => return Err(failed(error)),
        }
    }
    Ok(())
}

/// False after the last piece.
fn add(zip: &mut ZipWriter<StreamWriter<Outlet>>, piece: Piece) -> ZipResult<bool> {
    match piece {
        Piece::File(name, method) => {
            zip.start_file(name, SimpleFileOptions::default().compression_method(method))?;
        }
        Piece::Bytes(bytes) => zip.write_all(&bytes)?,
        Piece::End => return Ok(false),
    }
    Ok(true)
}

/// The way to the client, for as long as that may take.
#[derive(Clone)]
struct Outgoing {
    sender: mpsc::Sender<Result<Bytes>>,
    runtime: Handle,
    end: Instant,
}

impl Outgoing {
    fn is_over(&self) -> bool {
        self.sender.is_closed() || Instant::now() >= self.end
    }

    /// Blocks until there is room. What nobody takes, or not in time, is thrown away.
    fn send(&self, piece: Result<Bytes>) {
        // if this fails, the loop that writes here ends with the next piece
        let _ = self.runtime.block_on(async { timeout_at(self.end, self.sender.send(piece)).await });
    }
}

/// Sends what is written to it, in larger pieces.
struct Outlet {
    out: Outgoing,
    waiting: BytesMut,
}

impl Write for Outlet {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() >= CHUNK {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.waiting.is_empty() {
            self.out.send(Ok(self.waiting.split().freeze()));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read as _};
    use std::sync::Arc;

    use futures_util::StreamExt as _;

    use super::*;
    use crate::config::Settings;
    use crate::domain::clock::Clock;
    use crate::domain::user::Role;
    use crate::store::NewUser;
    use crate::store::testbed::Bed;

    /// Accounts with two users.
    async fn two() -> (Bed, Accounts, [User; 2]) {
        let bed = Bed::sqlite();
        let store = bed.open(Clock::system()).await;
        let mut users = Vec::new();
        for name in ["alice", "bob"] {
            let new = NewUser {
                username: name.into(),
                name: name.into(),
                email: format!("{name}@example.com"),
                password_hash: String::new(),
                role: Role::Customer,
            };
            users.push(store.create_user(new).await.unwrap());
        }
        let settings = Settings::for_testing("data".into(), &[]).unwrap();
        let accounts = Accounts::new(store, settings.auth, &[], Arc::new(|_, _| {}));
        (bed, accounts, users.try_into().unwrap())
    }

    #[tokio::test]
    async fn one_account_is_exported_once_at_a_time() {
        let (_bed, accounts, [alice, bob]) = two().await;
        let running = accounts.export(alice.clone()).unwrap();
        assert_eq!(accounts.export(alice.clone()).err().unwrap().code, "EXPORT_RUNNING");
        drop(accounts.export(bob).unwrap());
        let mut whole = Vec::new();
        let mut running = std::pin::pin!(running);
        while let Some(piece) = running.next().await {
            whole.extend_from_slice(&piece.unwrap());
        }
        zip::ZipArchive::new(Cursor::new(whole)).unwrap();
        // its place is free before its last byte was taken
        drop(accounts.export(alice).unwrap());
    }

    #[tokio::test]
    async fn whoever_does_not_read_an_export_in_time_gets_no_whole_one_and_keeps_no_place() {
        let (_bed, accounts, [alice, _]) = two().await;
        let mut late = std::pin::pin!(accounts.export_until(alice.clone(), Instant::now()).unwrap());
        assert_eq!(late.next().await.unwrap().err().unwrap().code, "EXPORT_TOO_SLOW");
        assert!(late.next().await.is_none());
        // nobody ever takes the first piece: whoever writes does not wait for longer than the archive may take
        let (feed, pieces) = mpsc::channel(4);
        feed.send(Ok(Piece::File("a.bin".to_owned(), CompressionMethod::Stored))).await.unwrap();
        feed.send(Ok(Piece::Bytes(Bytes::from_static(&[7; 200_000])))).await.unwrap();
        let (sender, sent) = mpsc::channel(1);
        sender.send(Ok(Bytes::new())).await.unwrap();
        let out = Outgoing { sender, runtime: Handle::current(), end: Instant::now() + Duration::from_millis(20) };
        tokio::task::spawn_blocking(move || archive(pieces, &out)).await.unwrap();
        assert!(feed.is_closed() && sent.is_closed());
    }

    fn archived(pieces: Vec<Result<Piece>>) -> (Vec<u8>, Option<Error>) {
        let (feed, pieces_in) = mpsc::channel(pieces.len().max(1));
        let (sender, mut sent) = mpsc::channel(1024);
        for piece in pieces {
            feed.blocking_send(piece).unwrap();
        }
        drop(feed);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let end = Instant::now() + DEADLINE;
        archive(pieces_in, &Outgoing { sender, runtime: runtime.handle().clone(), end });
        let (mut bytes, mut error) = (Vec::new(), None);
        while let Some(piece) = sent.blocking_recv() {
            match piece {
                Ok(piece) if error.is_none() => bytes.extend_from_slice(&piece),
                Ok(_) => {}
                Err(first) => error = error.or(Some(first)),
            }
        }
        (bytes, error)
    }

    fn file(name: &str, content: &'static [u8]) -> [Result<Piece>; 2] {
        let begin = Piece::File(name.to_owned(), CompressionMethod::Deflated);
        [Ok(begin), Ok(Piece::Bytes(Bytes::from_static(content)))]
    }

    #[test]
    fn an_archive_holds_its_files() {
        let pieces = file("a.json", b"[]").into_iter().chain(file("b.bin", &[7; 200_000])).chain([Ok(Piece::End)]);
        let (bytes, error) = archived(pieces.collect());
        assert!(error.is_none());
        let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        let mut content = Vec::new();
        zip.by_name("b.bin").unwrap().read_to_end(&mut content).unwrap();
        assert_eq!((zip.len(), content), (2, vec![7; 200_000]));
    }

    #[test]
    fn what_is_broken_off_ends_with_an_error() {
        let (_, error) = archived(file("a.json", b"[]").into());
        assert!(error.is_some());
        let failing = file("a.json", b"[]").into_iter().chain([Err(Error::internal("database away"))]);
        assert_eq!(archived(failing.collect()).1.and_then(|error| error.detail).as_deref(), Some("database away"));
    }

    #[test]
    fn only_plain_extensions_become_part_of_a_path() {
        for (name, wanted) in [("my cv.PDF", "pdf"), ("a.b.docx", "docx"), ("none", "bin"), ("x./../y", "bin")] {
            assert_eq!(extension(name), wanted);
        }
    }
}
