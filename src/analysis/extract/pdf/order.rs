//! Reading order. Producers draw text in reading order almost always; geometry only where they did not.

use super::gutter::{MIN_COLUMN_LINES, longest_gutter};
use super::line::Line;

/// Words closer than this belong together, in sizes of type.
const PHRASE_GAP: f64 = 0.5;
/// A page with more lines is no page of a résumé; it is read as drawn.
pub const MAX_LINES: usize = 5000;
/// Deepest recursion of the page's division.
const MAX_DEPTH: usize = 12;

/// Whether the drawing order cannot be the reading order: many lines stand above or left of the one drawn before.
pub fn is_disordered(lines: &[Line]) -> bool {
    const FEW: usize = 8;
    if lines.len() < FEW {
        return false;
    }
    let backward = lines.windows(2).filter(|pair| is_backward(&pair[0], &pair[1])).count();
    backward * 5 > lines.len()
}

/// A step up that does not start a column at the top of its neighbour.
fn is_backward(before: &Line, after: &Line) -> bool {
    before.turn == after.turn && after.v < before.v - 0.5 * before.size
}

/// A heading across the page may be drawn after a column that floats below it: it is moved to the front.
pub fn lift_header(lines: &mut [Line]) {
    let Some(end) = lines.windows(2).position(|pair| is_backward(&pair[0], &pair[1])).map(|at| at + 1) else { return };
    let (block, rest) = lines.split_at(end);
    let left = block.iter().map(|line| line.left).fold(f64::MAX, f64::min);
    let right = block.iter().map(|line| line.right).fold(f64::MIN, f64::max);
    let top = block.iter().map(|line| line.v - line.size).fold(f64::MAX, f64::min);
    let turn = block[0].turn;
    let above = |line: &&Line| line.turn == turn && line.v <= top + 1.0 && line.left < right && line.right > left;
    let count = rest.iter().take_while(above).count();
    lines[..end + count].rotate_right(count);
}

/// Orders fragments by dividing the page at its gaps: columns from left to right (or right to left), lines downwards.
pub fn by_geometry(lines: Vec<Line>, right_to_left: bool) -> Vec<Line> {
    let words = lines.into_iter().flat_map(split_at_gaps).collect();
    let mut out = Vec::new();
    divide(words, right_to_left, MAX_DEPTH, &mut out);
    out
}

/// Words drawn on one baseline may belong to different columns.
fn split_at_gaps(line: Line) -> Vec<Line> {
    let mut parts: Vec<Line> = Vec::new();
    for glyph in line.glyphs {
        match parts.last_mut() {
            Some(part) if (-0.5..0.8).contains(&((glyph.u - part.right) / part.size)) => part.push(glyph),
            _ => parts.push(Line::new(glyph)),
        }
    }
    parts
}

fn divide(parts: Vec<Line>, right_to_left: bool, depth: usize, out: &mut Vec<Line>) {
    let rows = rows(parts);
    if depth == 0 || rows.len() < MIN_COLUMN_LINES {
        out.extend(rows.into_iter().map(join));
        return;
    }
    let Some((first, last, gutter)) = longest_gutter(&rows) else {
        out.extend(rows.into_iter().map(join));
        return;
    };
    let mut rows = rows.into_iter();
    let above: Vec<Line> = rows.by_ref().take(first).flatten().collect();
    let within: Vec<Line> = rows.by_ref().take(last - first).flatten().collect();
    let below: Vec<Line> = rows.flatten().collect();
    let (left, right): (Vec<Line>, Vec<Line>) = within.into_iter().partition(|part| part.right <= gutter);
    let columns = if right_to_left { [right, left] } else { [left, right] };
    for part in [above].into_iter().chain(columns).chain([below]) {
        if !part.is_empty() {
            divide(part, right_to_left, depth - 1, out);
        }
    }
}

/// Groups fragments by baseline, from top to bottom, each row from left to right.
fn rows(mut parts: Vec<Line>) -> Vec<Vec<Line>> {
    parts.sort_by(|a, b| a.turn.cmp(&b.turn).then(a.v.total_cmp(&b.v)));
    let mut rows: Vec<Vec<Line>> = Vec::new();
    for part in parts {
        match rows.last_mut() {
            Some(row) if row[0].turn == part.turn && part.v - row[0].v < 0.4 * part.size.min(row[0].size) => {
                row.push(part)
            }
            _ => rows.push(vec![part]),
        }
    }
    rows.into_iter().map(phrases).collect()
}

/// Joins the words of a row that stand close together.
fn phrases(mut row: Vec<Line>) -> Vec<Line> {
    row.sort_by(|a, b| a.left.total_cmp(&b.left));
    let mut out: Vec<Line> = Vec::with_capacity(row.len());
    for part in row {
        match out.last_mut() {
            Some(last) if part.left - last.right < PHRASE_GAP * part.size.min(last.size) => {
                part.glyphs.into_iter().for_each(|glyph| last.push(glyph));
            }
            _ => out.push(part),
        }
    }
    out
}

fn join(row: Vec<Line>) -> Line {
    let mut parts = row.into_iter();
    let Some(mut line) = parts.next() else {
        return Line { glyphs: Vec::new(), left: 0.0, right: 0.0, v: 0.0, size: 1.0, turn: 0, dotted: false };
    };
    parts.flat_map(|part| part.glyphs).for_each(|glyph| line.push(glyph));
    line
}

/// Most blocks of lines that stand side by side.
pub fn count_columns(lines: &[Line]) -> u32 {
    const MAX_BLOCKS: usize = 64;
    let mut blocks: Vec<Vec<&Line>> = Vec::new();
    for line in lines.iter().filter(|line| line.turn == 0) {
        match blocks.last_mut() {
            Some(block) if block.last().is_some_and(|last| !is_backward(last, line)) => block.push(line),
            _ => blocks.push(vec![line]),
        }
    }
    blocks.retain(|block| block.len() >= MIN_COLUMN_LINES);
    let areas: Vec<[f64; 4]> = blocks.iter().take(MAX_BLOCKS).map(|block| column_area(block)).collect();
    let beside = |a: &[f64; 4], b: &[f64; 4]| (a[2] <= b[0] || b[2] <= a[0]) && a[1] < b[3] && b[1] < a[3];
    let most = areas.iter().map(|a| 1 + areas.iter().filter(|b| beside(a, b)).count()).max();
    most.unwrap_or(usize::from(!lines.is_empty())) as u32
}

/// The box of a block without the few lines that stand out at its sides, as headings do.
fn column_area(block: &[&Line]) -> [f64; 4] {
    let sorted = |value: fn(&Line) -> f64| {
        let mut values: Vec<f64> = block.iter().map(|line| value(line)).collect();
        values.sort_by(f64::total_cmp);
        values
    };
    let (lefts, rights, baselines) = (sorted(|line| line.left), sorted(|line| line.right), sorted(|line| line.v));
    let last = block.len() - 1;
    [lefts[last / 5], baselines[0], rights[last - last / 5], baselines[last]]
}
