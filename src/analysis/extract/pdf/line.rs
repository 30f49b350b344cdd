//! From glyphs to the text of one line: order, words, accents, direction.

use super::bidi;
use super::glyph::{Glyph, Page};

/// Glyphs on one baseline.
#[derive(Clone, Debug)]
pub struct Line {
    /// In drawing order until `text` sorts a copy.
    pub glyphs: Vec<Glyph>,
    pub left: f64,
    pub right: f64,
    /// Baseline, and the size of its largest glyphs.
    pub v: f64,
    pub size: f64,
    pub turn: u8,
    /// A bullet is drawn before it as a shape.
    pub dotted: bool,
}

/// Gaps, in em.
const WORD_GAP: f64 = 0.19;
const TIGHT_WORD_GAP: f64 = 0.115;
/// A gap this wide separates what does not belong together, as a role and its dates.
const TAB_GAP: f64 = 2.0;
/// Glyphs overlapping by more than this stand on one another: accents, or drawn twice.
const OVERLAP: f64 = 0.45;

impl Line {
    pub fn new(first: Glyph) -> Self {
        Self {
            left: first.u,
            right: first.end,
            v: first.v,
            size: first.size,
            turn: first.turn,
            dotted: false,
            glyphs: vec![first],
        }
    }

    pub fn push(&mut self, glyph: Glyph) {
        self.left = self.left.min(glyph.u);
        self.right = self.right.max(glyph.end);
        if glyph.size > self.size * 1.05 {
            (self.size, self.v) = (glyph.size, glyph.v);
        }
        self.glyphs.push(glyph);
    }

    /// Puts a glyph before all others.
    pub fn lead(&mut self, glyph: Glyph) {
        self.left = self.left.min(glyph.u);
        self.glyphs.insert(0, glyph);
    }

    pub fn is_bold(&self) -> bool {
        self.glyphs.iter().all(|glyph| glyph.bold)
    }

    /// Whether the line is nothing but the sign of a list item.
    pub fn is_bullet(&self, page: &Page) -> bool {
        self.glyphs.len() <= 2 && is_bullet(&self.glyphs.iter().map(|glyph| page.text(glyph)).collect::<String>())
    }

    /// Whether the next glyph in drawing order stands on this line.
    pub fn accepts(&self, next: &Glyph) -> bool {
        let Some(last) = self.glyphs.last() else { return true };
        if last.turn != next.turn {
            return false;
        }
        let larger = self.size.max(next.size);
        let offset = (next.v - self.v).abs() / larger;
        let gap = (next.u - last.end) / larger;
        // Superscripts and subscripts touch their word; what stands apart must share the baseline.
        let adjacent = (-0.6..0.6).contains(&gap);
        offset < if adjacent { 0.5 } else { 0.22 }
    }

    /// The text of the line in reading order; `right_to_left` is the direction of the page.
    pub fn text(&self, page: &Page, right_to_left: bool) -> String {
        let mut glyphs = self.glyphs.clone();
        let backward = glyphs.windows(2).any(|pair| pair[1].u < pair[0].end - OVERLAP * pair[0].size);
        if backward {
            sort_pieces(&mut glyphs);
        }
        let pieces = pieces(&glyphs, page);
        let texts: Vec<&str> = pieces.iter().map(Piece::as_str).collect();
        let text: String = texts.concat();
        if !bidi::has_right_to_left(&text) {
            return text.trim().to_owned();
        }
        bidi::to_logical(&texts, right_to_left).trim().to_owned()
    }
}

/// Sorts glyphs from left to right; those without advance (combining marks) stay behind the glyph before them.
fn sort_pieces(glyphs: &mut Vec<Glyph>) {
    let mut groups: Vec<Vec<Glyph>> = Vec::new();
    for glyph in glyphs.drain(..) {
        match groups.last_mut() {
            Some(group) if glyph.end - glyph.u < 0.01 * glyph.size => group.push(glyph),
            _ => groups.push(vec![glyph]),
        }
    }
    groups.sort_by(|a, b| a[0].u.total_cmp(&b[0].u));
    glyphs.extend(groups.into_iter().flatten());
}

/// A glyph's text, or what a gap means.
enum Piece<'a> {
    Text(&'a str),
    Composed(String),
    Space,
    Tab,
}

impl Piece<'_> {
    fn as_str(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Composed(text) => text,
            Self::Space => " ",
            Self::Tab => "\t",
        }
    }
}

