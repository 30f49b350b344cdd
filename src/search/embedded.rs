//! The index in memory: every vector in eight bits a number, looked through whole. At the sizes meant here that takes milliseconds,
//! finds what an exact search finds, and adds and deletes without a trace: a graph of neighbours would do neither.

#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};

use futures_util::future::BoxFuture;
#[cfg(target_os = "linux")]
use memmap2::Advice;
use memmap2::MmapMut;

use super::levels::{Query, Row, products};
use super::{Entry, Scope, VectorIndex};
use crate::domain::error::{Error, Result};
use crate::domain::{UploadId, UserId};

/// Rows that are allocated together; few in tests, so that they come to the end of a block.
const BLOCK: usize = if cfg!(test) { 512 } else { 8192 };
/// Steps by which an approximate cosine may be off.
const STEPS: f32 = 2.0;

/// Clones share the vectors.
#[derive(Clone, Debug, Default)]
pub struct Embedded {
    /// By dimension.
    tables: Arc<RwLock<HashMap<usize, Table>>>,
}

/// Of which résumé a row is.
#[derive(Clone, Copy, Debug)]
struct Resume {
    user: UserId,
    upload: UploadId,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    chunk: i64,
    /// Its position among the résumés.
    resume: u32,
    step: f32,
}

/// All rows of one dimension.
#[derive(Debug, Default)]
struct Table {
    dimension: usize,
    /// The levels of the rows, in blocks: growing never copies them.
    blocks: Vec<Block>,
    /// One for each row.
    places: Vec<Place>,
    resumes: Vec<Option<Resume>>,
    vacant: Vec<u32>,
    /// Positions of the jobs among the résumés.
    jobs: HashMap<i64, u32>,
}

/// Room for the levels of [`BLOCK`] rows, which takes memory as it is used.
#[derive(Debug)]
struct Block(MmapMut);

impl Block {
    fn new(dimension: usize) -> Result<Self> {
        let memory = MmapMut::map_anon(BLOCK * dimension)
            .map_err(|error| Error::internal(format!("no memory for vectors: {error}")))?;
        // large pages, where the system has them, let a quarter more bytes a second through; without them it works as well
        #[cfg(target_os = "linux")]
        let _ = memory.advise(Advice::HugePage);
        Ok(Self(memory))
    }

    /// The levels of a row; `row` counts over all blocks.
    fn row(&mut self, row: usize, dimension: usize) -> &mut [u8] {
        let start = row % BLOCK * dimension;
        &mut self.0[start..start + dimension]
    }
}

impl Table {
    fn new(dimension: usize) -> Self {
        Self { dimension, ..Self::default() }
    }

    fn insert(&mut self, entry: &Entry) -> Result<()> {
        let Some(row) = Row::of(&entry.vector) else { return Ok(()) };
        let last = self.places.len();
        if last == self.blocks.len() * BLOCK {
            self.blocks.push(Block::new(self.dimension)?);
        }
        self.blocks[last / BLOCK].row(last, self.dimension).copy_from_slice(&row.levels);
        let resume = self.resume(entry);
        self.places.push(Place { chunk: entry.chunk, resume, step: row.step });
        Ok(())
    }

    /// The position of the entry's résumé.
    fn resume(&mut self, entry: &Entry) -> u32 {
        if let Some(position) = self.jobs.get(&entry.job) {
            return *position;
        }
        let resume = Some(Resume { user: entry.user, upload: entry.upload });
        let position = if let Some(vacant) = self.vacant.pop() {
            self.resumes[vacant as usize] = resume;
            vacant
        } else {
            self.resumes.push(resume);
            (self.resumes.len() - 1) as u32
        };
        self.jobs.insert(entry.job, position);
        position
    }

    fn remove(&mut self, jobs: &[i64]) {
        let gone: HashSet<u32> = jobs.iter().filter_map(|job| self.jobs.remove(job)).collect();
        if gone.is_empty() {
            return;
        }
        let mut row = 0;
        while row < self.places.len() {
            if gone.contains(&self.places[row].resume) {
                self.swap_remove(row);
            } else {
                row += 1;
            }
        }
        for position in gone {
            self.resumes[position as usize] = None;
            self.vacant.push(position);
        }
    }

    /// The last row takes the place of this one.
    fn swap_remove(&mut self, row: usize) {
        let last = self.places.len() - 1;
        let levels = self.blocks[last / BLOCK].row(last, self.dimension).to_vec();
        self.blocks[row / BLOCK].row(row, self.dimension).copy_from_slice(&levels);
        self.places.swap_remove(row);
        self.blocks.truncate(self.places.len().div_ceil(BLOCK));
    }

    /// The cosine of each row to the query, about; of rows out of scope, -∞.
    fn cosines(&self, query: &Query, scope: &Scope) -> Vec<f32> {
        let admits = |resume: &Option<Resume>| resume.is_some_and(|resume| scope.admits(resume.user, resume.upload));
        let admitted: Vec<bool> = self.resumes.iter().map(admits).collect();
        let mut cosines = Vec::with_capacity(self.places.len());
        let (mut wanted, mut found) = (Vec::with_capacity(BLOCK), vec![0; BLOCK]);
        for (block, places) in self.blocks.iter().zip(self.places.chunks(BLOCK)) {
            wanted.clear();
            wanted.extend(places.iter().map(|place| admitted[place.resume as usize]));
            products(&block.0, &query.levels, &wanted, &mut found);
            cosines.extend(places.iter().zip(&wanted).zip(&found).map(|((place, wanted), product)| {
                if *wanted { *product as f32 * place.step * query.step } else { f32::NEG_INFINITY }
            }));
        }
        cosines
    }

