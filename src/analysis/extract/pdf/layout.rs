//! From the glyphs of a page to its text: lines in reading order, with empty lines between blocks.

use super::bidi;
use super::glyph::Page;
use super::line::Line;
use super::{marks, order, wrap};

/// The text of a page and how it is laid out.
pub struct PageText {
    pub text: String,
    pub columns: u32,
}

/// The text of a page, line by line.
pub fn read(page: &Page) -> PageText {
    let right_to_left = is_right_to_left(page);
    let lines = lines_in_order(page, right_to_left);
    let columns = order::count_columns(&lines);
    let measure = Measure { leading: usual_leading(&lines), body: body_size(&lines) };
    let mut text = String::new();
    let mut last: Option<&Line> = None;
    for (at, line) in lines.iter().enumerate() {
        let content = line.text(page, right_to_left);
        if content.is_empty() {
            continue;
        }
        if let Some(last) = last {
            let near = &lines[at.saturating_sub(NEAR)..lines.len().min(at + NEAR)];
            if measure.starts_block(last, line) {
                text.push_str("\n\n");
            } else if !(wrap::continues_address(&text, &content) && wrap::is_full(last, line, near)) {
                text.push('\n');
            }
        }
        text.push_str(if line.dotted { "• " } else { "" });
        text.push_str(&content);
        last = Some(line);
    }
    PageText { text, columns }
}

/// Lines before and after one that are looked at to learn about its column.
const NEAR: usize = 50;

/// Whether most letters of a page are of scripts that run from right to left.
fn is_right_to_left(page: &Page) -> bool {
    let counts = page.glyphs.iter().map(|glyph| bidi::count_strong(page.text(glyph)));
    let (right, left) = counts.fold((0, 0), |(right, left), (r, l)| (right + r, left + l));
    right > left
}

fn lines_in_order(page: &Page, right_to_left: bool) -> Vec<Line> {
    let mut lines = lines_as_drawn(page);
    if lines.len() > order::MAX_LINES {
        return lines;
    }
    let ghosts = page.glyphs.iter().filter(|glyph| glyph.ghost).count();
    if order::is_disordered(&lines) || ghosts * 2 > page.glyphs.len() {
        lines = order::by_geometry(lines, right_to_left);
    } else {
        marks::attach_bullets(&mut lines, page);
        order::lift_header(&mut lines);
    }
    marks::attach_dots(&mut lines, page, right_to_left);
    lines
}

/// Consecutive glyphs that share a baseline, in drawing order.
fn lines_as_drawn(page: &Page) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for glyph in &page.glyphs {
        match lines.last_mut() {
            Some(line) if line.accepts(glyph) => line.push(*glyph),
            // Spaces alone never start a line.
            _ if page.text(glyph).chars().all(char::is_whitespace) => {}
            _ => lines.push(Line::new(*glyph)),
        }
    }
    lines
}

/// The distance of lines in sizes of their type that is most usual.
fn usual_leading(lines: &[Line]) -> f64 {
    let mut steps: Vec<f64> = lines
        .windows(2)
        .filter(|pair| pair[0].turn == pair[1].turn)
        .map(|pair| (pair[1].v - pair[0].v) / pair[0].size.max(pair[1].size))
        .filter(|step| (0.8..3.0).contains(step))
        .collect();
    steps.sort_by(f64::total_cmp);
    // The lower third: wrapped lines are closer than items are.
    steps.get(steps.len() / 3).copied().unwrap_or(1.3)
}

/// The size of type that most glyphs have.
fn body_size(lines: &[Line]) -> f64 {
    let mut sizes: Vec<f64> = lines.iter().flat_map(|line| line.glyphs.iter().map(|glyph| glyph.size)).collect();
    sizes.sort_by(f64::total_cmp);
    sizes.get(sizes.len() / 2).copied().unwrap_or(0.0)
}

/// What is usual on a page.
struct Measure {
    /// Distance of lines, in sizes of type.
    leading: f64,
    /// Size of type of the running text, in points.
    body: f64,
}

impl Measure {
    /// Whether a line is set apart from the one before it: by space, or as a heading by a little space.
    fn starts_block(&self, last: &Line, line: &Line) -> bool {
        let step = (line.v - last.v) / last.size.max(line.size);
        let is_heading = line.size > self.body * 1.08 || line.is_bold() && !last.is_bold();
        let far = if is_heading { self.leading * 1.08 } else { self.leading * 1.45 + 0.1 };
        last.turn != line.turn || step < -0.5 || step > far
    }
}
