//! Glyphs of a page where they stand, and the decision which of them a reader can see.

use super::paint::Canvas;
use super::state::{Matrix, State};

/// A glyph in the frame of its own writing direction: `u` grows along the line, `v` from line to line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Glyph {
    /// Byte range of its text in `Page::texts`.
    pub text: (u32, u32),
    pub u: f64,
    /// End of the advance, letter spacing included.
    pub end: f64,
    pub v: f64,
    /// Height of an em in points.
    pub size: f64,
    /// Quarter turns counter-clockwise from upright.
    pub turn: u8,
    /// Drawn with render mode 3: the text layer of a scan, or hidden text.
    pub ghost: bool,
    pub bold: bool,
}

/// One glyph as the interpreter shows it.
pub struct Shown {
    /// Text space to page space, at the origin of the glyph.
    pub matrix: Matrix,
    /// Advance in text space.
    pub advance: f64,
    /// Font size in text space.
    pub em: f64,
    /// The `ActualText` it is part of.
    pub replacement: Option<usize>,
}

struct Replacement {
    text: String,
    /// The glyph that carries the text.
    glyph: Option<usize>,
}

/// All that a page shows.
pub struct Page {
    /// The visible area.
    pub area: [f64; 4],
    pub canvas: Canvas,
    pub glyphs: Vec<Glyph>,
    texts: String,
    replacements: Vec<Replacement>,
    /// Characters that no reader can see.
    pub hidden: u32,
}

/// Smaller text cannot be read, in points on a page of common size.
const MIN_SIZE: f64 = 2.0;
/// Height of a common page in points.
const COMMON_HEIGHT: f64 = 842.0;
/// Text further than this outside the area is off the page, in points.
const MARGIN: f64 = 2.0;

impl Page {
    pub fn new(area: [f64; 4]) -> Self {
        Self {
            area,
            canvas: Canvas::default(),
            glyphs: Vec::new(),
            texts: String::new(),
            replacements: Vec::new(),
            hidden: 0,
        }
    }

    /// The text of a glyph.
    pub fn text(&self, glyph: &Glyph) -> &str {
        self.texts.get(glyph.text.0 as usize..glyph.text.1 as usize).unwrap_or_default()
    }

    /// Registers an `ActualText`; the glyphs shown with its index are replaced by it together.
    pub fn add_replacement(&mut self, text: String) -> usize {
        self.replacements.push(Replacement { text, glyph: None });
        self.replacements.len() - 1
    }

    /// Adds a glyph, whose text `push_text` appends, if it can be seen.
    pub fn show(&mut self, shown: &Shown, state: &State, push_text: impl FnOnce(&mut String)) {
        let Some(mut glyph) = place(shown) else { return };
        if let Some(index) = shown.replacement
            && self.extends_replacement(index, &glyph)
        {
            return;
        }
        let start = self.texts.len();
        match shown.replacement.and_then(|index| self.replacements.get(index)) {
            Some(replacement) => self.texts.push_str(&replacement.text),
            None => push_text(&mut self.texts),
        }
        let text = &self.texts[start..];
        if !self.is_visible(&glyph, shown, state) && !text.trim().is_empty() {
            self.hidden += text.chars().count() as u32;
            self.texts.truncate(start);
        }
        glyph.ghost = state.render_mode == 3;
        glyph.bold = state.font.as_ref().is_some_and(|font| font.bold);
        glyph.text = (start as u32, self.texts.len() as u32);
        if let Some(replacement) = shown.replacement.and_then(|index| self.replacements.get_mut(index)) {
            replacement.glyph = Some(self.glyphs.len());
        }
        if self.texts.len() > start || shown.replacement.is_some() {
            self.glyphs.push(glyph);
        }
    }

    /// Whether an earlier glyph carries the replacement text; it is made as long as the text it stands for.
    fn extends_replacement(&mut self, index: usize, glyph: &Glyph) -> bool {
        let carrier = self.replacements.get(index).and_then(|replacement| replacement.glyph);
        let Some(first) = carrier.and_then(|at| self.glyphs.get_mut(at)) else { return false };
        if (first.v - glyph.v).abs() < first.size && first.turn == glyph.turn {
            first.u = first.u.min(glyph.u);
            first.end = first.end.max(glyph.end);
        }
        true
    }

    fn is_visible(&self, glyph: &Glyph, shown: &Shown, state: &State) -> bool {
        let [left, bottom, right, top] = self.area;
        let smallest = MIN_SIZE * ((top - bottom) / COMMON_HEIGHT).min(1.0);
        let (x, y) = shown.matrix.apply(shown.advance / 2.0, shown.em * 0.3);
        let on_page = (left - MARGIN..=right + MARGIN).contains(&x) && (bottom - MARGIN..=top + MARGIN).contains(&y);
        let inked = matches!(state.render_mode, 1 | 3 | 5 | 7)
            || state.fill_alpha > 0.05 && self.canvas.shows((x, y), state.fill);
        on_page && inked && glyph.size >= smallest && state.render_mode != 7
    }

    /// Decides about text of render mode 3: kept if it is the text layer of a scan, otherwise hidden.
    /// Answers whether the page is a picture.
    pub fn settle_ghosts(&mut self) -> bool {
        let is_picture = self.canvas.is_picture(self.area);
        let ghosts = self.glyphs.iter().filter(|glyph| glyph.ghost).count();
        if ghosts > 0 && !(is_picture && ghosts * 2 > self.glyphs.len()) {
            let hidden = self.glyphs.iter().filter(|glyph| glyph.ghost).map(|glyph| self.text(glyph).trim());
            self.hidden += hidden.map(|text| text.chars().count() as u32).sum::<u32>();
            self.glyphs.retain(|glyph| !glyph.ghost);
        }
        is_picture
    }
}

/// Places a glyph in the frame of its direction; nothing if it has no size or place.
fn place(shown: &Shown) -> Option<Glyph> {
    let [a, b, c, d, x, y] = shown.matrix.0;
    let turn = quarter_turn(a, b);
    let (u, v) = match turn {
        0 => (x, -y),
        1 => (y, x),
        2 => (-x, y),
        _ => (-y, -x),
    };
    let length = shown.advance * a.hypot(b);
    let size = shown.em.abs() * c.hypot(d);
    let sane = [u, v, length, size].iter().all(|n| n.is_finite() && n.abs() < 1e7);
    // A negative font size or a negative advance means text that runs against its direction.
    let (start, end) = if length < 0.0 { (u + length, u) } else { (u, u + length) };
    (sane && size > 0.0).then_some(Glyph { text: (0, 0), u: start, end, v, size, turn, ghost: false, bold: false })
}

/// The nearest quarter turn of a baseline.
fn quarter_turn(a: f64, b: f64) -> u8 {
    match (a.abs() >= b.abs(), a >= 0.0, b >= 0.0) {
        (true, true, _) => 0,
        (false, _, true) => 1,
        (true, false, _) => 2,
        (false, _, false) => 3,
    }
}
