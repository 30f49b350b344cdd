//! The Q&A memory: finds the saved question that a chat message asks, or says that there is none.

use std::collections::HashMap;

use crate::domain::matching::scale::Scale;
use crate::domain::matching::{Traits, exact_key};

/// A question to be found again.
#[derive(Clone, Debug, PartialEq)]
pub struct SavedQuestion {
    pub id: i64,
    pub question: String,
    pub answer: String,
    /// From [`crate::ai::Embedder::embed_saved`] of the embedder that embeds the messages. Need not have length 1. Empty if there is
    /// none: then only the exact wording finds the question.
    pub embedding: Vec<f32>,
}

/// The questions of one conversation, laid out for search. Immutable: sessions share it without a lock.
#[derive(Debug, PartialEq)]
pub struct Matcher {
    saved: Vec<Entry>,
    exact: HashMap<String, usize>,
    dimension: usize,
    /// One row of `dimension` floats a question, each of length 1, or zero if the question has no embedding of this dimension.
    rows: Vec<f32>,
    scale: Scale,
    threshold: f32,
}

#[derive(Debug, PartialEq)]
struct Entry {
    id: i64,
    question: String,
    answer: String,
    traits: Traits,
}

/// A message that resembles an excluded question much more than any other is a variant of that one, and asks none of the others: the
/// best must reach this share of the cosine of the excluded.
const NEAR_EXCLUDED: f32 = 0.8;

/// Positions of the best two questions that no guard excludes, and the highest cosine among those excluded.
struct Top {
    best: Option<usize>,
    second: Option<usize>,
    excluded: f32,
}

/// The question most similar to a message, among those that no guard excludes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate<'a> {
    pub id: i64,
    pub question: &'a str,
    pub answer: &'a str,
    /// On the reported scale; 1 for the exact wording.
    pub similarity: f32,
    /// As the embedder gives it; 1 for the exact wording that was not embedded.
    pub cosine: f32,
}

/// What a message was found to ask.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome<'a> {
    /// None: nothing is saved, or every question is excluded.
    pub candidate: Option<Candidate<'a>>,
    /// Reported similarity of the second best question that no guard excludes.
    pub runner_up: Option<f32>,
    /// What [`Candidate::similarity`] is compared with.
    pub threshold: f32,
}

impl<'a> Outcome<'a> {
    /// The question that the message asks: the candidate, if it is similar enough (`from_qa`).
    pub fn matched(&self) -> Option<Candidate<'a>> {
        self.candidate.filter(|candidate| candidate.similarity >= self.threshold)
    }
}

impl Matcher {
    /// Of saved questions with the same wording the first is found. `threshold` is on the reported scale.
    pub fn new(saved: Vec<SavedQuestion>, scale: Scale, threshold: f32) -> Self {
        let dimension = saved.iter().map(|question| question.embedding.len()).find(|length| *length > 0).unwrap_or(0);
        let mut rows = vec![0.0; saved.len() * dimension];
        let mut exact = HashMap::with_capacity(saved.len());
        let mut entries = Vec::with_capacity(saved.len());
        for (i, saved) in saved.into_iter().enumerate() {
            if dimension > 0 && saved.embedding.len() == dimension {
                write_row(&mut rows[i * dimension..(i + 1) * dimension], &saved.embedding);
            }
            exact.entry(exact_key(&saved.question)).or_insert(i);
            let traits = Traits::of(&saved.question);
            entries.push(Entry { id: saved.id, question: saved.question, answer: saved.answer, traits });
        }
        exact.remove("");
        Self { saved: entries, exact, dimension, rows, scale, threshold }
    }

    pub fn len(&self) -> usize {
        self.saved.len()
    }

    pub fn is_empty(&self) -> bool {
        self.saved.is_empty()
    }

    /// What it takes in memory, about.
    pub fn bytes(&self) -> usize {
        let entry = |entry: &Entry| entry.question.len() + entry.answer.len() + entry.traits.bytes();
        let key = |key: &String| size_of::<(String, usize)>() + key.len();
        size_of_val(&*self.saved)
            + size_of_val(&*self.rows)
            + self.saved.iter().map(entry).sum::<usize>()
            + self.exact.keys().map(key).sum::<usize>()
    }

