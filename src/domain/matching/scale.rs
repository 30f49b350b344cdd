//! The reported scale of similarity, on which 0.75 is the cut of whatever embedder is configured.

/// The cut on the reported scale.
pub const CUT: f32 = 0.75;

/// How cosines of one embedder become reported similarities. Strictly increasing, so it changes no ranking.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    cut: f32,
}

impl Scale {
    /// The scale on which the cosine is reported as it is.
    pub const PLAIN: Scale = Scale { cut: CUT };

    /// The scale of an embedder whose paraphrases and other questions part at the cosine `cut`; [`Scale::PLAIN`] unless 0 < cut < 1.
    pub fn with_cut(cut: f32) -> Self {
        if cut > 0.0 && cut < 1.0 { Self { cut } } else { Self::PLAIN }
    }

    /// The cosine that is reported as 0.75.
    pub fn cut(self) -> f32 {
        self.cut
    }

    /// `0.75·s/c` below the cut c, `0.75 + 0.25·(s−c)/(1−c)` from there on: −0.75/c..1 for a cosine −1..1. NaN is 0.
    pub fn similarity(self, cosine: f32) -> f32 {
        if cosine.is_nan() {
            return 0.0;
        }
        if self.cut == CUT {
            return cosine.min(1.0);
        }
        if cosine < self.cut {
            CUT * cosine / self.cut
        } else {
            CUT + (1.0 - CUT) * (cosine.min(1.0) - self.cut) / (1.0 - self.cut)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cut_is_reported_as_three_quarters_and_one_as_one() {
        for cut in [0.2, 0.46, 0.75, 0.9] {
            let scale = Scale::with_cut(cut);
            assert!((scale.similarity(cut) - CUT).abs() < 1e-6);
            assert!((scale.similarity(1.0) - 1.0).abs() < 1e-6);
            assert_eq!(scale.similarity(0.0), 0.0);
        }
    }

    #[test]
    fn a_higher_cosine_is_never_reported_lower() {
        let scale = Scale::with_cut(0.3);
        let reported: Vec<f32> = (-100..=100).map(|i| scale.similarity(i as f32 / 100.0)).collect();
        assert!(reported.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn an_impossible_cut_leaves_the_cosine_as_it_is() {
        for cut in [0.0, -0.1, 1.0, f32::NAN] {
            assert_eq!(Scale::with_cut(cut), Scale::PLAIN);
        }
        assert_eq!(Scale::PLAIN.similarity(0.4), 0.4);
        assert_eq!(Scale::PLAIN.similarity(f32::NAN), 0.0);
    }
}
