use std::collections::BTreeMap;

use proptest::prelude::*;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use super::super::{Owners, cosine};
use super::*;

const EVERYBODY: Scope = Scope { owners: Owners::Everybody, upload: None, without: None };

/// A résumé of one chunk: its number is that of chunk, job and upload; ten users own all.
fn entry(number: i64, vector: &[f32]) -> Entry {
    Entry { chunk: number, job: number, user: number % 10, upload: number, vector: vector.to_vec() }
}

fn filled(vectors: &[Vec<f32>]) -> Embedded {
    let index = Embedded::default();
    let entries: Vec<Entry> = vectors.iter().zip(0..).map(|(vector, number)| entry(number, vector)).collect();
    index.insert_now(&entries).unwrap();
    index
}

/// The numbers of the nearest vectors, found without short cuts.
fn exact(vectors: &[Vec<f32>], query: &[f32], limit: usize) -> Vec<i64> {
    let mut all: Vec<(f64, i64)> = vectors.iter().zip(0..).map(|(vector, n)| (cosine(vector, query), n)).collect();
    all.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    all.truncate(limit);
    all.into_iter().map(|(_, number)| number).collect()
}

/// Of the nearest ten of each query, the share that the index proposes; and the most that it proposes.
fn recall(vectors: &[Vec<f32>], queries: &[Vec<f32>]) -> (f64, usize) {
    let index = filled(vectors);
    let (mut found, mut wanted, mut most) = (0, 0, 0);
    for query in queries {
        let proposed = index.nearest_now(query, &EVERYBODY, 10);
        most = most.max(proposed.len());
        let best = exact(vectors, query, 10);
        wanted += best.len();
        found += best.iter().filter(|number| proposed.contains(number)).count();
    }
    (found as f64 / wanted as f64, most)
}

/// Normally distributed, about (Irwin–Hall).
fn normal(random: &mut StdRng) -> f32 {
    (0..6).map(|_| random.random::<f32>()).sum::<f32>() - 3.0
}

fn vector(random: &mut StdRng, dimension: usize) -> Vec<f32> {
    (0..dimension).map(|_| normal(random)).collect()
}

fn near(random: &mut StdRng, centre: &[f32], distance: f32) -> Vec<f32> {
    centre.iter().map(|x| x + distance * normal(random)).collect()
}

#[test]
fn of_random_vectors_what_an_exact_search_finds_is_proposed() {
    let mut random = StdRng::seed_from_u64(1);
    let vectors: Vec<_> = (0..3000).map(|_| vector(&mut random, 192)).collect();
    let queries: Vec<_> = (0..30).map(|_| vector(&mut random, 192)).collect();
    let (recall, most) = recall(&vectors, &queries);
    assert!(recall >= 0.99, "{recall}");
    assert!(most <= 336, "{most} of 3000 were proposed");
}

#[test]
fn of_crowded_vectors_what_an_exact_search_finds_is_proposed() {
    // as embedding models give them: all in one cone, in groups that say nearly the same
    let mut random = StdRng::seed_from_u64(2);
    let cone = vector(&mut random, 192);
    let groups: Vec<_> = (0..60).map(|_| near(&mut random, &cone, 0.5)).collect();
    let vectors: Vec<_> = (0..3000).map(|i| near(&mut random, &groups[i % 60], 0.15)).collect();
    let queries: Vec<_> = groups.iter().take(30).map(|group| near(&mut random, group, 0.2)).collect();
    let (recall, _) = recall(&vectors, &queries);
    assert!(recall >= 0.99, "{recall}");
}

#[test]
fn of_sparse_vectors_with_spikes_what_an_exact_search_finds_is_proposed() {
    let mut random = StdRng::seed_from_u64(3);
    let mut sparse = || {
        let mut vector = vec![0.0; 192];
        for _ in 0..12 {
            let size = if random.random_bool(0.1) { 20.0 } else { 1.0 };
            vector[random.random_range(0..192)] += size * normal(&mut random);
        }
        vector
    };
    let vectors: Vec<_> = (0..3000).map(|_| sparse()).collect();
    let queries: Vec<_> = (0..30).map(|_| sparse()).collect();
    let (recall, _) = recall(&vectors, &queries);
    assert!(recall >= 0.99, "{recall}");
}

#[test]
fn a_resume_is_proposed_by_its_best_chunk() {
    let index = Embedded::default();
    let chunk = |chunk, job, upload, vector: [f32; 2]| Entry { chunk, job, user: 1, upload, vector: vector.to_vec() };
    index
        .insert_now(&[
            chunk(1, 1, 1, [1.0, 0.0]),
            chunk(2, 1, 1, [0.7, 0.7]),
            // another analysis of the same upload
            chunk(3, 2, 1, [0.9, 0.3]),
            chunk(4, 3, 2, [0.0, 1.0]),
        ])
        .unwrap();
    assert_eq!(index.nearest_now(&[1.0, 0.0], &EVERYBODY, 10), [1, 4]);
    assert_eq!(index.nearest_now(&[1.0, 0.0], &EVERYBODY, 1), [1]);
    assert!(index.nearest_now(&[1.0, 0.0], &EVERYBODY, 0).is_empty());
}