    /// What `query` asks. An embedding of another dimension than the saved ones (another model's) finds only the exact wording.
    pub fn best(&self, query: &str, query_embedding: &[f32]) -> Outcome<'_> {
        let cosines = self.cosines(query_embedding);
        let exact = self.exact.get(&exact_key(query)).copied();
        let top = self.top_two(&Traits::of(query), &cosines, exact);
        let candidate =
            top.best.filter(|i| exact == Some(*i) || cosines[*i] >= NEAR_EXCLUDED * top.excluded).map(|i| {
                let similarity = if exact == Some(i) { 1.0 } else { self.scale.similarity(cosines[i]) };
                self.candidate(i, similarity, cosines[i])
            });
        Outcome {
            candidate,
            runner_up: top.second.map(|i| self.scale.similarity(cosines[i])),
            threshold: self.threshold,
        }
    }

    /// What `query` asks if it has the wording of a saved question: the vector of that one stands for its own.
    pub fn exact(&self, query: &str) -> Option<Outcome<'_>> {
        let i = *self.exact.get(&exact_key(query))?;
        let row = self.rows.get(i * self.dimension..(i + 1) * self.dimension).unwrap_or_default();
        let cosines = self.cosines(row);
        let top = self.top_two(&Traits::of(query), &cosines, Some(i));
        Some(Outcome {
            candidate: Some(self.candidate(i, 1.0, 1.0)),
            runner_up: top.second.map(|i| self.scale.similarity(cosines[i])),
            threshold: self.threshold,
        })
    }

    fn candidate(&self, i: usize, similarity: f32, cosine: f32) -> Candidate<'_> {
        let Entry { id, question, answer, .. } = &self.saved[i];
        Candidate { id: *id, question, answer, similarity, cosine }
    }

    /// The cosine of each saved question to a message, in the order of saving; 0 where they cannot be compared.
    pub fn cosines(&self, query_embedding: &[f32]) -> Vec<f32> {
        let length = dot(query_embedding, query_embedding).sqrt();
        if query_embedding.len() != self.dimension || self.dimension == 0 || !(length > 0.0 && length.is_finite()) {
            return vec![0.0; self.saved.len()];
        }
        self.rows.chunks_exact(self.dimension).map(|row| dot(row, query_embedding) / length).collect()
    }

    /// The exact question if there is one, and the most similar ones that no guard excludes. Only what would enter is guarded.
    fn top_two(&self, query: &Traits, cosines: &[f32], exact: Option<usize>) -> Top {
        let mut top = Top { best: exact, second: None, excluded: 0.0 };
        for (i, &cosine) in cosines.iter().enumerate() {
            let beats =
                |other: Option<usize>| other.is_none_or(|other| Some(other) != exact && cosine > cosines[other]);
            if Some(i) == exact || !(beats(top.best) || beats(top.second)) {
                continue;
            }
            if self.saved[i].traits.conflict(query).is_some() {
                top.excluded = top.excluded.max(cosine);
            } else if beats(top.best) {
                (top.best, top.second) = (Some(i), top.best);
            } else {
                top.second = Some(i);
            }
        }
        top
    }
}

fn write_row(row: &mut [f32], embedding: &[f32]) {
    let length = dot(embedding, embedding).sqrt();
    if length > 0.0 && length.is_finite() {
        row.iter_mut().zip(embedding).for_each(|(x, e)| *x = e / length);
    }
}

