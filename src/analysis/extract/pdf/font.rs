//! Fonts: which text a code stands for and how far it moves the pen.

use std::collections::HashMap;

use encoding_rs::Encoding;
use lopdf::{Dictionary, Object};

use super::cmap::{CMap, big_endian};
use super::encoding::{CodeTable, base_encoding, glyph_text, symbol_encoding};
use super::metrics::StandardFace;
use super::objects::Objects;
use super::program::Program;
use super::tex;
use crate::analysis::extract::budget::{Budget, Exhausted};

/// A font as the interpreter needs it.
pub struct Font {
    decoder: Decoder,
    widths: Widths,
    /// Size of a glyph-space unit in em: 1/1000 but for Type 3.
    pub unit: f64,
    /// Height of an em of this font in text space: 1 but for Type 3, where glyph space is free.
    pub em: f64,
    /// By its name.
    pub bold: bool,
}

enum Decoder {
    /// Text of each one-byte code.
    Simple(Vec<String>),
    Composite(Box<Composite>),
}

struct Composite {
    to_unicode: Option<CMap>,
    codes: CodeMap,
    /// Text by glyph id from the font program, only if there is no `ToUnicode`.
    glyphs: HashMap<u32, String>,
    /// CID to glyph id, where it is not the identity.
    cid_to_gid: Vec<u8>,
}

/// How a composite font splits a string into codes, and what these are.
enum CodeMap {
    /// Two bytes, the CID.
    Identity,
    /// Two bytes (four for surrogates), UTF-16.
    Utf16,
    /// A predefined CMap over a legacy East Asian encoding.
    Legacy(&'static Encoding),
    Embedded(CMap),
}

enum Widths {
    Simple { first: usize, widths: Vec<f64>, missing: f64 },
    Standard(Vec<f64>),
    Composite { widths: HashMap<u32, f64>, ranges: Vec<(u32, u32, f64)>, default: f64 },
}

/// Most entries of a `W` array.
const MAX_WIDTHS: usize = 70_000;

impl Font {
    /// Reads a font dictionary; what it does not tell is guessed.
    ///
    /// # Errors
    /// Only when the budget runs out.
    pub fn load(dict: &Dictionary, objects: &Objects<'_>, budget: &mut Budget) -> Result<Self, Exhausted> {
        let subtype = objects.name(dict, b"Subtype").unwrap_or_default();
        let to_unicode = match objects.stream_data(dict, b"ToUnicode", budget)? {
            Some(data) => Some(CMap::parse(&data, budget)?),
            None => None,
        };
        if subtype == b"Type0" {
            return Self::composite(dict, to_unicode, objects, budget);
        }
        let texts = simple_texts(dict, subtype, to_unicode.as_ref(), objects, budget)?;
        let (unit, em) = if subtype == b"Type3" { type3_scale(dict, objects) } else { (0.001, 1.0) };
        let widths = simple_widths(dict, &texts, objects);
        Ok(Self { decoder: Decoder::Simple(texts), widths, unit, em, bold: is_bold(dict, objects) })
    }

    fn composite(
        dict: &Dictionary,
        to_unicode: Option<CMap>,
        objects: &Objects<'_>,
        budget: &mut Budget,
    ) -> Result<Self, Exhausted> {
        let empty = Dictionary::new();
        let descendant =
            objects.array(dict, b"DescendantFonts").first().and_then(|o| objects.as_dict(o)).unwrap_or(&empty);
        let codes = code_map(dict, objects, budget)?;
        let mut composite = Composite { to_unicode, codes, glyphs: HashMap::new(), cid_to_gid: Vec::new() };
        if composite.to_unicode.is_none() {
            if let Some(program) = embedded_program(descendant, objects, budget)? {
                composite.glyphs = program.glyph_texts();
            }
            composite.cid_to_gid = objects.stream_data(descendant, b"CIDToGIDMap", budget)?.unwrap_or_default();
        }
        let widths = composite_widths(descendant, objects, budget)?;
        Ok(Self {
            decoder: Decoder::Composite(Box::new(composite)),
            widths,
            unit: 0.001,
            em: 1.0,
            bold: is_bold(dict, objects),
        })
    }

