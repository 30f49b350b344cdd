//! The guard on numbers: "a team of 5" is not "a team of 50", and 2 weeks are not 2 days.

use super::words::Word;

/// What a number counts, as far as it can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// The value is in hours.
    Time,
    Percent,
    /// Any currency: amounts in different ones are not converted.
    Money,
    /// The value is in bytes.
    Bytes,
    /// The value is in metres.
    Length,
    /// The value is in kilograms.
    Mass,
}

/// A number that a text names, in the base unit of its kind. Without a kind: people, rows, requests, or nothing said.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantity {
    pub value: f64,
    pub unit: Option<Unit>,
}

impl Quantity {
    /// The same value, within rounding of unit conversion (a month is a twelfth of a year), of the same kind if both have one.
    fn agrees(&self, other: &Quantity) -> bool {
        let same_kind = self.unit == other.unit || self.unit.is_none() || other.unit.is_none();
        same_kind && (self.value - other.value).abs() <= 0.021 * self.value.abs().max(other.value.abs())
    }
}

/// Both have numbers, and neither side's are all among the other's.
pub fn conflict(a: &[Quantity], b: &[Quantity]) -> bool {
    !a.is_empty() && !b.is_empty() && !all_among(a, b) && !all_among(b, a)
}

fn all_among(some: &[Quantity], others: &[Quantity]) -> bool {
    some.iter().all(|quantity| others.iter().any(|other| quantity.agrees(other)))
}

/// The numbers of a text: digits (also `10k`, `1.5m`), number words from two on, a dozen, a fortnight. "One" is too often a pronoun to count;
/// digits inside a name (`k8s`, `B2B`) are no number.
pub fn quantities(words: &[Word]) -> Vec<Quantity> {
    let mut found = Vec::new();
    let mut i = 0;
    while i < words.len() {
        let rest: Vec<&str> = words[i..].iter().take(9).map(|word| word.text.as_str()).collect();
        match quantity(&rest, i.checked_sub(1).map(|before| words[before].text.as_str())) {
            Some((quantity, used)) => {
                found.push(quantity);
                i += used;
            }
            None => i += 1,
        }
    }
    found
}

/// The quantity at the beginning of `rest`, and how many words it takes.
fn quantity(rest: &[&str], before: Option<&str>) -> Option<(Quantity, usize)> {
    if *rest.first()? == "fortnight" {
        return Some((Quantity { value: 14.0 * DAY, unit: Some(Unit::Time) }, 1));
    }
    if ["24 7", "9 to 5", "365 24 7"].iter().any(|idiom| rest.join(" ").starts_with(idiom)) {
        return None;
    }
    let (value, used) = written_number(rest)?;
    if let Some((factor, unit)) = rest.get(used).and_then(|word| unit_of(word)) {
        return Some((Quantity { value: value * factor, unit: Some(unit) }, used + 1));
    }
    let unit = before.filter(|sign| matches!(*sign, "$" | "€" | "£" | "¥")).map(|_| Unit::Money);
    if let Some((base, factor, kind)) = glued(rest[0]).filter(|_| used == 1 && unit.is_none()) {
        return Some((Quantity { value: base * factor, unit: Some(kind) }, 1));
    }
    Some((Quantity { value, unit }, used))
}

const DAY: f64 = 24.0;
const YEAR: f64 = 365.0 * DAY;

fn unit_of(word: &str) -> Option<(f64, Unit)> {
    let singular = if word == "ms" { word } else { word.strip_suffix('s').unwrap_or(word) };
    Some(match singular {
        "millisecond" | "ms" => (1.0 / 3_600_000.0, Unit::Time),
        "second" | "sec" => (1.0 / 3600.0, Unit::Time),
        "minute" | "min" => (1.0 / 60.0, Unit::Time),
        "hour" | "hr" | "h" => (1.0, Unit::Time),
        "day" => (DAY, Unit::Time),
        "week" | "wk" => (7.0 * DAY, Unit::Time),
        "fortnight" => (14.0 * DAY, Unit::Time),
        "month" | "mth" => (YEAR / 12.0, Unit::Time),
        "quarter" => (YEAR / 4.0, Unit::Time),
        "year" | "yr" => (YEAR, Unit::Time),
        "decade" => (10.0 * YEAR, Unit::Time),
        "%" | "percent" | "pct" => (1.0, Unit::Percent),
        "$" | "€" | "£" | "¥" | "dollar" | "euro" | "pound" | "usd" | "eur" | "gbp" | "buck" | "yen" | "franc" => {
            (1.0, Unit::Money)
        }
        "kb" | "kilobyte" => (1e3, Unit::Bytes),
        "mb" | "megabyte" => (1e6, Unit::Bytes),
        "gb" | "gigabyte" | "gig" => (1e9, Unit::Bytes),
        "tb" | "terabyte" => (1e12, Unit::Bytes),
        "km" | "kilometre" | "kilometer" => (1e3, Unit::Length),
        "metre" | "meter" => (1.0, Unit::Length),
        "mile" => (1609.3, Unit::Length),
        "kg" | "kilo" | "kilogram" => (1.0, Unit::Mass),
        "ton" | "tonne" => (1e3, Unit::Mass),
        _ => return None,
    })
}

