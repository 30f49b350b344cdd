//! Cuts a text into overlapping pieces for embedding.

use std::ops::Range;

/// How a text is cut, in Unicode scalar values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkSize {
    /// A chunk has at most this many; at least 1.
    size: usize,
    /// So many (about: words stay whole) are repeated at the beginning of the next chunk.
    overlap: usize,
}

impl ChunkSize {
    /// `None` unless `overlap` < `size`.
    pub fn new(size: usize, overlap: usize) -> Option<Self> {
        (overlap < size).then_some(Self { size, overlap })
    }
}

impl Default for ChunkSize {
    fn default() -> Self {
        Self { size: 1000, overlap: 200 }
    }
}

/// The pieces of a text, in order. Together they hold every word; none begins or ends within one, unless a
/// word is longer than what two chunks share. White space at both ends of a piece is left out.
pub fn chunks(text: &str, how: ChunkSize) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    ranges(&chars, how).into_iter().map(|range| chars[range].iter().collect::<String>().trim_end().to_owned()).collect()
}

fn ranges(chars: &[char], how: ChunkSize) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let mut start = skip_space(chars, 0);
    while start < chars.len() {
        let end = end_of_chunk(chars, start, how);
        ranges.push(start..end);
        if skip_space(chars, end) == chars.len() {
            break;
        }
        start = skip_space(chars, start_of_next(chars, start, end, how));
    }
    ranges
}

/// Past the last word that fits, or wherever the size ends if that word would begin before the middle of what is new.
fn end_of_chunk(chars: &[char], start: usize, how: ChunkSize) -> usize {
    let limit = start + how.size;
    if limit >= chars.len() {
        return chars.len();
    }
    let least = start + how.overlap + (how.size - how.overlap) / 2;
    (least + 1..=limit).rev().find(|&at| is_boundary(chars, at)).unwrap_or(limit)
}

/// The beginning of a word, about `overlap` before the end of the last chunk, and always beyond its start.
fn start_of_next(chars: &[char], start: usize, end: usize, how: ChunkSize) -> usize {
    let wanted = end.saturating_sub(how.overlap).max(start + 1);
    (wanted..=end).find(|&at| is_boundary(chars, at)).unwrap_or(wanted)
}

/// Whether the text may be cut before the character `at`: on either side of white space, and at both ends.
fn is_boundary(chars: &[char], at: usize) -> bool {
    let space = |at: usize| chars.get(at).is_none_or(|c| c.is_whitespace());
    at == 0 || space(at) || space(at - 1)
}

fn skip_space(chars: &[char], from: usize) -> usize {
    from + chars.iter().skip(from).take_while(|c| c.is_whitespace()).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn how(size: usize, overlap: usize) -> ChunkSize {
        ChunkSize::new(size, overlap).unwrap()
    }

    #[test]
    fn a_short_text_is_one_chunk_and_nothing_is_none() {
        assert_eq!(chunks(" A short text.\n", ChunkSize::default()), ["A short text."]);
        assert!(chunks(" \n\n ", ChunkSize::default()).is_empty());
    }

    #[test]
    fn chunks_are_cut_between_words_and_overlap() {
        assert_eq!(
            chunks("one two three four five six seven", how(14, 6)),
            ["one two three", "three four", "four five six", "six seven"]
        );
    }

    #[test]
    fn a_text_without_spaces_is_cut_at_characters() {
        assert_eq!(chunks("日本語の履歴書です", how(4, 1)), ["日本語の", "の履歴書", "書です"]);
    }

    #[test]
    fn an_overlap_as_long_as_the_chunk_is_refused() {
        assert_eq!(ChunkSize::new(100, 100), None);
        assert_eq!(ChunkSize::new(0, 0), None);
    }

    proptest! {
        #[test]
        fn chunks_cover_the_text_and_keep_their_size(
            text in "([a-zé]{1,12}|[ \n]{1,3}|語){0,120}",
            (size, overlap) in (1usize..40).prop_flat_map(|size| (Just(size), 0..size)),
        ) {
            let chars: Vec<char> = text.chars().collect();
            let ranges = ranges(&chars, how(size, overlap));
            let blank = |range: Range<usize>| chars[range].iter().all(|c| c.is_whitespace());
            let mut last = 0..0;
            for range in ranges.clone() {
                prop_assert!(range.len() <= size && !chars[range.start].is_whitespace());
                prop_assert!(last.is_empty() || range.start > last.start);
                prop_assert!(range.end > last.end && blank(last.end..range.start.max(last.end)));
                last = range;
            }
            prop_assert!(blank(last.end..chars.len()));
        }

        #[test]
        fn no_short_word_is_cut(text in "([a-z]{1,5} ){0,60}") {
            let pieces = chunks(&text, how(30, 10));
            let words: Vec<&str> = text.split_whitespace().collect();
            for word in pieces.iter().flat_map(|piece| piece.split_whitespace()) {
                prop_assert!(words.contains(&word), "{word}");
            }
        }
    }
}
