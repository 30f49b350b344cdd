//! What embedded font programs tell about their glyphs, for fonts without a usable `ToUnicode` or `Encoding`.

use std::collections::HashMap;

use ttf_parser::{Face, GlyphId, PlatformId, cff};

use super::encoding::glyph_text;

/// An embedded font file by the key of its descriptor.
pub enum Program {
    /// `FontFile`: PostScript Type 1.
    Type1(Vec<u8>),
    /// `FontFile2`, or an OpenType file in `FontFile3`.
    TrueType(Vec<u8>),
    /// `FontFile3`: a bare Compact Font Format table.
    Compact(Vec<u8>),
}

impl Program {
    /// The text of each code of a simple font by the encoding inside the program; empty where it tells nothing.
    pub fn built_in_encoding(&self) -> Vec<String> {
        match self {
            Self::Type1(data) => type1_encoding(data),
            Self::TrueType(data) => truetype_encoding(data).unwrap_or_default(),
            Self::Compact(data) => compact_encoding(data).unwrap_or_default(),
        }
    }

    /// The text of glyphs by glyph id, for fonts whose codes are glyph ids.
    pub fn glyph_texts(&self) -> HashMap<u32, String> {
        match self {
            Self::Type1(_) => HashMap::new(),
            Self::TrueType(data) => truetype_texts(data).unwrap_or_default(),
            Self::Compact(data) => compact_texts(data).unwrap_or_default(),
        }
    }
}

/// The clear-text `Encoding` array: entries `dup 65 /A put`.
fn type1_encoding(data: &[u8]) -> Vec<String> {
    let head = &data[..data.len().min(32 << 10)];
    let text = String::from_utf8_lossy(head);
    let Some((_, after)) = text.split_once("/Encoding") else { return Vec::new() };
    let mut table = vec![String::new(); 256];
    let mut words = after.split_ascii_whitespace().take_while(|word| *word != "currentfile" && *word != "def");
    while let Some(word) = words.next() {
        if word != "dup" {
            continue;
        }
        if let (Some(Ok(code)), Some(name)) = (words.next().map(str::parse::<usize>), words.next())
            && let (Some(cell), Some(name)) = (table.get_mut(code), name.strip_prefix('/'))
        {
            *cell = glyph_text(name.as_bytes());
        }
    }
    table
}

fn truetype_encoding(data: &[u8]) -> Option<Vec<String>> {
    let face = Face::parse(data, 0).ok()?;
    let names = reverse_unicode(&face);
    let table = (0..256u32).map(|code| code_glyph(&face, code).map(|glyph| text_of(&face, glyph, &names)));
    Some(table.map(Option::unwrap_or_default).collect())
}

/// The glyph of a code in a symbolic font (ISO 32000-1, 9.6.6.4).
fn code_glyph(face: &Face<'_>, code: u32) -> Option<GlyphId> {
    let tables = face.tables().cmap?.subtables;
    let symbol = tables.into_iter().filter(|t| t.platform_id == PlatformId::Windows && t.encoding_id == 0);
    let macintosh = tables.into_iter().filter(|t| t.platform_id == PlatformId::Macintosh);
    symbol.chain(macintosh).find_map(|table| {
        table.glyph_index(code).or_else(|| table.glyph_index(0xf000 + code)).filter(|glyph| glyph.0 != 0)
    })
}

fn text_of(face: &Face<'_>, glyph: GlyphId, unicode: &HashMap<u32, String>) -> String {
    let known = unicode.get(&u32::from(glyph.0)).cloned();
    known.unwrap_or_else(|| face.glyph_name(glyph).map(|name| glyph_text(name.as_bytes())).unwrap_or_default())
}

/// Glyph to character by the Unicode tables of the font.
fn reverse_unicode(face: &Face<'_>) -> HashMap<u32, String> {
    let mut texts = HashMap::new();
    let Some(cmap) = face.tables().cmap else { return texts };
    for table in cmap.subtables.into_iter().filter(|table| table.is_unicode()) {
        let mut left = 70_000u32;
        table.codepoints(|code| {
            left = left.saturating_sub(1);
            if left > 0
                && let (Some(glyph), Some(c)) = (table.glyph_index(code), char::from_u32(code))
                && !('\u{e000}'..='\u{f8ff}').contains(&c)
            {
                texts.entry(u32::from(glyph.0)).or_insert_with(|| c.to_string());
            }
        });
    }
    texts
}

fn truetype_texts(data: &[u8]) -> Option<HashMap<u32, String>> {
    let face = Face::parse(data, 0).ok()?;
    let mut texts = reverse_unicode(&face);
    for glyph in 0..face.number_of_glyphs() {
        if let Some(name) = face.glyph_name(GlyphId(glyph)) {
            let text = glyph_text(name.as_bytes());
            if !text.is_empty() {
                texts.entry(u32::from(glyph)).or_insert(text);
            }
        }
    }
    Some(texts)
}

fn compact_encoding(data: &[u8]) -> Option<Vec<String>> {
    let table = cff::Table::parse(data)?;
    let name =
        |code: u8| table.glyph_index(code).filter(|glyph| glyph.0 != 0).and_then(|glyph| table.glyph_name(glyph));
    Some((0..=255).map(|code| name(code).map(|name| glyph_text(name.as_bytes())).unwrap_or_default()).collect())
}

fn compact_texts(data: &[u8]) -> Option<HashMap<u32, String>> {
    let table = cff::Table::parse(data)?;
    let named = (0..table.number_of_glyphs()).filter_map(|glyph| {
        let text = glyph_text(table.glyph_name(GlyphId(glyph))?.as_bytes());
        (!text.is_empty()).then_some((u32::from(glyph), text))
    });
    Some(named.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type1_program_tells_its_encoding() {
        let program = Program::Type1(
            b"%!PS-AdobeFont\n/Encoding 256 array\n0 1 255 {1 index exch /.notdef put} for\ndup 27 /ff put\ndup 65 /A put\nreadonly def\ncurrentfile eexec dup 66 /B put".to_vec(),
        );
        let table = program.built_in_encoding();
        assert_eq!((table[27].as_str(), table[65].as_str(), table[66].as_str()), ("ﬀ", "A", ""));
    }

    #[test]
    fn garbage_is_no_font() {
        let noise: Vec<u8> = (0..2000u32).map(|i| ((i * 7919) >> 3) as u8).collect();
        for program in [Program::Type1(noise.clone()), Program::TrueType(noise.clone()), Program::Compact(noise)] {
            assert!(program.built_in_encoding().iter().all(String::is_empty));
            assert!(program.glyph_texts().is_empty());
        }
    }
}
