//! Runs the content of a page and collects its glyphs in the order in which they are drawn.

use std::collections::HashMap;
use std::rc::Rc;

use lopdf::{Dictionary, Object, Stream};

use super::font::Font;
use super::glyph::{Page, Shown};
use super::lexer::{Lexer, Operand, Token};
use super::objects::{Objects, decompress};
use super::state::{Matrix, State, color_of};
use crate::analysis::extract::budget::{Budget, Exhausted};

/// Fonts of a document, loaded once each.
#[derive(Default)]
pub struct Fonts {
    loaded: HashMap<usize, Rc<Font>>,
}

/// Forms drawn within forms.
const MAX_FORM_DEPTH: usize = 10;
/// Saved graphics states; more are counted but not kept.
const MAX_SAVED: usize = 256;
const MAX_OPERANDS: usize = 64;
const MAX_FONTS: usize = 512;

/// The interpreter of one page.
pub struct Interpreter<'a, 'b> {
    objects: Objects<'a>,
    fonts: &'b mut Fonts,
    budget: &'b mut Budget,
    page: Page,
    state: State,
    saved: Vec<State>,
    /// `q` operators that were not kept.
    unsaved: usize,
    text_matrix: Matrix,
    line_matrix: Matrix,
    /// Box of the current path in page space.
    path: Option<[f64; 4]>,
    /// Open marked content; the index into `Page::replacements` where it has an `ActualText`.
    marked: Vec<Option<usize>>,
    form_depth: usize,
}

impl<'a, 'b> Interpreter<'a, 'b> {
    pub fn new(objects: Objects<'a>, fonts: &'b mut Fonts, budget: &'b mut Budget, page: Page) -> Self {
        Self {
            objects,
            fonts,
            budget,
            page,
            state: State::new(Matrix::IDENTITY),
            saved: Vec::new(),
            unsaved: 0,
            text_matrix: Matrix::IDENTITY,
            line_matrix: Matrix::IDENTITY,
            path: None,
            marked: Vec::new(),
            form_depth: 0,
        }
    }

    pub fn into_page(self) -> Page {
        self.page
    }

    /// Runs one content stream.
    ///
    /// # Errors
    /// When the budget of the document runs out.
    pub fn run(&mut self, content: &[u8], resources: &'a Dictionary) -> Result<(), Exhausted> {
        let mut lexer = Lexer::new(content);
        let mut operands: Vec<Operand<'_>> = Vec::new();
        while let Some(token) = lexer.next_token() {
            match token {
                Token::Operand(operand) if operands.len() < MAX_OPERANDS => operands.push(operand),
                Token::Operand(_) => self.budget.step()?,
                Token::Operator(b"BI") => {
                    self.budget.step()?;
                    lexer.skip_inline_image();
                    self.draw_image();
                }
                Token::Operator(operator) => {
                    self.budget.step()?;
                    self.execute(operator, &operands, resources)?;
                    operands.clear();
                }
            }
        }
        Ok(())
    }

