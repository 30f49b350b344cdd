//! What lies under the text of a page: enough of it to tell whether a reader could see the text.

use super::state::Color;

/// Filled areas and images of a page in painting order.
#[derive(Default)]
pub struct Canvas {
    /// Box and colour; no colour where it is not known (images, shadings, patterns).
    areas: Vec<([f64; 4], Color)>,
    /// Boxes of images.
    images: Vec<[f64; 4]>,
    /// Small filled shapes, which may be the signs of list items.
    pub dots: Vec<[f64; 4]>,
}

/// Later areas are not recorded; text over them counts as visible unless it is white.
const MAX_AREAS: usize = 4096;
const MAX_DOTS: usize = 512;
/// Colours closer than this in every channel look the same.
const INDISTINCT: f64 = 0.04;

impl Canvas {
    pub fn fill(&mut self, area: [f64; 4], color: Color) {
        if self.areas.len() < MAX_AREAS {
            self.areas.push((area, color));
        }
        if is_dot(area) && self.dots.len() < MAX_DOTS {
            self.dots.push(area);
        }
    }

    pub fn image(&mut self, area: [f64; 4]) {
        self.fill(area, None);
        if self.images.len() < MAX_AREAS {
            self.images.push(area);
        }
    }

    /// Whether text of this colour at this point differs from what is under it; paper is white.
    pub fn shows(&self, (x, y): (f64, f64), color: Color) -> bool {
        let Some(color) = color else { return true };
        let inside = |[l, b, r, t]: [f64; 4]| (l..=r).contains(&x) && (b..=t).contains(&y);
        let under = match self.areas.iter().rev().find(|(area, _)| inside(*area)) {
            Some((_, None)) => return true,
            Some((_, Some(fill))) => *fill,
            None => [1.0; 3],
        };
        color.iter().zip(under).any(|(ink, paper)| (ink - paper).abs() > INDISTINCT)
    }

    /// Whether images cover at least half of a page: it is a scan.
    pub fn is_picture(&self, page: [f64; 4]) -> bool {
        let area = |[l, b, r, t]: [f64; 4]| (r - l).max(0.0) * (t - b).max(0.0);
        let on_page = |[l, b, r, t]: [f64; 4]| [l.max(page[0]), b.max(page[1]), r.min(page[2]), t.min(page[3])];
        let covered: f64 = self.images.iter().map(|image| area(on_page(*image))).sum();
        covered >= 0.5 * area(page) && area(page) > 0.0
    }
}

/// As small as a bullet, in points, and about as wide as high.
fn is_dot([left, bottom, right, top]: [f64; 4]) -> bool {
    let (width, height) = (right - left, top - bottom);
    (1.0..8.0).contains(&width) && (0.7..1.4).contains(&(width / height))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_text_is_hidden_on_paper_and_seen_on_a_dark_sidebar() {
        let mut canvas = Canvas::default();
        canvas.fill([0.0, 0.0, 100.0, 800.0], Some([0.1, 0.2, 0.3]));
        let white = Some([1.0; 3]);
        assert!(canvas.shows((50.0, 400.0), white));
        assert!(!canvas.shows((200.0, 400.0), white));
        assert!(canvas.shows((200.0, 400.0), Some([0.0; 3])));
        assert!(!canvas.shows((50.0, 400.0), Some([0.1, 0.2, 0.3])));
    }

    #[test]
    fn a_page_mostly_under_images_is_a_picture() {
        let mut canvas = Canvas::default();
        canvas.image([0.0, 0.0, 600.0, 300.0]);
        assert!(!canvas.is_picture([0.0, 0.0, 600.0, 800.0]));
        canvas.image([0.0, 300.0, 600.0, 800.0]);
        assert!(canvas.is_picture([0.0, 0.0, 600.0, 800.0]));
    }
}
