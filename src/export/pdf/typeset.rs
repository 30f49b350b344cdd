//! Text into lines of positioned glyphs: shaping, direction, line breaks and choice of fonts are parley's.

use std::ops::Range;

use krilla::text::{GlyphId, KrillaGlyph};
use parley::{
    Alignment, AlignmentOptions, BaseDirection, FontContext, FontData, FontWeight, Layout, LayoutContext, LineHeight,
    OverflowWrap, StyleProperty, TextWrapMode,
};

use super::fonts;

/// What a glyph is drawn with: a colour, and the link that it belongs to (an index of the document's links).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Ink {
    pub color: (u8, u8, u8),
    pub link: Option<usize>,
}

/// How a text looks. Sizes are in points; leading is a multiple of the size.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    pub size: f32,
    pub bold: bool,
    pub color: (u8, u8, u8),
    pub leading: f32,
    pub align: Alignment,
    pub direction: BaseDirection,
}

/// One line of a text, ready to be drawn. Positions count from the left edge of the text's column and the baseline.
#[derive(Clone, Debug)]
pub struct Line {
    pub height: f32,
    /// From the top of the line to the baseline.
    pub ascent: f32,
    /// Where the visible text ends.
    pub right: f32,
    pub runs: Vec<Run>,
}

/// Glyphs of one font, size and ink, with the text that they show.
#[derive(Clone, Debug)]
pub struct Run {
    pub x: f32,
    pub advance: f32,
    pub size: f32,
    pub ink: Ink,
    pub font: FontData,
    /// The font has no bold: its strokes are drawn thicker.
    pub embolden: bool,
    pub text: String,
    pub glyphs: Vec<KrillaGlyph>,
}

/// Bytes of a part that fits on any line.
const UNBROKEN: usize = 64;

/// Sets texts. Keeps its buffers from one text to the next.
pub struct Typesetter {
    fonts: FontContext,
    layouts: LayoutContext<Ink>,
}

impl Typesetter {
    pub fn new() -> Self {
        Self { fonts: fonts::context(), layouts: LayoutContext::new() }
    }

    /// The lines of a text in a column of some width; `parts` are those that stay on one line if they are short, and
    /// the link that they lead to.
    pub fn set(&mut self, text: &str, look: Look, width: f32, parts: &[(Range<usize>, Option<usize>)]) -> Vec<Line> {
        let mut builder = self.layouts.ranged_builder(&mut self.fonts, text, 1.0, false);
        builder.set_base_direction(look.direction);
        builder.push_default(StyleProperty::FontFamily(fonts::families()));
        builder.push_default(StyleProperty::FontSize(look.size));
        builder.push_default(StyleProperty::LineHeight(LineHeight::FontSizeRelative(look.leading)));
        builder.push_default(StyleProperty::OverflowWrap(OverflowWrap::Anywhere));
        builder.push_default(StyleProperty::Brush(Ink { color: look.color, link: None }));
        if look.bold {
            builder.push_default(StyleProperty::FontWeight(FontWeight::BOLD));
        }
        for (range, link) in parts {
            builder.push(StyleProperty::Brush(Ink { color: look.color, link: *link }), range.clone());
            if range.len() <= UNBROKEN {
                builder.push(StyleProperty::TextWrapMode(TextWrapMode::NoWrap), range.clone());
            }
        }
        let mut layout = builder.build(text);
        layout.break_all_lines(Some(width));
        layout.align(look.align, AlignmentOptions::default());
        lines(&layout, text)
    }
}

fn lines(layout: &Layout<Ink>, text: &str) -> Vec<Line> {
    let line = |line: parley::Line<'_, Ink>| {
        let metrics = *line.metrics();
        let mut x = metrics.offset;
        let mut runs = Vec::new();
        for run in line.runs() {
            let split = split(&run, text, x);
            x += split.iter().map(|run| run.advance).sum::<f32>();
            runs.extend(split);
        }
        Line {
            height: metrics.line_height,
            ascent: metrics.baseline - metrics.block_min_coord,
            right: metrics.offset + metrics.advance - metrics.hanging_advance,
            runs,
        }
    };
    layout.lines().map(line).collect()
}

/// A character or ligature: its text, ink and glyphs, in the units of the font size.
struct Cluster {
    range: Range<usize>,
    ink: Ink,
    glyphs: Vec<parley::Glyph>,
}

/// The runs of one ink, from left to right.
fn split(run: &parley::Run<'_, Ink>, text: &str, mut x: f32) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for cluster in clusters(run) {
        if runs.last().is_none_or(|last| last.ink != cluster.ink) {
            runs.push(Run {
                x,
                advance: 0.0,
                size: run.font_size(),
                ink: cluster.ink,
                font: run.font().clone(),
                embolden: run.synthesis().embolden(),
                text: String::new(),
                glyphs: Vec::new(),
            });
        }
        if let Some(last) = runs.last_mut() {
            x += last.push(&cluster, text);
        }
    }
    runs
}

/// In visual order. What a ligature swallowed belongs to it, whichever way the text runs.
fn clusters(run: &parley::Run<'_, Ink>) -> Vec<Cluster> {
    let mut clusters: Vec<Cluster> = Vec::new();
    for cluster in run.clusters() {
        let range = cluster.text_range();
        match clusters.last_mut() {
            Some(last) if cluster.is_ligature_continuation() => last.range.end = range.end,
            _ => clusters.push(Cluster { range, ink: cluster.style().brush, glyphs: cluster.glyphs().collect() }),
        }
    }
    if run.is_rtl() {
        clusters.reverse();
    }
    clusters
}

impl Run {
    /// Appends a cluster; its advance.
    fn push(&mut self, cluster: &Cluster, text: &str) -> f32 {
        let start = self.text.len();
        self.text.push_str(text.get(cluster.range.clone()).unwrap_or_default());
        let range = start..self.text.len();
        let em = |value: f32| value / self.size;
        self.glyphs.extend(cluster.glyphs.iter().map(|glyph| {
            let (advance, x, y) = (em(glyph.advance), em(glyph.x), em(glyph.y));
            KrillaGlyph::new(GlyphId::new(glyph.id), advance, x, y, 0.0, range.clone(), None)
        }));
        let advance: f32 = cluster.glyphs.iter().map(|glyph| glyph.advance).sum();
        self.advance += advance;
        advance
    }
}
