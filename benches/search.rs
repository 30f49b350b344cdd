//! How long a search takes among 100,000 chunks of 1536 numbers, and what they cost in memory:
//! `cargo bench --bench search`. Aims: at most 15 ms on one core, at most 160 MB, recall@10 at least 0.99.
#![allow(clippy::expect_used, clippy::print_stdout, reason = "a bench is a report")]

use std::collections::HashSet;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use greenroom::search::embedded::Embedded;
use greenroom::search::{Entry, Owners, Scope, cosine};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

const CHUNKS: i64 = 100_000;
const DIMENSION: usize = 1536;
/// Chunks of one résumé, and résumés of one user.
const SHARES: (i64, i64) = (5, 10);
/// Groups of texts that say much the same.
const GROUPS: i64 = 500;
const QUERIES: u64 = 20;

/// Normally distributed, about.
fn normal(random: &mut StdRng) -> f32 {
    (0..4).map(|_| random.random::<f32>()).sum::<f32>() - 2.0
}

/// A vector of a group in the one cone in which models put all texts.
fn vector(random: &mut StdRng, group: i64) -> Vec<f32> {
    let (mut cone, mut centre) = (StdRng::seed_from_u64(0), StdRng::seed_from_u64(1 + group.unsigned_abs()));
    (0..DIMENSION).map(|_| normal(&mut cone) + normal(&mut centre) * 0.6 + normal(random) * 0.4).collect()
}

fn chunk(number: i64) -> Entry {
    let mut random = StdRng::seed_from_u64(1_000_000 + number.unsigned_abs());
    let upload = number / SHARES.0;
    let vector = vector(&mut random, upload % GROUPS);
    Entry { chunk: number, job: upload, user: upload / SHARES.1, upload, vector }
}

fn query(number: u64) -> Vec<f32> {
    vector(&mut StdRng::seed_from_u64(9_000_000 + number), number.cast_signed())
}

fn resident_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap_or(f64::NAN) * 1024.0 / 1e6
}

/// The uploads of the ten nearest résumés of each query, found without short cuts.
fn exact(queries: &[Vec<f32>]) -> Vec<HashSet<i64>> {
    let mut best: Vec<Vec<(f64, i64)>> = vec![Vec::new(); queries.len()];
    for number in 0..CHUNKS {
        let entry = chunk(number);
        for (query, best) in queries.iter().zip(&mut best) {
            best.push((cosine(query, &entry.vector), entry.upload));
        }
    }
    let top = |mut all: Vec<(f64, i64)>| {
        all.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut uploads = HashSet::new();
        for (_, upload) in all {
            if uploads.len() < 10 {
                uploads.insert(upload);
            }
        }
        uploads
    };
    best.into_iter().map(top).collect()
}

fn report_recall(index: &Embedded, everybody: &Scope) {
    let queries: Vec<Vec<f32>> = (0..QUERIES).map(query).collect();
    let (mut found, mut proposed) = (0, 0);
    for (query, wanted) in queries.iter().zip(exact(&queries)) {
        let chunks = index.nearest_now(query, everybody, 10);
        proposed += chunks.len();
        let uploads: HashSet<i64> = chunks.into_iter().map(|chunk| chunk / SHARES.0).collect();
        found += wanted.intersection(&uploads).count();
    }
    let (recall, proposed) = (found as f64 / (10 * QUERIES) as f64, proposed as f64 / QUERIES as f64);
    println!("recall@10               {recall:>10.3} before the exact ranking of {proposed:.0} proposed chunks");
}

fn searches(criterion: &mut Criterion) {
    let index = Embedded::default();
    let before = resident_mb();
    // few at once: what is handed over is not what stays
    for first in (0..CHUNKS).step_by(50) {
        index.insert_now(&(first..first + 50).map(chunk).collect::<Vec<_>>()).expect("memory");
    }
    println!("memory                  {:>10.1} MB for {CHUNKS} chunks of {DIMENSION} numbers", resident_mb() - before);
    let everybody = Scope { owners: Owners::Everybody, upload: None, without: None };
    report_recall(&index, &everybody);
    let query = query(7);
    criterion.bench_function("among all chunks", |bencher| {
        bencher.iter(|| index.nearest_now(&query, &everybody, 10));
    });
    let own = Scope { owners: Owners::These(HashSet::from([7])), ..everybody };
    criterion.bench_function("among those of one user", |bencher| {
        bencher.iter(|| index.nearest_now(&query, &own, 10));
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().measurement_time(Duration::from_secs(10)).sample_size(50);
    targets = searches
}
criterion_main!(benches);
