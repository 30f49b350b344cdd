//! The graphics state, as far as text needs it.

use std::rc::Rc;

use super::font::Font;

/// An affine transformation `[a b c d e f]` (ISO 32000-1, 8.3.3).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Matrix(pub [f64; 6]);

impl Matrix {
    pub const IDENTITY: Self = Self([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);

    pub fn translation(x: f64, y: f64) -> Self {
        Self([1.0, 0.0, 0.0, 1.0, x, y])
    }

    /// First this transformation, then `next`.
    pub fn then(self, next: Self) -> Self {
        let ([a, b, c, d, e, f], [p, q, r, s, t, u]) = (self.0, next.0);
        Self([a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u])
    }

    pub fn apply(self, x: f64, y: f64) -> (f64, f64) {
        let [a, b, c, d, e, f] = self.0;
        (a * x + c * y + e, b * x + d * y + f)
    }

    /// The box around a transformed rectangle.
    pub fn apply_box(self, [x0, y0, x1, y1]: [f64; 4]) -> [f64; 4] {
        let corners = [self.apply(x0, y0), self.apply(x1, y0), self.apply(x0, y1), self.apply(x1, y1)];
        corners.iter().fold([f64::MAX, f64::MAX, f64::MIN, f64::MIN], |[l, b, r, t], (x, y)| {
            [l.min(*x), b.min(*y), r.max(*x), t.max(*y)]
        })
    }
}

/// Red, green and blue from 0 to 1; nothing for patterns and spaces whose colours are not computed.
pub type Color = Option<[f64; 3]>;

/// Text state and the rest of what `q` saves.
#[derive(Clone)]
pub struct State {
    pub ctm: Matrix,
    pub fill: Color,
    /// Colour operands of `sc` are not gray, RGB or CMYK.
    pub fill_opaque_space: bool,
    pub fill_alpha: f64,
    pub font: Option<Rc<Font>>,
    pub size: f64,
    pub char_spacing: f64,
    pub word_spacing: f64,
    /// 1 is 100 %.
    pub horizontal_scale: f64,
    pub leading: f64,
    pub rise: f64,
    pub render_mode: u8,
}

impl State {
    pub fn new(ctm: Matrix) -> Self {
        Self {
            ctm,
            fill: Some([0.0; 3]),
            fill_opaque_space: false,
            fill_alpha: 1.0,
            font: None,
            size: 0.0,
            char_spacing: 0.0,
            word_spacing: 0.0,
            horizontal_scale: 1.0,
            leading: 0.0,
            rise: 0.0,
            render_mode: 0,
        }
    }
}

/// Colour of operands by their number: gray, RGB, CMYK.
pub fn color_of(operands: &[f64]) -> Color {
    match operands {
        [gray] => Some([*gray; 3]),
        [r, g, b] => Some([*r, *g, *b]),
        [c, m, y, k] => Some([c, m, y].map(|ink| (1.0 - ink) * (1.0 - k))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transformations_are_chained_left_to_right() {
        let scale = Matrix([2.0, 0.0, 0.0, 3.0, 0.0, 0.0]);
        assert_eq!(scale.then(Matrix::translation(1.0, 1.0)).apply(1.0, 1.0), (3.0, 4.0));
        assert_eq!(Matrix::translation(1.0, 1.0).then(scale).apply(1.0, 1.0), (4.0, 6.0));
        assert_eq!(Matrix([0.0, 1.0, -1.0, 0.0, 0.0, 0.0]).apply_box([0.0, 0.0, 2.0, 1.0]), [-1.0, 0.0, 0.0, 2.0]);
    }

    #[test]
    fn ink_takes_light_away() {
        assert_eq!(color_of(&[0.0, 0.0, 0.0, 0.0]), Some([1.0; 3]));
        assert_eq!(color_of(&[0.0, 0.0, 0.0, 1.0]), Some([0.0; 3]));
    }
}
