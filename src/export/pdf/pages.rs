//! Rows onto pages.

use super::compose::{Composition, Link, Row};
use super::structure::Structure;

pub struct Pages {
    /// For each page, its rows and the distance of their upper edge from the upper margin.
    pub pages: Vec<Vec<(f32, Row)>>,
    pub structure: Structure,
    pub links: Vec<Link>,
}

/// Fills pages of some height. Rows that belong together stay together, if a page can hold them.
pub fn paginate(composition: Composition, height: f32) -> Pages {
    let Composition { rows, structure, links } = composition;
    let mut pages = vec![Vec::new()];
    let mut y = 0.0;
    for group in groups(rows) {
        let whole: f32 = group.iter().map(|row| row.above + row.height).sum();
        let mut fits = y + whole <= height || whole > height;
        for row in group {
            if y > 0.0 && (!fits || y + row.above + row.height > height) {
                pages.push(Vec::new());
                y = 0.0;
                fits = true;
            }
            let top = if y > 0.0 { y + row.above } else { 0.0 };
            y = top + row.height;
            if let Some(page) = pages.last_mut() {
                page.push((top, row));
            }
        }
    }
    Pages { pages, structure, links }
}

/// Rows, each with those that must follow on the same page.
fn groups(rows: Vec<Row>) -> Vec<Vec<Row>> {
    let mut groups: Vec<Vec<Row>> = Vec::new();
    let mut open = false;
    for row in rows {
        let goes_on = row.with_next;
        match groups.last_mut().filter(|_| open) {
            Some(group) => group.push(row),
            None => groups.push(vec![row]),
        }
        open = goes_on;
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(height: f32, with_next: bool) -> Row {
        Row { above: 1.0, height, with_next, ..Row::default() }
    }

    fn tops(rows: Vec<Row>) -> Vec<Vec<f32>> {
        let composition = Composition { rows, structure: Structure::default(), links: Vec::new() };
        let pages = paginate(composition, 100.0).pages;
        pages.iter().map(|page| page.iter().map(|(top, _)| *top).collect()).collect()
    }

    #[test]
    fn a_heading_moves_to_the_page_of_its_text() {
        let pages = tops(vec![row(60.0, false), row(20.0, true), row(30.0, false)]);
        assert_eq!(pages, [vec![0.0], vec![0.0, 21.0]]);
    }

    #[test]
    fn what_no_page_can_hold_is_divided() {
        let pages = tops(vec![row(50.0, true), row(40.0, true), row(30.0, false)]);
        assert_eq!(pages, [vec![0.0, 51.0], vec![0.0]]);
    }

    #[test]
    fn a_row_higher_than_a_page_has_a_page_of_its_own() {
        assert_eq!(tops(vec![row(10.0, false), row(200.0, false), row(10.0, false)]), [[0.0], [0.0], [0.0]]);
    }
}