    /// The first code of `bytes` (not empty) and its length in bytes.
    pub fn next_code(&self, bytes: &[u8]) -> (u32, usize) {
        let length = match &self.decoder {
            Decoder::Simple(_) => 1,
            Decoder::Composite(composite) => composite.codes.length(bytes),
        };
        let length = length.clamp(1, bytes.len());
        (big_endian(&bytes[..length]), length)
    }

    /// Appends the text of a code.
    pub fn push_text(&self, code: u32, out: &mut String) {
        match &self.decoder {
            Decoder::Simple(texts) => out.push_str(texts.get(code as usize).map(String::as_str).unwrap_or_default()),
            Decoder::Composite(composite) => composite.push_text(code, out),
        }
    }

    /// Advance of a code in units of glyph space.
    pub fn width(&self, code: u32) -> f64 {
        match &self.widths {
            Widths::Standard(widths) => widths.get(code as usize).copied().unwrap_or(0.0),
            Widths::Simple { first, widths, missing } => {
                (code as usize).checked_sub(*first).and_then(|at| widths.get(at)).copied().unwrap_or(*missing)
            }
            Widths::Composite { widths, ranges, default } => {
                let cid = self.cid(code);
                let ranged = || ranges.iter().rev().find(|(first, last, _)| (*first..=*last).contains(&cid));
                widths.get(&cid).copied().or_else(|| ranged().map(|range| range.2)).unwrap_or(*default)
            }
        }
    }

    /// Whether word spacing applies to a code: the one-byte code 32 (ISO 32000-1, 9.3.3).
    pub fn is_word_space(&self, code: u32, length: usize) -> bool {
        length == 1 && code == 32
    }

    fn cid(&self, code: u32) -> u32 {
        match &self.decoder {
            Decoder::Composite(composite) => composite.cid(code),
            Decoder::Simple(_) => code,
        }
    }
}

impl CodeMap {
    fn length(&self, bytes: &[u8]) -> usize {
        match self {
            Self::Identity => 2,
            Self::Utf16 if matches!(bytes, [0xd8..=0xdb, ..]) => 4,
            Self::Utf16 => 2,
            Self::Legacy(_) if bytes[0] < 0x80 || (0xa1..=0xdf).contains(&bytes[0]) && self.is_shift_jis() => 1,
            Self::Legacy(_) => 2,
            Self::Embedded(map) => map.code_length(bytes),
        }
    }

    fn is_shift_jis(&self) -> bool {
        matches!(self, Self::Legacy(encoding) if *encoding == encoding_rs::SHIFT_JIS)
    }
}

impl Composite {
    fn push_text(&self, code: u32, out: &mut String) {
        let before = out.len();
        if self.to_unicode.as_ref().is_some_and(|map| map.push_text(code, out)) && is_meaningful(&out[before..]) {
            return;
        }
        out.truncate(before);
        match &self.codes {
            CodeMap::Utf16 => {
                let units = [(code >> 16) as u16, code as u16];
                let units = if code > 0xffff { &units[..] } else { &units[1..] };
                out.extend(char::decode_utf16(units.iter().copied()).filter_map(Result::ok));
            }
            CodeMap::Legacy(encoding) => {
                let bytes = (code as u16).to_be_bytes();
                let bytes = if code > 0xff { &bytes[..] } else { &bytes[1..] };
                out.push_str(&encoding.decode_without_bom_handling(bytes).0);
            }
            CodeMap::Identity | CodeMap::Embedded(_) => self.push_glyph(self.cid(code), out),
        }
    }

    fn cid(&self, code: u32) -> u32 {
        match &self.codes {
            CodeMap::Embedded(map) => map.cid(code).unwrap_or(code),
            _ => code,
        }
    }