#[test]
fn what_is_out_of_scope_takes_nobodys_place() {
    let vectors: Vec<Vec<f32>> = (0u8..200).map(|i| vec![1.0, f32::from(i) / 100.0]).collect();
    let index = filled(&vectors);
    let nearest = |scope: &Scope| {
        let mut found = index.nearest_now(&[1.0, 0.0], scope, 3);
        found.truncate(3);
        found
    };
    assert_eq!(nearest(&EVERYBODY), [0, 1, 2]);
    let of = |users: &[i64]| Owners::These(users.iter().copied().collect());
    assert_eq!(nearest(&Scope { owners: of(&[9]), ..EVERYBODY }), [9, 19, 29]);
    assert_eq!(nearest(&Scope { owners: of(&[9, 8]), without: Some(8), ..EVERYBODY }), [9, 18, 19]);
    assert_eq!(nearest(&Scope { upload: Some(150), ..EVERYBODY }), [150]);
    assert!(nearest(&Scope { owners: of(&[9]), upload: Some(150), ..EVERYBODY }).is_empty());
    assert!(nearest(&Scope { owners: of(&[]), ..EVERYBODY }).is_empty());
}

#[test]
fn vectors_of_other_dimensions_are_not_compared() {
    let index = Embedded::default();
    index.insert_now(&[entry(1, &[1.0, 0.0]), entry(2, &[1.0, 0.0, 0.0])]).unwrap();
    assert_eq!(index.nearest_now(&[1.0, 0.0], &EVERYBODY, 10), [1]);
    assert_eq!(index.nearest_now(&[1.0, 0.0, 0.0], &EVERYBODY, 10), [2]);
    assert!(index.nearest_now(&[1.0], &EVERYBODY, 10).is_empty());
    // the model changed behind its name, and the job was analysed again
    index.insert_now(&[entry(1, &[1.0, 0.0, 0.0])]).unwrap();
    assert!(index.nearest_now(&[1.0, 0.0], &EVERYBODY, 10).is_empty());
}

#[test]
fn vectors_and_queries_without_a_direction_find_nothing() {
    let index = filled(&[vec![0.0, 0.0], vec![f32::NAN, 1.0], vec![f32::INFINITY, 1.0], vec![], vec![1.0, 0.0]]);
    assert_eq!(index.nearest_now(&[1.0, 1.0], &EVERYBODY, 10), [4]);
    for query in [[0.0, 0.0], [f32::NAN, 0.0], [f32::NEG_INFINITY, 0.0]] {
        assert!(index.nearest_now(&query, &EVERYBODY, 10).is_empty());
    }
}

#[tokio::test]
async fn it_knows_its_jobs() {
    let index = filled(&[vec![1.0], vec![2.0, 1.0], vec![0.0]]);
    assert_eq!(index.jobs().await.unwrap(), HashSet::from([0, 1]));
    index.remove(vec![1, 7]).await.unwrap();
    assert_eq!(index.jobs().await.unwrap(), HashSet::from([0]));
    assert_eq!(index.nearest(vec![1.0], EVERYBODY, 10).await.unwrap(), [0]);
}

proptest! {
    /// Whatever came and went, it finds what a plain list finds. Blocks are crossed by jobs of many chunks.
    #[test]
    fn it_is_what_is_left_of_it(steps in proptest::collection::vec((any::<bool>(), 0i64..6, 1usize..700), 1..20)) {
        let index = Embedded::default();
        let mut left: BTreeMap<i64, Vec<Entry>> = BTreeMap::new();
        let mut random = StdRng::seed_from_u64(4);
        for (adds, job, count) in steps {
            if adds {
                let chunks = (0..count as i64).map(|chunk| Entry {
                    chunk: job * 1000 + chunk, job, user: job % 2, upload: job / 2, vector: vector(&mut random, 3),
                });
                let chunks: Vec<Entry> = chunks.collect();
                index.insert_now(&chunks).unwrap();
                left.insert(job, chunks);
            } else {
                index.remove_now(&[job]);
                left.remove(&job);
            }
            let query = vector(&mut random, 3);
            let scope = Scope { owners: Owners::These(HashSet::from([1])), ..EVERYBODY };
            let proposed = index.nearest_now(&query, &scope, 1);
            let inside = left.values().flatten().filter(|entry| entry.user == 1);
            let best = inside.max_by(|a, b| cosine(&a.vector, &query).total_cmp(&cosine(&b.vector, &query)));
            prop_assert_eq!(best.is_none(), proposed.is_empty());
            if let Some(best) = best {
                prop_assert!(proposed.contains(&best.chunk), "{} is not in {:?}", best.chunk, proposed);
            }
        }
    }
}
