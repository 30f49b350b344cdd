//! Finds the cut of an embedding model that nobody has measured: the cosine that best parts paraphrases from other questions.

use crate::ai::{AiError, Embedder};

/// A model whose best F1 on the shipped set is lower than this does not tell questions apart: no cut can be recommended.
const SEPARATES: f32 = 0.6;

/// What measuring a model gave.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Calibration {
    /// The cosine with the best F1; `None` if the model does not separate the set, and its cosines should be taken as they are.
    pub cut: Option<f32>,
    /// The best F1 over all cuts, 0 to 1.
    pub f1: f32,
}

/// A message of the set, and what finding the nearest saved question gave for it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trial {
    /// Cosine of the nearest saved question.
    pub cosine: f32,
    /// The nearest is the one that was asked for. False as well when none was.
    pub right: bool,
    /// Something was asked for.
    pub due: bool,
}

/// The labelled set.
struct Set {
    saved: Vec<String>,
    /// Messages and the position of the question they ask.
    messages: Vec<(String, Option<usize>)>,
}

impl Set {
    fn shipped() -> Self {
        Self::parse(include_str!("data/calibration.txt"))
    }

    fn parse(text: &str) -> Self {
        let mut set = Set { saved: Vec::new(), messages: Vec::new() };
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let mut parts = line.split(" | ").map(str::to_owned);
            let Some(first) = parts.next() else { continue };
            let paraphrases: Vec<String> = parts.collect();
            if paraphrases.is_empty() {
                set.messages.push((first, None));
            } else {
                let position = Some(set.saved.len());
                set.messages.extend(paraphrases.into_iter().map(|text| (text, position)));
                set.saved.push(first);
            }
        }
        set
    }
}

/// Measures the model on the shipped set: about 150 short texts in two calls. An endpoint's error is passed on.
pub async fn measure(embedder: &dyn Embedder) -> Result<Calibration, AiError> {
    let set = Set::shipped();
    let texts: Vec<String> = set.messages.iter().map(|(text, _)| text.clone()).collect();
    let saved: Vec<(String, String)> = set.saved.iter().map(|question| (question.clone(), String::new())).collect();
    let saved = embedder.embed_saved(&saved).await?;
    let messages = embedder.embed(&texts).await?;
    let trials = set.messages.iter().zip(&messages).flat_map(|((_, asked), message)| trials(message, *asked, &saved));
    Ok(best_cut(&trials.collect::<Vec<_>>()))
}

/// Each message is tried on the whole set, and once more with its question missing: then nothing is due.
fn trials(message: &[f32], asked: Option<usize>, saved: &[Vec<f32>]) -> Vec<Trial> {
    let cosines: Vec<f32> = saved.iter().map(|question| cosine(message, question)).collect();
    let nearest = |missing: Option<usize>| {
        let there = cosines.iter().enumerate().filter(|(i, _)| Some(*i) != missing);
        there.max_by(|a, b| a.1.total_cmp(b.1)).map(|(i, cosine)| (i, *cosine))
    };
    let whole = nearest(None).map(|(i, cosine)| Trial { cosine, right: asked == Some(i), due: asked.is_some() });
    let without = asked.and_then(|_| nearest(asked)).map(|(_, cosine)| Trial { cosine, right: false, due: false });
    whole.into_iter().chain(without).collect()
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f32>();
    let lengths = (dot(a, a) * dot(b, b)).sqrt();
    if a.len() == b.len() && lengths > 0.0 && lengths.is_finite() { dot(a, b) / lengths } else { 0.0 }
}