    fn execute(
        &mut self,
        operator: &[u8],
        operands: &[Operand<'_>],
        resources: &'a Dictionary,
    ) -> Result<(), Exhausted> {
        match operator {
            b"Tj" => self.show_operand(operands.last()),
            b"TJ" => self.show_array(operands.last()),
            b"'" => {
                self.next_line();
                self.show_operand(operands.last())
            }
            b"\"" => {
                if let [word, char, ..] = numbers(operands)[..] {
                    (self.state.word_spacing, self.state.char_spacing) = (word, char);
                }
                self.next_line();
                self.show_operand(operands.last())
            }
            b"Tf" => self.set_font(operands, resources),
            b"Do" => self.draw_object(operands.last().and_then(Operand::name), resources),
            b"BDC" | b"BMC" | b"EMC" => {
                self.marked_content(operator, operands, resources);
                Ok(())
            }
            b"gs" => {
                self.set_parameters(operands.last().and_then(Operand::name), resources);
                Ok(())
            }
            b"cs" => {
                self.set_color_space(operands.last().and_then(Operand::name), resources);
                Ok(())
            }
            _ => {
                self.execute_simple(operator, &numbers(operands));
                Ok(())
            }
        }
    }

    /// Operators whose operands are numbers.
    fn execute_simple(&mut self, operator: &[u8], n: &[f64]) {
        match (operator, n) {
            (b"q", _) => self.save(),
            (b"Q", _) => self.restore(),
            (b"cm", &[a, b, c, d, e, f]) => self.state.ctm = Matrix([a, b, c, d, e, f]).then(self.state.ctm),
            (b"BT", _) => self.set_text_matrix(Matrix::IDENTITY),
            (b"Td", &[x, y]) => self.move_line(x, y),
            (b"TD", &[x, y]) => {
                self.state.leading = -y;
                self.move_line(x, y);
            }
            (b"Tm", &[a, b, c, d, e, f]) => self.set_text_matrix(Matrix([a, b, c, d, e, f])),
            (b"T*", _) => self.next_line(),
            (b"TL", &[leading]) => self.state.leading = leading,
            (b"Tc", &[spacing]) => self.state.char_spacing = spacing,
            (b"Tw", &[spacing]) => self.state.word_spacing = spacing,
            (b"Tz", &[percent]) => self.state.horizontal_scale = percent / 100.0,
            (b"Ts", &[rise]) => self.state.rise = rise,
            (b"Tr", &[mode]) => self.state.render_mode = mode as u8,
            _ => self.paint(operator, n),
        }
    }

    fn paint(&mut self, operator: &[u8], n: &[f64]) {
        match (operator, n) {
            (b"g" | b"rg" | b"k", _) => {
                self.state.fill_opaque_space = false;
                self.state.fill = color_of(n);
            }
            (b"sc" | b"scn", _) => self.state.fill = if self.state.fill_opaque_space { None } else { color_of(n) },
            (b"re", &[x, y, w, h]) => self.extend_path([x, y, x + w, y + h]),
            (b"m" | b"l", &[x, y]) => self.extend_path([x, y, x, y]),
            (b"c", &[.., x, y]) | (b"v" | b"y", &[.., x, y]) => self.extend_path([x, y, x, y]),
            (b"f" | b"F" | b"f*" | b"B" | b"B*" | b"b" | b"b*", _) => self.fill_path(),
            (b"n" | b"S" | b"s", _) => self.path = None,
            (b"sh", _) => self.page.canvas.fill(self.page.area, None),
            _ => {}
        }
    }

    fn save(&mut self) {
        if self.saved.len() < MAX_SAVED {
            self.saved.push(self.state.clone());
        } else {
            self.unsaved += 1;
        }
    }

    fn restore(&mut self) {
        if self.unsaved > 0 {
            self.unsaved -= 1;
        } else if let Some(state) = self.saved.pop() {
            self.state = state;
        }
    }

    fn set_text_matrix(&mut self, matrix: Matrix) {
        self.text_matrix = matrix;
        self.line_matrix = matrix;
    }

    fn move_line(&mut self, x: f64, y: f64) {
        self.set_text_matrix(Matrix::translation(x, y).then(self.line_matrix));
    }

    fn next_line(&mut self) {
        self.move_line(0.0, -self.state.leading);
    }

    fn extend_path(&mut self, area: [f64; 4]) {
        let [l, b, r, t] = self.state.ctm.apply_box(area);
        let [pl, pb, pr, pt] = self.path.unwrap_or([l, b, r, t]);
        self.path = Some([l.min(pl), b.min(pb), r.max(pr), t.max(pt)]);
    }

    fn fill_path(&mut self) {
        if let Some(area) = self.path.take()
            && self.state.fill_alpha > 0.05
        {
            self.page.canvas.fill(area, self.state.fill);
        }
    }

    fn set_font(&mut self, operands: &[Operand<'_>], resources: &'a Dictionary) -> Result<(), Exhausted> {
        let [.., name, size] = operands else { return Ok(()) };
        self.state.size = size.number().unwrap_or(0.0);
        let fonts = self.objects.dict(resources, b"Font");
        let dict = name.name().and_then(|name| self.objects.dict(fonts?, name));
        self.state.font = match dict {
            Some(dict) => self.font(dict)?,
            None => None,
        };
        Ok(())
    }

    fn font(&mut self, dict: &'a Dictionary) -> Result<Option<Rc<Font>>, Exhausted> {
        // The document outlives the cache, so an address stands for one dictionary.
        let key = std::ptr::from_ref(dict) as usize;
        if let Some(font) = self.fonts.loaded.get(&key) {
            return Ok(Some(Rc::clone(font)));
        }
        if self.fonts.loaded.len() >= MAX_FONTS {
            return Err(Exhausted);
        }
        let font = Rc::new(Font::load(dict, &self.objects, self.budget)?);
        self.fonts.loaded.insert(key, Rc::clone(&font));
        Ok(Some(font))
    }

    /// `gs`: fill opacity and font of a parameter dictionary.
    fn set_parameters(&mut self, name: Option<&[u8]>, resources: &'a Dictionary) {
        let states = self.objects.dict(resources, b"ExtGState");
        let Some(dict) = name.and_then(|name| self.objects.dict(states?, name)) else { return };
        if let Some(alpha) = self.objects.number(dict, b"ca") {
            self.state.fill_alpha = alpha;
        }
    }

    fn set_color_space(&mut self, name: Option<&[u8]>, resources: &'a Dictionary) {
        let name = name.unwrap_or_default();
        let spaces = self.objects.dict(resources, b"ColorSpace");
        let family = spaces.and_then(|spaces| self.objects.get(spaces, name)).and_then(|space| match space {
            Object::Array(parts) => parts.first().and_then(|part| self.objects.resolve(part).as_name().ok()),
            other => other.as_name().ok(),
        });
        let known: [&[u8]; 6] = [b"DeviceGray", b"DeviceRGB", b"DeviceCMYK", b"CalGray", b"CalRGB", b"ICCBased"];
        self.state.fill_opaque_space = !known.contains(&family.unwrap_or(name));
        self.state.fill = if self.state.fill_opaque_space { None } else { Some([0.0; 3]) };
    }

    fn draw_object(&mut self, name: Option<&[u8]>, resources: &'a Dictionary) -> Result<(), Exhausted> {
        let objects = self.objects.dict(resources, b"XObject");
        let Some(stream) = name.and_then(|name| self.objects.stream(self.objects.get(objects?, name)?)) else {
            return Ok(());
        };
        match self.objects.name(&stream.dict, b"Subtype") {
            Some(b"Image") => {
                self.draw_image();
                Ok(())
            }
            Some(b"Form") => self.draw_form(stream, resources),
            _ => Ok(()),
        }
    }

    /// An image fills the unit square of its space.
    fn draw_image(&mut self) {
        self.page.canvas.image(self.state.ctm.apply_box([0.0, 0.0, 1.0, 1.0]));
    }

    /// Draws a form within the current state; a form without resources uses those of its caller.
    pub fn draw_form(&mut self, form: &'a Stream, resources: &'a Dictionary) -> Result<(), Exhausted> {
        if self.form_depth >= MAX_FORM_DEPTH {
            return Ok(());
        }
        let Some(content) = decompress(form, self.budget)? else { return Ok(()) };
        let outer = (self.state.clone(), self.text_matrix, self.line_matrix, self.path.take());
        let (saved, unsaved, marked) = (std::mem::take(&mut self.saved), self.unsaved, self.marked.len());
        let numbers: Vec<f64> =
            self.objects.array(&form.dict, b"Matrix").iter().map(|o| self.objects.as_number(o)).collect();
        if let [a, b, c, d, e, f] = numbers[..] {
            self.state.ctm = Matrix([a, b, c, d, e, f]).then(self.state.ctm);
        }
        self.form_depth += 1;
        let own = self.objects.dict(&form.dict, b"Resources").unwrap_or(resources);
        let done = self.run(&content, own);
        self.form_depth -= 1;
        (self.state, self.text_matrix, self.line_matrix, self.path) = outer;
        (self.saved, self.unsaved) = (saved, unsaved);
        self.marked.truncate(marked);
        done
    }

    fn marked_content(&mut self, operator: &[u8], operands: &[Operand<'_>], resources: &'a Dictionary) {
        if operator == b"EMC" {
            self.marked.pop();
            return;
        }
        let inherited = self.marked.last().copied().flatten();
        let own = self.actual_text(operands.get(1), resources).map(|text| self.page.add_replacement(text));
        self.marked.push(inherited.or(own));
    }

    fn actual_text(&self, properties: Option<&Operand<'_>>, resources: &'a Dictionary) -> Option<String> {
        let bytes = match properties? {
            Operand::Dictionary(entries) => entries.iter().find_map(|(key, value)| match value {
                Operand::Text(text) if key.as_ref() == b"ActualText" => Some(text.clone()),
                _ => None,
            })?,
            Operand::Name(name) => {
                let lists = self.objects.dict(resources, b"Properties")?;
                let list = self.objects.dict(lists, name)?;
                self.objects.get(list, b"ActualText")?.as_str().ok()?.to_vec()
            }
            _ => return None,
        };
        lopdf::decode_text_string(&Object::string_literal(bytes)).ok()
    }

    fn show_operand(&mut self, operand: Option<&Operand<'_>>) -> Result<(), Exhausted> {
        if let Some(Operand::Text(text)) = operand { self.show(text) } else { Ok(()) }
    }

    fn show_array(&mut self, operand: Option<&Operand<'_>>) -> Result<(), Exhausted> {
        let Some(Operand::Array(items)) = operand else { return Ok(()) };
        for item in items {
            match item {
                Operand::Text(text) => self.show(text)?,
                Operand::Number(n) => {
                    let shift = -n / 1000.0 * self.state.size * self.state.horizontal_scale;
                    self.text_matrix = Matrix::translation(shift, 0.0).then(self.text_matrix);
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn show(&mut self, mut text: &[u8]) -> Result<(), Exhausted> {
        let Some(font) = self.state.font.clone() else { return Ok(()) };
        let replacement = self.marked.last().copied().flatten();
        self.budget.spend_chars(text.len() / 2)?;
        while !text.is_empty() {
            self.budget.step()?;
            let (code, length) = font.next_code(text);
            text = &text[length..];
            let state = &self.state;
            let advance = font.width(code) * font.unit * state.size;
            let word = if font.is_word_space(code, length) { state.word_spacing } else { 0.0 };
            let scale = state.horizontal_scale;
            let shown = Shown {
                matrix: Matrix::translation(0.0, state.rise).then(self.text_matrix).then(state.ctm),
                advance: (advance + state.char_spacing.max(0.0)) * scale,
                em: font.em * state.size,
                replacement,
            };
            self.page.show(&shown, state, |out| font.push_text(code, out));
            let shift = (advance + state.char_spacing + word) * scale;
            self.text_matrix = Matrix::translation(shift, 0.0).then(self.text_matrix);
        }
        Ok(())
    }
}

fn numbers(operands: &[Operand<'_>]) -> Vec<f64> {
    operands.iter().filter_map(Operand::number).collect()
}
