//! Gutters: the empty strips between columns of text.

use super::line::Line;

/// A gutter between columns is at least this wide, in sizes of type.
const GUTTER: f64 = 0.55;
/// Fewer lines do not make a column.
pub const MIN_COLUMN_LINES: usize = 4;
/// Places that are tried on one page.
const MAX_PLACES: usize = 200;

/// The run of rows with the longest common gutter: rows from, rows to, place of the gutter.
pub fn longest_gutter(rows: &[Vec<Line>]) -> Option<(usize, usize, f64)> {
    let mut best: Option<(usize, usize, f64)> = None;
    let candidates: Vec<f64> = rows.iter().flatten().map(|part| part.left).collect();
    let mut seen: Vec<f64> = Vec::new();
    for left in candidates {
        if seen.iter().any(|x| (x - left).abs() < 1.0) || seen.len() > MAX_PLACES {
            continue;
        }
        seen.push(left);
        if let Some((from, to)) = longest_run(rows, left)
            && best.is_none_or(|(a, b, _)| to - from > b - a)
        {
            best = Some((from, to, left - 0.01));
        }
    }
    best
}

/// The longest run of rows that nothing crosses just left of `edge`, with text on both sides of it.
fn longest_run(rows: &[Vec<Line>], edge: f64) -> Option<(usize, usize)> {
    let crosses = |part: &Line| part.left < edge - 0.5 && part.right > edge - GUTTER * part.size;
    let mut best = None;
    let mut from = 0;
    for at in 0..=rows.len() {
        if rows.get(at).is_some_and(|row| !row.iter().any(crosses)) {
            continue;
        }
        if is_column_pair(&rows[from..at], edge) && best.is_none_or(|(a, b)| at - from > b - a) {
            best = Some((from, at));
        }
        from = at + 1;
    }
    best
}

/// What a row has on both sides of a gutter.
struct Sides {
    left: bool,
    /// Where the first text on the right starts.
    right: Option<f64>,
    size: f64,
}

/// Both sides of a gutter are columns: where they stand side by side, each has enough lines, and those on the right
/// start at a common edge. Dates at the end of some lines are too sparse for a column.
fn is_column_pair(rows: &[Vec<Line>], edge: f64) -> bool {
    const DENSITY: f64 = 0.3;
    const ALIGNED: f64 = 0.6;
    const GRID_ROWS: usize = 12;
    const GRID_DENSITY: f64 = 0.85;
    /// Items of lists and their wrapped lines are indented this much, in sizes of type.
    const INDENT: f64 = 2.5;
    let sides: Vec<Sides> = rows.iter().map(|row| sides(row, edge)).collect();
    let Some(beside) = where_both(&sides) else { return false };
    let count = |is: fn(&Sides) -> bool| beside.iter().filter(|row| is(row)).count();
    let share = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
    let (left, right) = (count(|row| row.left), count(|row| row.right.is_some()));
    let both = count(|row| row.left && row.right.is_some());
    // A small grid, such as skills in three columns, has text on both sides in every row; it is read by rows.
    if beside.len() < GRID_ROWS && share(both, beside.len()) > GRID_DENSITY {
        return false;
    }
    let is_aligned = |row: &&Sides| row.right.is_some_and(|start| start < edge + INDENT * row.size);
    let aligned = beside.iter().filter(is_aligned).count();
    let dense = |lines: usize| lines >= MIN_COLUMN_LINES && share(lines, beside.len()) >= DENSITY;
    dense(left) && dense(right) && share(aligned, right) >= ALIGNED
}

fn sides(row: &[Line], edge: f64) -> Sides {
    Sides {
        left: row.iter().any(|part| part.left < edge - 0.5),
        right: row.iter().map(|part| part.left).find(|start| *start >= edge - 2.0),
        size: row.first().map_or(1.0, |part| part.size),
    }
}

/// The rows between the first and the last that have text on both sides somewhere around them.
fn where_both(sides: &[Sides]) -> Option<&[Sides]> {
    let left = |row: &Sides| row.left;
    let right = |row: &Sides| row.right.is_some();
    let from = sides.iter().position(left)?.max(sides.iter().position(right)?);
    let to = sides.iter().rposition(left)?.min(sides.iter().rposition(right)?);
    sides.get(from..=to).filter(|rows| !rows.is_empty())
}