/// The cut with the best F1 = 2·TP/(TP + FP + due), half way between the trials that it parts.
pub fn best_cut(trials: &[Trial]) -> Calibration {
    let due = trials.iter().filter(|trial| trial.due).count();
    let mut sorted = trials.to_vec();
    sorted.sort_by(|a, b| b.cosine.total_cmp(&a.cosine));
    let (mut right, mut best) = (0usize, Calibration { cut: None, f1: 0.0 });
    for (i, trial) in sorted.iter().enumerate() {
        right += usize::from(trial.right);
        let below = sorted.get(i + 1).map_or(trial.cosine, |next| next.cosine);
        let f1 = 2.0 * right as f32 / (i + 1 + due) as f32;
        if f1 > best.f1 && (below < trial.cosine || i + 1 == sorted.len()) {
            best = Calibration { cut: Some((trial.cosine + below) / 2.0), f1 };
        }
    }
    let usable = best.f1 >= SEPARATES && best.cut.is_some_and(|cut| cut > 0.0 && cut < 1.0);
    Calibration { cut: best.cut.filter(|_| usable), f1: best.f1 }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use futures_util::future::BoxFuture;

    use super::*;
    use crate::ai::offline::OfflineEmbedder;

    fn trial(cosine: f32, right: bool, due: bool) -> Trial {
        Trial { cosine, right, due }
    }

    /// Knows which question each text belongs to, and puts texts of one question at a cosine of `together`, others at `apart`.
    struct Oracle {
        together: f32,
        apart: f32,
    }

    impl Embedder for Oracle {
        fn model(&self) -> &str {
            "oracle"
        }

        fn embed<'a>(&'a self, texts: &'a [String]) -> BoxFuture<'a, Result<Vec<Vec<f32>>, AiError>> {
            let set = Set::shipped();
            let saved = set.saved.iter().enumerate().map(|(i, text)| (text, Some(i)));
            let groups: Vec<_> = saved.chain(set.messages.iter().map(|(text, asked)| (text, *asked))).collect();
            let vectors = texts.iter().map(|text| {
                let place = groups.iter().position(|(known, _)| *known == text).unwrap();
                let mut vector = vec![0.0; 1 + set.saved.len() + groups.len()];
                vector[0] = self.apart.sqrt();
                if let Some(group) = groups[place].1 {
                    vector[1 + group] = (self.together - self.apart).sqrt();
                }
                vector[1 + set.saved.len() + place] = (1.0 - dot(&vector)).sqrt();
                vector
            });
            Box::pin(std::future::ready(Ok(vectors.collect())))
        }
    }

    fn dot(vector: &[f32]) -> f32 {
        vector.iter().map(|x| x * x).sum()
    }

    fn measured(embedder: &dyn Embedder) -> Calibration {
        measure(embedder).now_or_never().unwrap().unwrap()
    }

    #[test]
    fn the_cut_lies_between_what_is_together_and_what_is_apart() {
        for (together, apart) in [(0.9, 0.78), (0.6, 0.2)] {
            let Calibration { cut, f1 } = measured(&Oracle { together, apart });
            assert!(cut.is_some_and(|cut| cut > apart && cut < together), "{cut:?}");
            assert!((f1 - 1.0).abs() < 1e-6);
        }
    }

    #[test]
    fn a_model_to_which_all_texts_are_alike_has_no_cut() {
        let Calibration { cut, f1 } = measured(&Oracle { together: 0.8, apart: 0.8 });
        assert_eq!(cut, None);
        assert!(f1 < SEPARATES);
    }

    #[test]
    fn the_offline_embedder_separates_the_set_near_its_own_cut() {
        let cut = measured(&OfflineEmbedder).cut.unwrap();
        let known = OfflineEmbedder.cut().unwrap();
        assert!((cut - known).abs() < 0.1, "{cut} and {known}");
    }

    #[test]
    fn the_best_cut_weighs_lost_paraphrases_against_wrong_ones() {
        let trials = [
            trial(0.9, true, true),
            trial(0.7, true, true),
            trial(0.6, false, false),
            trial(0.4, true, true),
            trial(0.3, false, false),
        ];
        let Calibration { cut, f1 } = best_cut(&trials);
        assert!((cut.unwrap() - 0.35).abs() < 1e-6);
        assert!((f1 - 6.0 / 7.0).abs() < 1e-6);
    }

    #[test]
    fn trials_with_one_cosine_are_never_parted() {
        let trials = [trial(0.5, true, true), trial(0.5, false, false), trial(0.5, false, false)];
        assert_eq!(best_cut(&trials), Calibration { cut: None, f1: 0.5 });
        assert_eq!(best_cut(&[]), Calibration { cut: None, f1: 0.0 });
    }

    #[test]
    fn the_shipped_set_has_three_paraphrases_for_each_question_and_others_that_ask_none() {
        let set = Set::shipped();
        assert!(set.saved.len() >= 25);
        for position in 0..set.saved.len() {
            assert_eq!(
                set.messages.iter().filter(|(_, asked)| *asked == Some(position)).count(),
                3,
                "{}",
                set.saved[position]
            );
        }
        assert!(set.messages.iter().filter(|(_, asked)| asked.is_none()).count() >= 25);
    }
}
