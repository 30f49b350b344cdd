//! Vectors in eight bits a number: each is scaled so that its largest number is 127. The largest error of a number is half a step;
//! over hundreds of numbers the errors nearly cancel out, so a cosine is off by far less than two steps.

use multiversion::multiversion;

/// Largest level of a stored number.
const ROW_MAX: f32 = 127.0;
/// Largest level of a number of a query, which costs no memory.
const QUERY_MAX: f32 = 2047.0;

/// A vector as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Each an `i8`, as the bytes that it has.
    pub levels: Vec<u8>,
    /// How much one level is of the vector at length 1.
    pub step: f32,
}

/// A vector as it is compared with stored ones.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    pub levels: Vec<i16>,
    pub step: f32,
}

/// Not a normal number if the vector is zero, or has an infinite number or none.
pub fn length(vector: &[f32]) -> f64 {
    vector.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>().sqrt()
}

/// The numbers as multiples of a step, at most `max` of them, and the step.
fn scaled(vector: &[f32], max: f32) -> Option<(impl Iterator<Item = f32>, f32)> {
    let length = length(vector);
    let largest = vector.iter().fold(0.0f32, |largest, x| largest.max(x.abs()));
    let factor = max / largest;
    let usable = length.is_normal() && factor.is_normal();
    usable.then(|| (vector.iter().map(move |x| (x * factor).round()), (f64::from(largest / max) / length) as f32))
}

impl Row {
    /// `None` if the vector has no direction.
    pub fn of(vector: &[f32]) -> Option<Self> {
        let (levels, step) = scaled(vector, ROW_MAX)?;
        Some(Self { levels: levels.map(|x| (x as i8).cast_unsigned()).collect(), step })
    }
}

impl Query {
    /// `None` if the vector has no direction.
    pub fn of(vector: &[f32]) -> Option<Self> {
        // the sum of all products must fit into 32 bits
        let fits = (i32::MAX / 128) as f32 / vector.len().max(1) as f32;
        let (levels, step) = scaled(vector, QUERY_MAX.min(fits.floor()))?;
        Some(Self { levels: levels.map(|x| x as i16).collect(), step })
    }
}

/// The dot products of a query with those rows that are wanted; `rows` are as long as the query, one after the other. The rest of
/// `found` stays as it is. Compiled once more for processors with AVX2, of which the one in use is chosen when it runs.
#[multiversion(targets("x86_64+avx2"))]
pub fn products(rows: &[u8], query: &[i16], wanted: &[bool], found: &mut [i32]) {
    for ((row, wanted), found) in rows.chunks_exact(query.len()).zip(wanted).zip(found) {
        if *wanted {
            *found = row.iter().zip(query).map(|(x, y)| i32::from(x.cast_signed()) * i32::from(*y)).sum();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cosine(a: &[f32], b: &[f32]) -> f64 {
        let dot: f64 = a.iter().zip(b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum();
        dot / length(a) / length(b)
    }

    fn approximate(row: &Row, query: &Query) -> f64 {
        let mut product = [0];
        products(&row.levels, &query.levels, &[true], &mut product);
        f64::from(product[0]) * f64::from(row.step) * f64::from(query.step)
    }

    #[test]
    fn what_has_no_direction_is_refused() {
        let unusable: [&[f32]; 6] =
            [&[], &[0.0, 0.0], &[1.0, f32::NAN], &[f32::INFINITY, 1.0], &[f32::NEG_INFINITY], &[1e-45, 0.0]];
        for vector in unusable {
            assert!(Row::of(vector).is_none() && Query::of(vector).is_none(), "{vector:?}");
        }
        assert_eq!(Row::of(&[f32::MAX, -f32::MAX]).unwrap().levels, [127, 129]);
        assert_eq!(Row::of(&[0.0, -2.0]).unwrap(), Row { levels: vec![0, 129], step: 1.0 / 127.0 });
    }

    #[test]
    fn the_largest_products_fit() {
        for dimension in [1, 1536, 16_384, 100_000] {
            let (row, query) = (Row::of(&vec![1.0; dimension]).unwrap(), Query::of(&vec![1.0; dimension]).unwrap());
            assert!((approximate(&row, &query) - 1.0).abs() < 1e-3, "{dimension}");
            let opposite = Query::of(&vec![-1.0; dimension]).unwrap();
            assert!((approximate(&row, &opposite) + 1.0).abs() < 1e-3, "{dimension}");
        }
    }

    #[test]
    fn only_wanted_rows_are_multiplied() {
        let mut found = [7, 7, 7];
        products(&[1, 2, 3, 4, 5, 6], &[10, 1], &[true, false, true], &mut found);
        assert_eq!(found, [12, 7, 56]);
    }

    proptest! {
        #[test]
        fn cosines_are_right_within_two_steps(
            (a, b) in (1usize..200).prop_flat_map(|n| {
                let vector = || proptest::collection::vec(-1.0f32..1.0, n);
                (vector(), vector())
            }),
        ) {
            if let (Some(row), Some(query)) = (Row::of(&a), Query::of(&b)) {
                let error = (approximate(&row, &query) - cosine(&a, &b)).abs();
                prop_assert!(error <= 2.0 * f64::from(row.step) + 1e-3, "{error} of {}", row.step);
            }
        }
    }
}