    fn push_glyph(&self, cid: u32, out: &mut String) {
        let at = (cid as usize).saturating_mul(2);
        let mapped = self.cid_to_gid.get(at..at + 2).map(big_endian);
        if let Some(text) = self.glyphs.get(&mapped.unwrap_or(cid)) {
            out.push_str(text);
        }
    }
}

/// Whether a mapping says something: replacement characters and private use do not.
fn is_meaningful(text: &str) -> bool {
    let noise = |c: char| c == '\u{fffd}' || c == '\0' || ('\u{e000}'..='\u{f8ff}').contains(&c);
    !text.is_empty() && !text.chars().all(noise)
}

/// Whether the name of a font says that it is bold; `bx` is what Computer Modern calls it.
fn is_bold(dict: &Dictionary, objects: &Objects<'_>) -> bool {
    let name = String::from_utf8_lossy(objects.name(dict, b"BaseFont").unwrap_or_default()).to_ascii_lowercase();
    let name = name.rsplit('+').next().unwrap_or_default();
    ["bold", "black", "heavy", "demi", "cmbx", "sfbx", "ecbx"].iter().any(|word| name.contains(word))
}

fn code_map(dict: &Dictionary, objects: &Objects<'_>, budget: &mut Budget) -> Result<CodeMap, Exhausted> {
    if let Some(name) = objects.name(dict, b"Encoding") {
        let name = String::from_utf8_lossy(name);
        return Ok(if name.contains("UCS2") || name.contains("UTF16") {
            CodeMap::Utf16
        } else {
            legacy_encoding(&name).map_or(CodeMap::Identity, CodeMap::Legacy)
        });
    }
    match objects.stream_data(dict, b"Encoding", budget)? {
        Some(data) => Ok(CodeMap::Embedded(CMap::parse(&data, budget)?)),
        None => Ok(CodeMap::Identity),
    }
}

/// Predefined CMaps over legacy encodings (ISO 32000-1, table 118).
fn legacy_encoding(name: &str) -> Option<&'static Encoding> {
    let starts = |prefixes: &[&str]| prefixes.iter().any(|prefix| name.starts_with(prefix));
    if name.contains("RKSJ") {
        Some(encoding_rs::SHIFT_JIS)
    } else if starts(&["GBK", "GB-EUC", "GBKp", "GBK2K", "GBpc"]) {
        Some(encoding_rs::GBK)
    } else if starts(&["ETen", "B5pc", "HKscs", "ETenms"]) {
        Some(encoding_rs::BIG5)
    } else if starts(&["KSC"]) {
        Some(encoding_rs::EUC_KR)
    } else if starts(&["EUC-H", "EUC-V"]) {
        Some(encoding_rs::EUC_JP)
    } else {
        None
    }
}

fn embedded_program(
    font: &Dictionary,
    objects: &Objects<'_>,
    budget: &mut Budget,
) -> Result<Option<Program>, Exhausted> {
    let Some(descriptor) = objects.dict(font, b"FontDescriptor") else { return Ok(None) };
    if let Some(data) = objects.stream_data(descriptor, b"FontFile2", budget)? {
        return Ok(Some(Program::TrueType(data)));
    }
    if let Some(data) = objects.stream_data(descriptor, b"FontFile3", budget)? {
        return Ok(Some(if data.starts_with(b"OTTO") { Program::TrueType(data) } else { Program::Compact(data) }));
    }
    Ok(objects.stream_data(descriptor, b"FontFile", budget)?.map(Program::Type1))
}

/// Text of the 256 codes: `ToUnicode`, then `Differences`, then the base encoding, then the program's own.
fn simple_texts(
    dict: &Dictionary,
    subtype: &[u8],
    to_unicode: Option<&CMap>,
    objects: &Objects<'_>,
    budget: &mut Budget,
) -> Result<Vec<String>, Exhausted> {
    let mut texts = base_texts(dict, subtype, objects, budget)?;
    if let Some(encoding) = objects.dict(dict, b"Encoding") {
        let differences = objects.array(encoding, b"Differences");
        apply_differences(differences, &mut texts);
        if subtype == b"Type3" {
            tex::apply_bitmap_names(differences, &mut texts);
        }
    }
    if let Some(map) = to_unicode {
        for (code, text) in texts.iter_mut().enumerate() {
            let mut mapped = String::new();
            if map.push_text(code as u32, &mut mapped) && is_meaningful(&mapped) {
                *text = mapped;
            }
        }
    }
    Ok(texts)
}