/// The glyphs of a line, from left to right, with gaps turned into spaces and tabs.
fn pieces<'a>(glyphs: &[Glyph], page: &'a Page) -> Vec<Piece<'a>> {
    let word_gap = word_gap(glyphs, page);
    let mut pieces: Vec<Piece<'a>> = Vec::with_capacity(glyphs.len() + 8);
    let mut last: Option<Glyph> = None;
    let mut spaced = false;
    for glyph in glyphs {
        let text = page.text(glyph);
        if text.is_empty() {
            continue;
        }
        if text.chars().all(char::is_whitespace) {
            spaced = true;
            continue;
        }
        if let Some(before) = last {
            if before.end - glyph.u > OVERLAP * glyph.size.min(before.end - before.u + 0.01)
                && is_same(&before, glyph, page)
            {
                continue;
            }
            if let Some(composed) = compose(pieces.last(), text, &before, glyph) {
                pieces.pop();
                pieces.push(Piece::Composed(composed));
                last = Some(Glyph { end: before.end.max(glyph.end), ..*glyph });
                continue;
            }
            push_gap(&mut pieces, (glyph.u - before.end) / before.size.max(glyph.size), spaced, word_gap);
        }
        spaced = false;
        pieces.push(Piece::Text(text));
        last = Some(*glyph);
    }
    pieces
}

fn push_gap(pieces: &mut Vec<Piece<'_>>, gap: f64, spaced: bool, word_gap: f64) {
    let after_bullet = pieces.len() == 1 && pieces.iter().all(|piece| is_bullet(piece.as_str()));
    if gap > TAB_GAP.max(word_gap * 3.0) && !after_bullet {
        pieces.push(Piece::Tab);
    } else if spaced || gap > word_gap {
        pieces.push(Piece::Space);
    }
}

/// A sign that starts an item of a list.
fn is_bullet(text: &str) -> bool {
    let mut chars = text.trim().chars();
    let first = chars.next();
    chars.next().is_none()
        && first
            .is_some_and(|c| "•●○◦▪■□▸►‣⁃∙·–—-*➢➤✓✔❖◆◇\u{2219}".contains(c) || ('\u{e000}'..='\u{f8ff}').contains(&c))
}

/// The gap, in em, from which on a word ends. Lines without space characters may be set tight; where letters are
/// spaced out, it is wider than their usual gap.
fn word_gap(glyphs: &[Glyph], page: &Page) -> f64 {
    let is_ink = |glyph: &Glyph| !page.text(glyph).trim().is_empty();
    // Kerning within Arabic words is wide, and their spaces are characters.
    let is_tight = |glyph: &Glyph| is_ink(glyph) && !bidi::has_right_to_left(page.text(glyph));
    let narrow = if glyphs.iter().all(is_tight) { TIGHT_WORD_GAP } else { WORD_GAP };
    let mut gaps: Vec<f64> = glyphs
        .windows(2)
        .filter(|pair| is_ink(&pair[0]) && is_ink(&pair[1]))
        .map(|pair| (pair[1].u - pair[0].end) / pair[0].size.max(pair[1].size))
        .collect();
    if gaps.len() < 4 {
        return WORD_GAP;
    }
    gaps.sort_by(f64::total_cmp);
    let usual = gaps[gaps.len() / 2];
    if usual > 0.06 && usual < TAB_GAP { usual * 1.5 + 0.1 } else { narrow + usual.clamp(0.0, 0.06) }
}

/// Whether two overlapping glyphs are one drawn twice, as for a poor man's bold.
fn is_same(a: &Glyph, b: &Glyph, page: &Page) -> bool {
    page.text(a) == page.text(b) && (a.u - b.u).abs() < 0.2 * a.size
}

/// An accent drawn over a letter, as TeX does without accented fonts.
fn compose(before: Option<&Piece<'_>>, text: &str, a: &Glyph, b: &Glyph) -> Option<String> {
    let overlap = a.end.min(b.end) - a.u.max(b.u);
    let narrower = (a.end - a.u).min(b.end - b.u);
    if overlap < 0.5 * narrower || narrower <= 0.0 {
        return None;
    }
    let before = before?.as_str();
    let letter = |text: &str| text.chars().next_back().filter(|c| c.is_alphabetic());
    match (combining(before), combining(text)) {
        (Some(mark), None) => {
            letter(text).filter(|_| text.chars().count() == 1).map(|c| format!("{}{mark}", undotted(c)))
        }
        (None, Some(mark)) => letter(before).map(|_| format!("{before}{mark}")),
        _ => None,
    }
}

/// A dotless i carries its accent like an i.
fn undotted(c: char) -> char {
    match c {
        'ı' => 'i',
        'ȷ' => 'j',
        other => other,
    }
}

/// The combining form of a spacing accent.
fn combining(accent: &str) -> Option<char> {
    let mut chars = accent.chars();
    let (first, None) = (chars.next()?, chars.next()) else { return None };
    Some(match first {
        '`' | 'ˋ' => '\u{300}',
        '´' | 'ˊ' => '\u{301}',
        'ˆ' | '^' => '\u{302}',
        '˜' | '~' => '\u{303}',
        '¯' | 'ˉ' => '\u{304}',
        '˘' => '\u{306}',
        '˙' => '\u{307}',
        '¨' => '\u{308}',
        '˚' => '\u{30a}',
        '˝' => '\u{30b}',
        'ˇ' => '\u{30c}',
        '¸' => '\u{327}',
        '˛' => '\u{328}',
        _ => return None,
    })
}
