//! Tokens of a content stream (ISO 32000-1, 7.8.2), one at a time: a stream is never held as a list of operations,
//! which would take twenty times its size.

use std::borrow::Cow;

/// An operand of a content stream operator.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand<'a> {
    Number(f64),
    Name(Cow<'a, [u8]>),
    Text(Vec<u8>),
    Array(Vec<Operand<'a>>),
    Dictionary(Vec<(Cow<'a, [u8]>, Operand<'a>)>),
    /// Booleans, null, and what is nested too deeply.
    Other,
}

impl Operand<'_> {
    pub fn number(&self) -> Option<f64> {
        if let Self::Number(n) = self { Some(*n) } else { None }
    }

    pub fn name(&self) -> Option<&[u8]> {
        if let Self::Name(n) = self { Some(n) } else { None }
    }
}

/// The next thing in a content stream.
#[derive(Debug, PartialEq)]
pub enum Token<'a> {
    Operand(Operand<'a>),
    Operator(&'a [u8]),
}

/// Reads a content stream from its start to its end; never fails, skips what makes no sense.
pub struct Lexer<'a> {
    data: &'a [u8],
    at: usize,
}

/// Deepest nesting of arrays and dictionaries; the operators of text need two.
const MAX_DEPTH: usize = 8;
/// Longest array or dictionary kept; longer ones are read and cut.
const MAX_ITEMS: usize = 65_536;

pub fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t' | 0x0c | 0)
}

pub fn is_delimiter(byte: u8) -> bool {
    matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

fn is_regular(byte: u8) -> bool {
    !is_space(byte) && !is_delimiter(byte)
}

impl<'a> Lexer<'a> {
    pub fn new(data: &'a [u8]) -> Self {
        Self { data, at: 0 }
    }

    fn peek(&self) -> Option<u8> {
        self.data.get(self.at).copied()
    }

    /// The next token, or nothing at the end.
    pub fn next_token(&mut self) -> Option<Token<'a>> {
        loop {
            self.skip_space();
            match self.peek()? {
                b']' | b'}' | b'{' | b')' => self.at += 1,
                b'>' => self.at += 1,
                byte if is_regular(byte) && !starts_number(byte) => return Some(self.word()),
                _ => return Some(Token::Operand(self.operand(MAX_DEPTH))),
            }
        }
    }

    fn word(&mut self) -> Token<'a> {
        match self.regular() {
            b"true" | b"false" | b"null" => Token::Operand(Operand::Other),
            word => Token::Operator(word),
        }
    }

    fn skip_space(&mut self) {
        while let Some(byte) = self.peek() {
            if byte == b'%' {
                self.at += self.data[self.at..].iter().take_while(|b| !matches!(b, b'\n' | b'\r')).count();
            } else if is_space(byte) {
                self.at += 1;
            } else {
                break;
            }
        }
    }

    fn regular(&mut self) -> &'a [u8] {
        let start = self.at;
        self.at += self.data[start..].iter().take_while(|b| is_regular(**b)).count();
        &self.data[start..self.at]
    }

    /// Reads one operand; the caller has seen that something other than an operator follows.
    fn operand(&mut self, depth: usize) -> Operand<'a> {
        match self.peek() {
            Some(b'(') => Operand::Text(self.literal()),
            Some(b'/') => {
                self.at += 1;
                Operand::Name(unescape_name(self.regular()))
            }
            Some(b'<') if self.data.get(self.at + 1) == Some(&b'<') => {
                self.at += 2;
                if depth == 0 { Operand::Other } else { self.dictionary(depth - 1) }
            }
            Some(b'<') => Operand::Text(self.hexadecimal()),
            Some(b'[') => {
                self.at += 1;
                if depth == 0 { Operand::Other } else { self.array(depth - 1) }
            }
            _ => number(self.regular()),
        }
    }

    fn array(&mut self, depth: usize) -> Operand<'a> {
        let mut items = Vec::new();
        loop {
            self.skip_space();
            match self.peek() {
                None => break,
                Some(b']') => {
                    self.at += 1;
                    break;
                }
                Some(b'}' | b'{' | b')' | b'>') => self.at += 1,
                Some(_) => {
                    let item = self.operand(depth);
                    if items.len() < MAX_ITEMS {
                        items.push(item);
                    }
                }
            }
        }
        Operand::Array(items)
    }

    fn dictionary(&mut self, depth: usize) -> Operand<'a> {
        let mut entries = Vec::new();
        let mut key = None;
        loop {
            self.skip_space();
            match self.peek() {
                None => break,
                Some(b'>') => {
                    self.at += 1;
                    if self.peek() == Some(b'>') {
                        self.at += 1;
                    }
                    break;
                }
                Some(b'}' | b'{' | b')' | b']') => self.at += 1,
                Some(_) => match (key.take(), self.operand(depth)) {
                    (None, Operand::Name(name)) => key = Some(name),
                    (Some(name), value) if entries.len() < MAX_ITEMS => entries.push((name, value)),
                    _ => {}
                },
            }
        }
        Operand::Dictionary(entries)
    }

    /// A string in parentheses, which may be nested without limit: only counted, never recursed into.
    fn literal(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut open = 0usize;
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'(' => {
                    open += 1;
                    if open > 1 {
                        out.push(byte);
                    }
                }
                b')' => {
                    open -= 1;
                    if open == 0 {
                        break;
                    }
                    out.push(byte);
                }
                b'\\' => self.escape(&mut out),
                b'\r' => {
                    if self.peek() == Some(b'\n') {
                        self.at += 1;
                    }
                    out.push(b'\n');
                }
                _ => out.push(byte),
            }
        }
        out
    }

    fn escape(&mut self, out: &mut Vec<u8>) {
        let Some(byte) = self.peek() else { return };
        self.at += 1;
        match byte {
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'b' => out.push(8),
            b'f' => out.push(12),
            b'\n' => {}
            b'\r' => {
                if self.peek() == Some(b'\n') {
                    self.at += 1;
                }
            }
            b'0'..=b'7' => {
                let mut value = u32::from(byte - b'0');
                for _ in 0..2 {
                    let Some(digit @ b'0'..=b'7') = self.peek() else { break };
                    value = value * 8 + u32::from(digit - b'0');
                    self.at += 1;
                }
                out.push((value & 0xff) as u8);
            }
            _ => out.push(byte),
        }
    }

    fn hexadecimal(&mut self) -> Vec<u8> {
        self.at += 1;
        let rest = &self.data[self.at..];
        let end = rest.iter().position(|b| *b == b'>').unwrap_or(rest.len());
        self.at += (end + 1).min(rest.len());
        let mut digits = rest[..end].iter().filter_map(|b| (*b as char).to_digit(16)).map(|d| d as u8);
        let mut out = Vec::with_capacity(end / 2 + 1);
        while let Some(high) = digits.next() {
            out.push(high << 4 | digits.next().unwrap_or(0));
        }
        out
    }

    /// Skips the data of an inline image, from behind `BI` to behind `EI`.
    pub fn skip_inline_image(&mut self) {
        while let Some(token) = self.next_token() {
            if token == Token::Operator(b"ID") {
                break;
            }
        }
        let mut from = (self.at + 1).min(self.data.len());
        while let Some(found) = self.data[from..].windows(2).position(|pair| pair == b"EI") {
            let at = from + found;
            from = at + 2;
            if is_space(self.data[at - 1]) && self.looks_like_content(from) {
                self.at = from;
                return;
            }
        }
        self.at = self.data.len();
    }

    /// After a true `EI` come a space and printable characters, not image data.
    fn looks_like_content(&self, from: usize) -> bool {
        let after = &self.data[from..self.data.len().min(from + 16)];
        after.first().is_none_or(|b| is_space(*b)) && after.iter().all(|b| is_space(*b) || (0x20..0x7f).contains(b))
    }
}

