//! What text extraction answers about a document.

use serde::{Deserialize, Serialize};

/// How the extraction of a document ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExtractStatus {
    Ok,
    /// A password is needed to open it.
    Encrypted,
    /// Readable, but without text: a scan.
    NoTextLayer,
    Corrupt,
    UnsupportedType,
    EmptyFile,
    /// It would take more memory, time or output than a résumé may.
    LimitExceeded,
}

/// The text of a document, and how well it could be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extraction {
    pub status: ExtractStatus,
    /// In reading order, one line a line, `\n` between lines, an empty line between paragraphs; empty unless `status` is `ok`.
    #[serde(default)]
    pub text: String,
    pub parse_quality: ParseQuality,
}

/// How well a document could be read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParseQuality {
    /// 0 where the format has no pages (DOCX, DOC).
    #[serde(default)]
    pub pages: u32,
    /// Unicode scalar values of `text`.
    #[serde(default)]
    pub chars: u32,
    /// Most columns side by side on one page.
    #[serde(default)]
    pub columns: u32,
    /// Pages are pictures (with or without an OCR layer).
    #[serde(default)]
    pub scanned: bool,
    /// Characters left out because a reader could not see them: white on white, under 2 pt, off the page, `w:vanish`.
    #[serde(default)]
    pub hidden_text: u32,
    /// Sentences for the candidate.
    #[serde(default)]
    pub warnings: Vec<String>,
}