    /// The rows that can be the best of one of the `limit` nearest uploads, given by how much cosines may be off.
    fn nearest(&self, query: &Query, scope: &Scope, limit: usize) -> Vec<i64> {
        let cosines = self.cosines(query, scope);
        let rows = || self.places.iter().zip(&cosines).filter(|(_, cosine)| cosine.is_finite());
        let mut least: Vec<f32> = vec![f32::NEG_INFINITY; self.resumes.len()];
        for (place, cosine) in rows() {
            let resume = &mut least[place.resume as usize];
            *resume = resume.max(cosine - STEPS * place.step);
        }
        let uploads = self.by_upload(&least);
        let floor = nth_largest(uploads.values().copied().collect(), limit);
        let reaches = |(place, cosine): &(&Place, &f32)| {
            let most = **cosine + STEPS * place.step;
            let upload = self.resumes[place.resume as usize].and_then(|resume| uploads.get(&resume.upload));
            most >= floor && upload.is_some_and(|least| most >= *least)
        };
        let mut found: Vec<_> = rows().filter(reaches).collect();
        // more are only there if hundreds are as good as equal
        found.sort_unstable_by(|(a, x), (b, y)| y.total_cmp(x).then(b.chunk.cmp(&a.chunk)));
        found.truncate(limit.saturating_mul(8).saturating_add(256));
        found.into_iter().map(|(place, _)| place.chunk).collect()
    }

    /// What the best row of each upload in scope reaches at least, from the same of each résumé.
    fn by_upload(&self, least: &[f32]) -> HashMap<UploadId, f32> {
        let mut uploads = HashMap::with_capacity(least.len());
        for (resume, least) in self.resumes.iter().zip(least).filter(|(_, least)| least.is_finite()) {
            if let Some(resume) = resume {
                let upload = uploads.entry(resume.upload).or_insert(*least);
                *upload = upload.max(*least);
            }
        }
        uploads
    }
}

/// The `n`th largest of the values; -∞ if there are not so many, ∞ if none is asked for.
fn nth_largest(mut values: Vec<f32>, n: usize) -> f32 {
    let Some(nth) = n.checked_sub(1) else { return f32::INFINITY };
    if nth >= values.len() {
        return f32::NEG_INFINITY;
    }
    *values.select_nth_unstable_by(nth, |a, b| b.total_cmp(a)).1
}

impl Embedded {
    /// What [`VectorIndex::insert`] does, at once.
    pub fn insert_now(&self, entries: &[Entry]) -> Result<()> {
        let mut tables = self.tables.write().unwrap_or_else(PoisonError::into_inner);
        let jobs: Vec<i64> = entries.iter().map(|entry| entry.job).collect();
        tables.values_mut().for_each(|table| table.remove(&jobs));
        for entry in entries {
            let dimension = entry.vector.len();
            tables.entry(dimension).or_insert_with(|| Table::new(dimension)).insert(entry)?;
        }
        Ok(())
    }

    /// What [`VectorIndex::nearest`] does, at once.
    pub fn nearest_now(&self, query: &[f32], scope: &Scope, limit: usize) -> Vec<i64> {
        let Some(levels) = Query::of(query) else { return Vec::new() };
        let tables = self.tables.read().unwrap_or_else(PoisonError::into_inner);
        tables.get(&query.len()).map(|table| table.nearest(&levels, scope, limit)).unwrap_or_default()
    }

    fn remove_now(&self, jobs: &[i64]) {
        let mut tables = self.tables.write().unwrap_or_else(PoisonError::into_inner);
        tables.values_mut().for_each(|table| table.remove(jobs));
        tables.retain(|_, table| !table.places.is_empty());
    }

    /// Runs where it keeps no other task from its thread.
    fn beside<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> T + Send + 'static,
    ) -> BoxFuture<'static, Result<T>> {
        let this = self.clone();
        Box::pin(async move {
            let done = tokio::task::spawn_blocking(move || work(&this)).await;
            done.map_err(|error| Error::internal(format!("embedded index: {error}")))
        })
    }
}

impl VectorIndex for Embedded {
    fn name(&self) -> &'static str {
        "embedded"
    }

    fn jobs(&self) -> BoxFuture<'_, Result<HashSet<i64>>> {
        self.beside(|index| {
            let tables = index.tables.read().unwrap_or_else(PoisonError::into_inner);
            tables.values().flat_map(|table| table.jobs.keys().copied()).collect()
        })
    }

    fn insert(&self, entries: Vec<Entry>) -> BoxFuture<'_, Result<()>> {
        let done = self.beside(move |index| index.insert_now(&entries));
        Box::pin(async move { done.await? })
    }

    fn remove(&self, jobs: Vec<i64>) -> BoxFuture<'_, Result<()>> {
        self.beside(move |index| index.remove_now(&jobs))
    }

    fn nearest(&self, query: Vec<f32>, scope: Scope, limit: usize) -> BoxFuture<'_, Result<Vec<i64>>> {
        self.beside(move |index| index.nearest_now(&query, &scope, limit))
    }
}