fn base_texts(
    dict: &Dictionary,
    subtype: &[u8],
    objects: &Objects<'_>,
    budget: &mut Budget,
) -> Result<Vec<String>, Exhausted> {
    let named = objects.name(dict, b"Encoding");
    let base = named.or_else(|| objects.name(objects.dict(dict, b"Encoding")?, b"BaseEncoding"));
    if let Some(table) = base.and_then(base_encoding) {
        return Ok(strings(&table));
    }
    let base_font = objects.name(dict, b"BaseFont").unwrap_or_default();
    let latin = if subtype == b"TrueType" { &b"WinAnsiEncoding"[..] } else { b"StandardEncoding" };
    let fallback = symbol_encoding(base_font).or_else(|| base_encoding(latin)).unwrap_or([None; 256]);
    let mut texts =
        embedded_program(dict, objects, budget)?.map(|program| program.built_in_encoding()).unwrap_or_default();
    if texts.iter().all(String::is_empty) {
        texts = strings(&fallback);
    }
    texts.resize(256, String::new());
    Ok(texts)
}

fn strings(table: &CodeTable) -> Vec<String> {
    table.iter().map(|cell| cell.map(String::from).unwrap_or_default()).collect()
}

fn apply_differences(differences: &[Object], texts: &mut [String]) {
    let mut code = 0usize;
    for item in differences.iter().take(4096) {
        match item {
            Object::Name(name) => {
                if let Some(cell) = texts.get_mut(code) {
                    *cell = glyph_text(name);
                }
                code = code.saturating_add(1);
            }
            other => code = other.as_i64().ok().and_then(|n| usize::try_from(n).ok()).unwrap_or(code),
        }
    }
}

fn simple_widths(dict: &Dictionary, texts: &[String], objects: &Objects<'_>) -> Widths {
    let widths: Vec<f64> = objects.array(dict, b"Widths").iter().take(256).map(|o| objects.as_number(o)).collect();
    if widths.is_empty() {
        let face = StandardFace::of(objects.name(dict, b"BaseFont").unwrap_or_default());
        let widths = texts.iter().map(|text| text.chars().next().map_or(0.0, |c| face.width(c))).collect();
        return Widths::Standard(widths);
    }
    let missing = objects.dict(dict, b"FontDescriptor").and_then(|d| objects.number(d, b"MissingWidth")).unwrap_or(0.0);
    let first = objects.number(dict, b"FirstChar").map_or(0, |n| n as usize);
    Widths::Simple { first, widths, missing }
}

/// `W` of a CID font: `c [w1 w2 …]` and `first last w` (ISO 32000-1, 9.7.4.3).
fn composite_widths(font: &Dictionary, objects: &Objects<'_>, budget: &mut Budget) -> Result<Widths, Exhausted> {
    let mut widths = HashMap::new();
    let mut ranges = Vec::new();
    let mut items = objects.array(font, b"W").iter().map(|o| objects.resolve(o));
    while let (Some(first), Some(second)) = (items.next(), items.next()) {
        budget.step()?;
        let first = objects.as_number(first) as u32;
        match second {
            Object::Array(list) => {
                for (cid, width) in (first..).zip(list.iter().take(MAX_WIDTHS - widths.len().min(MAX_WIDTHS))) {
                    widths.insert(cid, objects.as_number(width));
                }
            }
            last => {
                let Some(width) = items.next() else { break };
                if ranges.len() < 4096 {
                    ranges.push((first, objects.as_number(last) as u32, objects.as_number(width)));
                }
            }
        }
    }
    let default = objects.number(font, b"DW").unwrap_or(1000.0);
    Ok(Widths::Composite { widths, ranges, default })
}

/// Glyph unit and em height of a Type 3 font.
fn type3_scale(dict: &Dictionary, objects: &Objects<'_>) -> (f64, f64) {
    let matrix: Vec<f64> = objects.array(dict, b"FontMatrix").iter().map(|o| objects.as_number(o)).collect();
    let bbox: Vec<f64> = objects.array(dict, b"FontBBox").iter().map(|o| objects.as_number(o)).collect();
    let unit = matrix.first().map_or(0.001, |a| a.abs());
    let vertical = matrix.get(3).map_or(unit, |d| d.abs());
    let height = if let [_, low, _, high] = bbox[..] { (high - low).abs() * vertical } else { 0.0 };
    // A box of a subset is as high as its highest glyphs, about 0.9 em with descenders.
    let em = if height > 0.0 { height } else { vertical * 1000.0 };
    (unit, em)
}