/// A number with its unit in one word: `2h`, `50ms`, `10gb`. (`k` and `m` alone multiply.)
fn glued(word: &str) -> Option<(f64, f64, Unit)> {
    let (number, suffix) = digits_and_suffix(word)?;
    let (factor, unit) = unit_of(suffix)?;
    Some((number, factor, unit))
}

fn digits_and_suffix(word: &str) -> Option<(f64, &str)> {
    let end = word.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(word.len());
    Some((word[..end].parse().ok()?, &word[end..]))
}

/// A number in digits or words at the beginning of `rest`: its value, and how many words it takes.
fn written_number(rest: &[&str]) -> Option<(f64, usize)> {
    let (mut value, mut used) = match digits(rest[0]) {
        Some(value) => (value, 1),
        None => small_number(rest)?,
    };
    while let Some(factor) = rest.get(used).and_then(|word| multiplier(word)) {
        value *= factor;
        used += 1;
        let and = usize::from(rest.get(used) == Some(&"and"));
        if let Some((more, words)) = rest
            .get(used + and..)
            .filter(|tail| !tail.is_empty())
            .and_then(small_number)
            .filter(|(more, _)| *more < factor)
        {
            value += more;
            used += and + words;
        }
    }
    Some((value, used))
}

/// `5`, `10000`, `1.5`, `10k`, `2m`, `5th`; a unit glued to it is left to [`glued`].
fn digits(word: &str) -> Option<f64> {
    let (value, suffix) = digits_and_suffix(word)?;
    match suffix {
        "" | "th" | "st" | "nd" | "rd" | "x" => Some(value),
        "k" => Some(value * 1e3),
        "m" | "mio" | "mn" => Some(value * 1e6),
        "bn" | "b" => Some(value * 1e9),
        _ => unit_of(suffix).map(|_| value),
    }
}

/// Two to ninety-nine in words, and bare hundred, thousand, dozen.
fn small_number(rest: &[&str]) -> Option<(f64, usize)> {
    let first = rest.first()?;
    if let Some(tens) = TENS.iter().position(|word| word == first) {
        let tens = 20.0 + 10.0 * tens as f64;
        let unit =
            rest.get(1).and_then(|word| if *word == "one" { Some(1.0) } else { simple(word).filter(|n| *n < 10.0) });
        return Some(unit.map_or((tens, 1), |unit| (tens + unit, 2)));
    }
    if let Some(value) = simple(first) {
        return Some((value, 1));
    }
    if *first == "one" && rest.get(1).is_some_and(|word| multiplier(word).is_some() || unit_of(word).is_some()) {
        return Some((1.0, 1));
    }
    multiplier(first).filter(|_| !first.ends_with('s')).map(|value| (value, 1))
}

fn simple(word: &str) -> Option<f64> {
    SIMPLE.iter().position(|simple| *simple == word).map(|i| 2.0 + i as f64)
}

const SIMPLE: [&str; 18] = [
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 8] = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];

fn multiplier(word: &str) -> Option<f64> {
    Some(match word {
        "dozen" => 12.0,
        "hundred" => 100.0,
        "thousand" | "grand" => 1e3,
        "million" => 1e6,
        "billion" => 1e9,
        _ => return None,
    })
}

/// A number word, two to nineteen or a multiple of ten, in digits.
pub fn in_digits(word: &str) -> Option<String> {
    let tens = || TENS.iter().position(|tens| *tens == word).map(|i| 20 + 10 * i);
    SIMPLE.iter().position(|simple| *simple == word).map(|i| i + 2).or_else(tens).map(|value| value.to_string())
}