fn starts_number(byte: u8) -> bool {
    byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.')
}

/// A number as producers write them, `--5`, `1.2.3` and `4-2` included.
fn number<'a>(word: &[u8]) -> Operand<'a> {
    let mut value = 0.0f64;
    let mut scale = 0.0f64;
    let mut negative = false;
    for (i, byte) in word.iter().enumerate() {
        match byte {
            b'-' if value == 0.0 && scale == 0.0 => negative = true,
            b'+' if i == 0 => {}
            b'.' if scale == 0.0 => scale = 1.0,
            b'0'..=b'9' if scale == 0.0 => value = value * 10.0 + f64::from(byte - b'0'),
            b'0'..=b'9' => {
                scale *= 10.0;
                value += f64::from(byte - b'0') / scale;
            }
            _ if i == 0 => return Operand::Other,
            _ => break,
        }
    }
    Operand::Number(if negative { -value } else { value })
}

fn unescape_name(raw: &[u8]) -> Cow<'_, [u8]> {
    if !raw.contains(&b'#') {
        return Cow::Borrowed(raw);
    }
    let hex = |at: usize| raw.get(at).and_then(|b| (*b as char).to_digit(16)).map(|d| d as u8);
    let mut out = Vec::with_capacity(raw.len());
    let mut at = 0;
    while let Some(byte) = raw.get(at) {
        match (byte, hex(at + 1), hex(at + 2)) {
            (b'#', Some(high), Some(low)) => {
                out.push(high << 4 | low);
                at += 3;
            }
            _ => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(content: &[u8]) -> Vec<Token<'_>> {
        let mut lexer = Lexer::new(content);
        std::iter::from_fn(|| lexer.next_token()).collect()
    }

    #[test]
    fn operands_and_operators_are_told_apart() {
        let text = |s: &[u8]| Operand::Text(s.to_vec());
        assert_eq!(
            tokens(b"/F#31 12 Tf [(a\\(b\\)\\101) -.5 <4 14>] TJ % comment\n(x(y)z)'"),
            vec![
                Token::Operand(Operand::Name(Cow::Borrowed(b"F1"))),
                Token::Operand(Operand::Number(12.0)),
                Token::Operator(b"Tf"),
                Token::Operand(Operand::Array(vec![text(b"a(b)A"), Operand::Number(-0.5), text(b"A@")])),
                Token::Operator(b"TJ"),
                Token::Operand(text(b"x(y)z")),
                Token::Operator(b"'"),
            ]
        );
    }

    #[test]
    fn deep_nesting_does_not_recurse() {
        let bomb = [b"[".repeat(200_000), b"(".repeat(200_000), b"<<".repeat(200_000)].concat();
        assert!(tokens(&bomb).len() < 200_100);
    }

    #[test]
    fn an_inline_image_is_skipped_even_if_it_never_ends() {
        let mut lexer = Lexer::new(b"BI /W 1 ID \x01EI\xff EI\nET");
        assert_eq!(lexer.next_token(), Some(Token::Operator(b"BI")));
        lexer.skip_inline_image();
        assert_eq!(lexer.next_token(), Some(Token::Operator(b"ET")));
        let mut endless = Lexer::new(b" /W 1 ID \x01\x02\x03");
        endless.skip_inline_image();
        assert_eq!(endless.next_token(), None);
    }
}
