//! From weighted features to a dense vector of length 1.

use super::features::Features;

/// Floats for stems and concepts, and for character n-grams.
const MEANING: usize = 1024;
const SPELLING: usize = 512;
pub const DIMENSION: usize = MEANING + SPELLING;

/// Squared length that the spelling part has when the meaning part has 1.
pub const SPELLING_SHARE: f32 = 0.45;

/// Each feature goes to this many places with a sign of its own, so that two features that meet in one place differ in the others.
const PLACES: usize = 4;

/// A text lighter than this is mostly frame words: what is missing goes to a direction of its own, away from everything else.
const FULL_WEIGHT: f32 = 0.6;

pub fn build(features: &Features) -> Vec<f32> {
    let weight: f32 = features.meaning.iter().map(|(_, weight)| weight * weight).sum();
    let told = (weight / (FULL_WEIGHT * FULL_WEIGHT)).min(1.0);
    let mut vector = vec![0.0; DIMENSION];
    let (meaning, spelling) = vector.split_at_mut(MEANING);
    scatter(meaning, &features.meaning);
    scale_to(meaning, told);
    scatter(spelling, &features.spelling);
    scale_to(spelling, told * SPELLING_SHARE);
    if told < 1.0 {
        let missing = (1.0 - told) * (1.0 + SPELLING_SHARE) / PLACES as f32;
        scatter(meaning, &[(features.whole, missing.sqrt())]);
    }
    normalised(vector)
}

fn scatter(part: &mut [f32], features: &[(u64, f32)]) {
    for &(feature, weight) in features {
        let mut hash = feature;
        for _ in 0..PLACES {
            hash = mix(hash);
            let sign = if hash & 1 == 0 { weight } else { -weight };
            part[(hash >> 32) as usize % part.len()] += sign;
        }
    }
}

/// Scales to the squared length `square`; a zero vector stays.
fn scale_to(part: &mut [f32], square: f32) {
    let length: f32 = part.iter().map(|x| x * x).sum();
    if length > 0.0 {
        let factor = (square / length).sqrt();
        part.iter_mut().for_each(|x| *x *= factor);
    }
}

/// The vector at length 1.
pub fn normalised(mut vector: Vec<f32>) -> Vec<f32> {
    scale_to(&mut vector, 1.0);
    vector
}

/// SplitMix64 (Steele, Lea, Flood 2014): spreads a feature's number over all bits.
pub fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// FNV-1a: the number of a name.
pub fn fnv(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