/// Sixteen sums at once, which the compiler keeps in vector registers. The order of addition is fixed.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    const LANES: usize = 16;
    let (a_chunks, b_chunks) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f32 = a_chunks.remainder().iter().zip(b_chunks.remainder()).map(|(x, y)| x * y).sum();
    let mut sums = [0.0f32; LANES];
    for (x, y) in a_chunks.zip(b_chunks) {
        for lane in 0..LANES {
            sums[lane] += x[lane] * y[lane];
        }
    }
    sums.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn saved(id: i64, question: &str, embedding: &[f32]) -> SavedQuestion {
        SavedQuestion { id, question: question.into(), answer: format!("answer {id}"), embedding: embedding.to_vec() }
    }

    fn matcher(saved: Vec<SavedQuestion>) -> Matcher {
        Matcher::new(saved, Scale::PLAIN, 0.75)
    }

    fn two() -> Matcher {
        matcher(vec![saved(7, "Why Rust?", &[1.0, 0.0]), saved(8, "Where do you live?", &[0.0, 2.0])])
    }

    #[test]
    fn the_most_similar_question_above_the_threshold_is_matched() {
        let matcher = two();
        let outcome = matcher.best("reasons to like crabs", &[0.9, 0.1]);
        let found = outcome.matched().unwrap();
        assert_eq!((found.id, found.question, found.answer), (7, "Why Rust?", "answer 7"));
        assert!((found.cosine - 0.9939).abs() < 1e-4 && found.similarity == found.cosine);
        assert!((outcome.runner_up.unwrap() - 0.1104).abs() < 1e-4);
    }

    #[test]
    fn below_the_threshold_there_is_a_candidate_but_no_match() {
        let matcher = two();
        let outcome = matcher.best("something else", &[0.5, 0.5]);
        assert!(outcome.candidate.is_some() && outcome.matched().is_none());
        assert_eq!(outcome.threshold, 0.75);
    }

    #[test]
    fn the_exact_wording_wins_over_any_embedding() {
        let matcher = two();
        let found = matcher.best("  WHERE do you   live", &[1.0, 0.0]).matched().unwrap();
        assert_eq!((found.id, found.similarity, found.cosine), (8, 1.0, 0.0));
    }

    #[test]
    fn the_exact_wording_needs_no_embedding() {
        let matcher = matcher(vec![saved(7, "Why Rust?", &[1.0, 0.0]), saved(8, "Why Go?", &[0.6, 0.8])]);
        let outcome = matcher.exact("why  RUST").unwrap();
        let found = outcome.matched().unwrap();
        assert_eq!((found.id, found.similarity, found.cosine), (7, 1.0, 1.0));
        // another technology is no runner-up
        assert_eq!(outcome.runner_up, None);
        assert_eq!(two().exact("Where do you live?").unwrap().runner_up, Some(0.0));
        assert!(matcher.exact("rust, why").is_none() && matcher.exact("?").is_none());
    }

    #[test]
    fn of_two_equal_wordings_the_first_saved_is_found() {
        let matcher = matcher(vec![saved(1, "Why us?", &[0.0, 1.0]), saved(2, "why us", &[1.0, 0.0])]);
        assert_eq!(matcher.best("Why us??", &[1.0, 0.0]).matched().unwrap().id, 1);
    }

    #[test]
    fn an_excluded_question_gives_way_only_to_one_about_as_similar() {
        let questions = |second: &[f32]| {
            vec![saved(1, "Have you led 5 people?", &[1.0, 0.0]), saved(2, "Have you led people?", second)]
        };
        let near = matcher(questions(&[0.9, 0.4359]));
        assert_eq!(near.best("have you led 50 people", &[1.0, 0.0]).matched().unwrap().id, 2);
        let far = matcher(questions(&[0.76, 0.65]));
        assert_eq!(far.best("have you led 50 people", &[1.0, 0.0]).candidate, None);
    }

    #[test]
    fn the_scale_of_the_embedder_decides_what_is_reported() {
        let matcher = Matcher::new(vec![saved(1, "Why us?", &[1.0, 0.0])], Scale::with_cut(0.3), 0.75);
        let found = matcher.best("what draws you here", &[0.3001, 0.9539]).matched().unwrap();
        assert!(found.similarity >= 0.75 && found.cosine < 0.301);
        assert_eq!(matcher.best("what draws you here", &[0.29, 0.957]).matched(), None);
    }

    #[test]
    fn embeddings_of_another_dimension_find_only_the_exact_wording() {
        let matcher = two();
        assert_eq!(matcher.best("why rust", &[1.0, 0.0, 0.0]).matched().unwrap().id, 7);
        assert_eq!(matcher.best("rust, why", &[1.0, 0.0, 0.0]).matched(), None);
    }

    #[test]
    fn many_short_words_take_more_than_their_letters() {
        let words = |count: usize| (0..count).map(|n| format!("w{n} ")).collect::<String>();
        let size = |question: &str| matcher(vec![saved(1, question, &[1.0, 0.0])]).bytes();
        assert!(size(&words(300)) - size(&words(200)) > 100 * 100);
        assert_eq!(size("Why us?") + 4000, matcher(vec![saved(1, "Why us?", &[1.0; 1002])]).bytes());
    }

    #[test]
    fn nothing_is_found_among_nothing() {
        let matcher = matcher(Vec::new());
        let outcome = matcher.best("", &[]);
        assert!(matcher.is_empty() && outcome.candidate.is_none() && outcome.runner_up.is_none());
    }

    #[test]
    fn the_lanes_add_up_to_the_plain_dot_product() {
        let a: Vec<f32> = (0..37).map(|i| i as f32).collect();
        assert_eq!(dot(&a, &a), (0..37).map(|i| (i * i) as f32).sum::<f32>());
    }

    proptest! {
        #[test]
        fn best_never_panics_and_the_runner_up_is_not_better(
            questions in proptest::collection::vec(("[a-zA-Z0-9 ]{0,20}", proptest::collection::vec(-1.0f32..1.0, 0..5)), 0..8),
            query in "\\PC{0,20}",
            embedding in proptest::collection::vec(-1.0f32..1.0, 0..5),
        ) {
            let saved = questions.iter().zip(0..).map(|((question, embedding), id)| saved(id, question, embedding)).collect();
            let matcher = matcher(saved);
            let outcome = matcher.best(&query, &embedding);
            if let (Some(best), Some(second)) = (outcome.candidate, outcome.runner_up) {
                prop_assert!(best.similarity >= second);
            }
        }
    }
}
