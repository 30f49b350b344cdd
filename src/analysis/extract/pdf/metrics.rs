//! Advance widths of the fourteen standard fonts, for producers that leave `Widths` out.

use unicode_normalization::UnicodeNormalization;

/// Widths of U+0020 to U+007E in thousandths of an em (Adobe Core 14 AFM files).
type Ascii = [u16; 95];

#[rustfmt::skip]
const HELVETICA: Ascii = [278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584];
#[rustfmt::skip]
const HELVETICA_BOLD: Ascii = [278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 333, 333, 584, 584, 584, 611, 975, 722, 722, 722, 722, 667, 611, 778, 722, 278, 556, 722, 611, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 333, 278, 333, 584, 556, 333, 556, 611, 556, 611, 556, 333, 611, 611, 278, 278, 556, 278, 889, 611, 611, 611, 611, 389, 556, 333, 611, 556, 778, 556, 556, 500, 389, 280, 389, 584];
#[rustfmt::skip]
const TIMES: Ascii = [250, 333, 408, 500, 500, 833, 778, 180, 333, 333, 500, 564, 250, 333, 250, 278, 500, 500, 500, 500, 500, 500, 500, 500, 500, 500, 278, 278, 564, 564, 564, 444, 921, 722, 667, 667, 722, 611, 556, 722, 722, 333, 389, 722, 611, 889, 722, 722, 556, 722, 667, 556, 611, 722, 722, 944, 722, 722, 611, 333, 278, 333, 469, 500, 333, 444, 500, 444, 500, 444, 333, 500, 500, 278, 278, 500, 278, 778, 500, 500, 500, 500, 333, 389, 278, 500, 500, 722, 500, 500, 444, 480, 200, 480, 541];
#[rustfmt::skip]
const TIMES_BOLD: Ascii = [250, 333, 555, 500, 500, 1000, 833, 278, 333, 333, 500, 570, 250, 333, 250, 278, 500, 500, 500, 500, 500, 500, 500, 500, 500, 500, 333, 333, 570, 570, 570, 500, 930, 722, 667, 722, 722, 667, 611, 778, 778, 389, 500, 778, 667, 944, 722, 778, 611, 778, 722, 556, 667, 722, 722, 1000, 722, 722, 667, 333, 278, 333, 581, 500, 333, 500, 556, 444, 556, 444, 333, 500, 556, 278, 333, 556, 278, 833, 556, 500, 556, 556, 444, 389, 333, 556, 500, 722, 500, 500, 444, 394, 220, 394, 520];
#[rustfmt::skip]
const TIMES_ITALIC: Ascii = [250, 333, 420, 500, 500, 833, 778, 214, 333, 333, 500, 675, 250, 333, 250, 278, 500, 500, 500, 500, 500, 500, 500, 500, 500, 500, 333, 333, 675, 675, 675, 500, 920, 611, 611, 667, 722, 611, 611, 722, 722, 333, 444, 667, 556, 833, 667, 722, 611, 722, 611, 500, 556, 722, 611, 833, 611, 556, 556, 389, 278, 389, 422, 500, 333, 500, 500, 444, 500, 444, 278, 500, 500, 278, 278, 444, 278, 722, 500, 500, 500, 500, 389, 389, 278, 500, 444, 667, 444, 444, 389, 400, 275, 400, 541];
#[rustfmt::skip]
const TIMES_BOLD_ITALIC: Ascii = [250, 389, 555, 500, 500, 833, 778, 278, 333, 333, 500, 570, 250, 333, 250, 278, 500, 500, 500, 500, 500, 500, 500, 500, 500, 500, 333, 333, 570, 570, 570, 500, 832, 667, 667, 667, 722, 667, 667, 722, 778, 389, 500, 667, 611, 889, 722, 722, 611, 722, 667, 556, 611, 722, 667, 889, 667, 611, 611, 333, 278, 333, 570, 500, 333, 500, 500, 444, 500, 444, 333, 500, 556, 278, 278, 500, 278, 778, 556, 500, 500, 500, 389, 389, 278, 556, 444, 667, 500, 444, 389, 348, 220, 348, 570];

/// A face whose widths are known without the file's help.
#[derive(Clone, Copy, Debug)]
pub struct StandardFace {
    /// Courier has none: every glyph is 600 wide.
    ascii: Option<&'static Ascii>,
}

impl StandardFace {
    /// The standard face that a `BaseFont` names, or the one most like it.
    pub fn of(base_font: &[u8]) -> Self {
        let name = String::from_utf8_lossy(base_font).to_ascii_lowercase();
        let bold = name.contains("bold") || name.contains("black");
        let italic = name.contains("italic") || name.contains("oblique");
        let ascii = if name.contains("courier") || name.contains("mono") {
            None
        } else if name.contains("times") || name.contains("serif") && !name.contains("sans") {
            Some(match (bold, italic) {
                (false, false) => &TIMES,
                (true, false) => &TIMES_BOLD,
                (false, true) => &TIMES_ITALIC,
                (true, true) => &TIMES_BOLD_ITALIC,
            })
        } else {
            Some(if bold { &HELVETICA_BOLD } else { &HELVETICA })
        };
        Self { ascii }
    }

    /// Width of a character in thousandths of an em. Accented letters are as wide as their base letter.
    pub fn width(self, c: char) -> f64 {
        let Some(ascii) = self.ascii else { return 600.0 };
        let base = std::iter::once(c).nfd().next().unwrap_or(c);
        let index = (base as usize).wrapping_sub(0x20);
        match (ascii.get(index), base) {
            (Some(width), _) => f64::from(*width),
            (None, '•') => 350.0,
            (None, '‘' | '’' | '‚' | '·') => 250.0,
            (None, '“' | '”' | '„' | '‹' | '›' | 'ı') => 333.0,
            (None, '—' | '…' | '‰' | '™') => 1000.0,
            (None, '\u{a0}') => f64::from(ascii[0]),
            (None, 'œ' | 'Œ' | 'æ' | 'Æ') => 900.0,
            (None, _) => 556.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_those_of_the_afm_files() {
        assert_eq!(StandardFace::of(b"Helvetica").width('W'), 944.0);
        assert_eq!(StandardFace::of(b"Times-Bold").width('é'), 444.0);
        assert_eq!(StandardFace::of(b"Courier-Oblique").width('i'), 600.0);
    }
}
