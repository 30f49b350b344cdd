//! Signs of list items that are not drawn with their items.

use super::glyph::Page;
use super::line::Line;

/// Some producers draw all signs of a list before or after its items: each goes to the item it stands before.
pub fn attach_bullets(lines: &mut Vec<Line>, page: &Page) {
    const REACH: f64 = 3.5;
    const MAX_BULLETS: usize = 2000;
    let lone: Vec<usize> = (0..lines.len()).filter(|at| lines[*at].is_bullet(page)).take(MAX_BULLETS).collect();
    let mut attached = Vec::new();
    for at in lone {
        let bullet = lines[at].clone();
        let before = |line: &Line| {
            let gap = (line.left - bullet.right) / line.size;
            line.turn == bullet.turn && (line.v - bullet.v).abs() < 0.4 * line.size && (-0.5..REACH).contains(&gap)
        };
        if let Some(item) = (0..lines.len()).find(|other| *other != at && before(&lines[*other])) {
            bullet.glyphs.iter().for_each(|glyph| lines[item].lead(*glyph));
            attached.push(at);
        }
    }
    let mut at = 0;
    lines.retain(|_| {
        at += 1;
        attached.binary_search(&(at - 1)).is_err()
    });
}

/// Marks the lines that stand right behind a small filled shape on the height of their letters.
pub fn attach_dots(lines: &mut [Line], page: &Page, right_to_left: bool) {
    for line in lines.iter_mut().filter(|line| line.turn == 0 && !line.is_bullet(page)) {
        let size = line.size;
        let (near, far) = (0.15 * size, 3.0 * size);
        line.dotted = page.canvas.dots.iter().any(|[left, bottom, right, top]| {
            let height = (bottom + top) / 2.0 + line.v;
            let gap = if right_to_left { left - line.right } else { line.left - right };
            (0.05 * size..0.75 * size).contains(&height) && (near..far).contains(&gap) && top - bottom < 0.75 * size
        });
    }
}
