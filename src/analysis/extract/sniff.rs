//! What kind of document a file is, by its content. Runs inside the server on whatever strangers upload: it reads a
//! bounded number of bytes, follows no size that the file declares without a bound, and never recurses.

use std::io::{self, Read, Seek, SeekFrom};

/// The kinds of documents that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentKind {
    Pdf,
    Docx,
    Doc,
}

impl DocumentKind {
    pub const ALL: [Self; 3] = [Self::Pdf, Self::Docx, Self::Doc];

    pub fn mime_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Doc => "application/msword",
        }
    }

    /// The extension of its file names, in lower case and without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Docx => "docx",
            Self::Doc => "doc",
        }
    }

    /// The kind that the extension of a file name promises; case is ignored.
    pub fn of_name(filename: &str) -> Option<Self> {
        let (_, extension) = filename.trim_end().rsplit_once('.')?;
        Self::ALL.into_iter().find(|kind| extension.eq_ignore_ascii_case(kind.extension()))
    }
}

/// The first bytes of an OLE compound file ([MS-CFB] 2.2).
pub const OLE_MAGIC: &[u8] = &[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
/// Length of the header of a compound file.
pub const OLE_HEADER: usize = 512;

/// A PDF header may stand behind this many bytes of junk (ISO 32000-1, annex H.3, note 13).
const PDF_WINDOW: usize = 1024;
/// Bytes read from the start of every file.
const HEAD: usize = 4096;

/// The kind of a document, or nothing if it is none of them. A container too damaged to tell counts as what it most
/// likely was (`Doc` for OLE, `Docx` for a ZIP with Word's parts), so that its analysis can say that it is damaged.
///
/// # Errors
/// Only those of the reader.
pub fn sniff<R: Read + Seek>(reader: &mut R) -> io::Result<Option<DocumentKind>> {
    let length = reader.seek(SeekFrom::End(0))?;
    let head = read_at(reader, 0, HEAD)?;
    if head.starts_with(b"PK\x03\x04") {
        return Ok(is_docx(reader, length, &head)?.then_some(DocumentKind::Docx));
    }
    if head.starts_with(OLE_MAGIC) {
        return sniff_ole(reader, &head);
    }
    let window = &head[..head.len().min(PDF_WINDOW)];
    Ok(window.windows(5).any(|bytes| bytes == b"%PDF-").then_some(DocumentKind::Pdf))
}

/// Up to `length` bytes from `offset`; fewer at the end of the file.
fn read_at<R: Read + Seek>(reader: &mut R, offset: u64, length: usize) -> io::Result<Vec<u8>> {
    reader.seek(SeekFrom::Start(offset))?;
    let mut bytes = Vec::new();
    reader.take(length as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn u16_at(bytes: &[u8], at: usize) -> usize {
    bytes.get(at..at + 2).map_or(0, |b| usize::from(u16::from_le_bytes([b[0], b[1]])))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).map_or(0, |b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
}

/// Most bytes of a central directory that are looked at.
const MAX_DIRECTORY: usize = 2 << 20;
/// The end record with the longest comment (APPNOTE 4.3.16).
const END_RECORD: usize = 22 + 65_535;

fn is_docx<R: Read + Seek>(reader: &mut R, length: u64, head: &[u8]) -> io::Result<bool> {
    let tail_start = length.saturating_sub(END_RECORD as u64);
    let tail = read_at(reader, tail_start, END_RECORD)?;
    let Some(at) = tail.windows(4).rposition(|bytes| bytes == b"PK\x05\x06") else {
        return Ok(mentions_word(head));
    };
    let (size, offset) = (u64::from(u32_at(&tail, at + 12)), u64::from(u32_at(&tail, at + 16)));
    // Offsets count from the start of the archive, which stands behind anything put before it.
    let end = tail_start + at as u64;
    let prefix = end.saturating_sub(size.saturating_add(offset));
    let directory = read_at(reader, prefix.saturating_add(offset), MAX_DIRECTORY.min(size as usize))?;
    Ok(directory_holds_word(&directory).unwrap_or_else(|| mentions_word(head)))
}

/// Whether a central directory lists the main part of a Word document; nothing if it is none.
fn directory_holds_word(directory: &[u8]) -> Option<bool> {
    let (mut content_types, mut word_part) = (false, false);
    let mut rest = directory;
    if !rest.starts_with(b"PK\x01\x02") {
        return None;
    }
    while rest.starts_with(b"PK\x01\x02") {
        let (name, extra, comment) = (u16_at(rest, 28), u16_at(rest, 30), u16_at(rest, 32));
        let name = rest.get(46..46 + name)?.to_ascii_lowercase();
        if name == b"word/document.xml" {
            return Some(true);
        }
        content_types |= name == b"[content_types].xml";
        // Word for the web writes `word/document2.xml`; which part it is, `_rels/.rels` tells the extractor.
        word_part |= name.starts_with(b"word/document") && name.ends_with(b".xml");
        rest = rest.get(46 + u16_at(rest, 28) + extra + comment..).unwrap_or_default();
    }
    Some(content_types && word_part)
}

/// Whether the first entries of an archive without directory are those of a Word document.
fn mentions_word(head: &[u8]) -> bool {
    let mentions = |needle: &[u8]| head.windows(needle.len()).any(|bytes| bytes == needle);
    mentions(b"[Content_Types].xml") || mentions(b"word/document.xml")
}

/// Most directory sectors of a compound file that are looked at.
const MAX_DIRECTORY_SECTORS: usize = 256;

fn sniff_ole<R: Read + Seek>(reader: &mut R, head: &[u8]) -> io::Result<Option<DocumentKind>> {
    if head.len() < OLE_HEADER {
        // no compound file is shorter than its header
        return Ok(None);
    }
    let shift = u16_at(head, 30);
    if !matches!(shift, 9 | 12) {
        return Ok(Some(DocumentKind::Doc));
    }
    let sector_size = 1usize << shift;
    let mut sector = u32_at(head, 48);
    for _ in 0..MAX_DIRECTORY_SECTORS {
        if sector == END_OF_CHAIN {
            // A complete directory without any stream of ours.
            return Ok(None);
        }
        let entries = read_at(reader, (u64::from(sector) + 1) << shift, sector_size)?;
        if entries.is_empty() {
            break;
        }
        if let Some(kind) = entries.chunks_exact(128).find_map(entry_kind) {
            return Ok(Some(kind));
        }
        let Some(next) = next_sector(reader, head, sector, sector_size)? else { break };
        sector = next;
    }
    Ok(Some(DocumentKind::Doc))
}

const END_OF_CHAIN: u32 = 0xffff_fffe;

/// The successor of a sector by the allocation table, as far as the header lists its sectors ([MS-CFB] 2.2, 2.3).
fn next_sector<R: Read + Seek>(reader: &mut R, head: &[u8], sector: u32, size: usize) -> io::Result<Option<u32>> {
    let per_sector = size / 4;
    let table = sector as usize / per_sector;
    if table >= 109 {
        return Ok(None);
    }
    let table_sector = u64::from(u32_at(head, 76 + 4 * table)) + 1;
    let entry = read_at(reader, table_sector * size as u64 + 4 * (sector as usize % per_sector) as u64, 4)?;
    Ok((entry.len() == 4).then(|| u32_at(&entry, 0)))
}

/// The kind that a stream of this directory entry gives away ([MS-CFB] 2.6).
fn entry_kind(entry: &[u8]) -> Option<DocumentKind> {
    let length = u16_at(entry, 64).min(64).saturating_sub(2);
    let units: Vec<u16> = entry[..length].chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    let is = |name: &str| units.iter().copied().eq(name.encode_utf16());
    match entry[66] {
        2 if is("WordDocument") => Some(DocumentKind::Doc),
        // A DOCX with a password is an OLE file around the encrypted package ([MS-OFFCRYPTO] 1.3.2).
        2 if is("EncryptedPackage") => Some(DocumentKind::Docx),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use proptest::prelude::*;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn kind(bytes: &[u8]) -> Option<DocumentKind> {
        sniff(&mut Cursor::new(bytes)).unwrap()
    }

    fn archive(names: &[&str]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for name in names {
            writer.start_file(*name, SimpleFileOptions::default()).unwrap();
            writer.write_all(b"<x/>").unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn compound(streams: &[&str]) -> Vec<u8> {
        let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
        for stream in streams {
            file.create_stream(stream).unwrap().write_all(b"content").unwrap();
        }
        file.into_inner().into_inner()
    }

    #[test]
    fn content_decides() {
        let junk = [&b"#!/bin/sh\n".repeat(50)[..], b"%PDF-1.4"].concat();
        let late = [&b" ".repeat(1020)[..], b"%PDF-1.4"].concat();
        let many: Vec<String> = (0..40).map(|n| format!("/filler{n}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).chain(["/WordDocument"]).collect();
        for (bytes, expected) in [
            (&b"%PDF-1.7"[..], Some(DocumentKind::Pdf)),
            (&junk, Some(DocumentKind::Pdf)),
            (&late, None),
            (b"", None),
            (b"\x89PNG\r\n", None),
            (&archive(&["[Content_Types].xml", "word/document.xml"]), Some(DocumentKind::Docx)),
            (&archive(&["[Content_Types].xml", "word/document2.xml"]), Some(DocumentKind::Docx)),
            (&archive(&["word/document.docx"]), None),
            (&archive(&["mimetype", "content.xml"]), None),
            (&archive(&["[Content_Types].xml", "xl/workbook.xml"]), None),
            (&compound(&["/WordDocument", "/1Table"]), Some(DocumentKind::Doc)),
            (&compound(&many), Some(DocumentKind::Doc)),
            (&compound(&["/Workbook"]), None),
            (&compound(&["/EncryptionInfo", "/EncryptedPackage"]), Some(DocumentKind::Docx)),
        ] {
            assert_eq!(kind(bytes), expected, "{:?}", String::from_utf8_lossy(&bytes[..bytes.len().min(40)]));
        }
    }

    #[test]
    fn damaged_containers_count_as_what_they_were() {
        let word = archive(&["[Content_Types].xml", "word/document.xml"]);
        assert_eq!(kind(&word[..word.len() / 2]), Some(DocumentKind::Docx));
        assert_eq!(kind(OLE_MAGIC), None, "shorter than the header of any compound file");
        let mut looping = compound(&["/Workbook"]);
        // The directory's own entry in the allocation table points to itself.
        let directory = u32_at(&looping, 48) as usize;
        let table = (u32_at(&looping, 76) as usize + 1) * 512 * if u16_at(&looping, 30) == 12 { 8 } else { 1 };
        looping[table + 4 * directory..table + 4 * directory + 4].copy_from_slice(&(directory as u32).to_le_bytes());
        assert_eq!(kind(&looping), Some(DocumentKind::Doc));
    }

    #[test]
    fn names_promise_kinds_whatever_their_case() {
        assert_eq!(DocumentKind::of_name("CV.Pdf"), Some(DocumentKind::Pdf));
        assert_eq!(DocumentKind::of_name("cv.pdf.exe"), None);
        assert_eq!(DocumentKind::of_name("docx"), None);
        for kind in DocumentKind::ALL {
            assert_eq!(DocumentKind::of_name(&format!("a.{}", kind.extension())), Some(kind));
            assert!(kind.mime_type().starts_with("application/"));
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(
            magic in prop::sample::select(vec![&b"PK\x03\x04"[..], OLE_MAGIC, b"PK\x05\x06", b"%PD"]),
            noise in prop::collection::vec(any::<u8>(), 0..3000),
            tail in prop::sample::select(vec![&b"PK\x05\x06\0\0\0\0\x01\0\x01\0\xff\xff\xff\xff\xff\xff\xff\xff\0\0"[..], b""]),
        ) {
            let _ = kind(&[magic, &noise, tail].concat());
        }
    }
}
