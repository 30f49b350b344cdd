use std::io::Write;

use lopdf::{Dictionary, Document, Object, Stream, dictionary};
use proptest::prelude::*;
use zip::write::SimpleFileOptions;

use super::*;

fn corpus(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/corpus/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// A PDF of one page with a standard font `F` and whatever else the page needs.
fn pdf_with(content: &str, more: impl FnOnce(&mut Document, &mut Dictionary)) -> Vec<u8> {
    let mut document = Document::with_version("1.5");
    let font = document.add_object(dictionary! {
        "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica", "Encoding" => "WinAnsiEncoding",
    });
    let mut resources = dictionary! { "Font" => dictionary! { "F" => font } };
    more(&mut document, &mut resources);
    let content = document.add_object(Stream::new(Dictionary::new(), content.as_bytes().to_vec()));
    let pages = document.new_object_id();
    let page = document.add_object(dictionary! {
        "Type" => "Page", "Parent" => pages, "Contents" => content, "Resources" => resources,
        "MediaBox" => vec![0.into(), 0.into(), 600.into(), 800.into()],
    });
    let kids: Vec<Object> = vec![page.into()];
    document.objects.insert(pages, dictionary! { "Type" => "Pages", "Kids" => kids, "Count" => 1 }.into());
    let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => pages });
    document.trailer.set("Root", catalog);
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).unwrap();
    bytes
}

fn pdf(content: &str) -> Extraction {
    extract(&pdf_with(content, |_, _| {}), None)
}

fn archive(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(content.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn docx(body: &str) -> Extraction {
    let main = format!("<w:document xmlns:w=\"urn:w\"><w:body>{body}</w:body></w:document>");
    extract(&archive(&[("[Content_Types].xml", "<Types/>"), ("word/document.xml", &main)]), None)
}

#[test]
fn lines_words_and_tabs_come_from_positions() {
    let read =
        pdf("BT /F 10 Tf 50 700 Td (Engineer) Tj 400 0 Td (2020) Tj -400 -14 Td [(Ac) 20 (me) -300 (Inc)] TJ ET");
    assert_eq!((read.status, read.text.as_str()), (ExtractStatus::Ok, "Engineer\t2020\nAcme Inc"));
}

#[test]
fn spaced_out_letters_stay_one_word() {
    let read = pdf("BT /F 10 Tf 50 700 Td [(S) -300 (K) -300 (I) -300 (L) -300 (L) -300 (S) -900 (A) -300 (B)] TJ ET");
    assert_eq!(read.text, "SKILLS AB");
}

#[test]
fn a_bold_made_by_drawing_twice_is_read_once() {
    let read = pdf("BT /F 10 Tf 50 700 Td (Name) Tj 0.3 0 Td (Name) Tj ET");
    assert_eq!(read.text, "Name");
}

#[test]
fn accents_drawn_over_letters_are_composed() {
    let read = pdf("BT /F 10 Tf 50 700 Td (\\264) Tj -0.8 0 Td (e) Tj (t) Tj ET");
    assert_eq!(read.text, "ét");
}

#[test]
fn text_that_nobody_can_see_is_left_out_and_counted() {
    let hidden = "1 g BT /F 10 Tf 50 600 Td (white) Tj ET 0 g BT /F 1 Tf 50 500 Td (tiny) Tj ET \
                  BT /F 10 Tf 50 -90 Td (off) Tj ET BT /F 10 Tf 3 Tr 50 400 Td (ghost) Tj ET";
    let read = pdf(&format!("BT /F 10 Tf 50 700 Td (seen) Tj ET {hidden}"));
    assert_eq!(read.text, "seen");
    assert_eq!(read.parse_quality.hidden_text, 5 + 4 + 3 + 5);
    assert_eq!(read.parse_quality.warnings.len(), 1);
    let on_dark = pdf("0 0 0.4 rg 0 0 300 800 re f 1 g BT /F 10 Tf 50 600 Td (white) Tj ET");
    assert_eq!((on_dark.text.as_str(), on_dark.parse_quality.hidden_text), ("white", 0));
}

fn image(document: &mut Document, resources: &mut Dictionary) {
    let dict = dictionary! { "Type" => "XObject", "Subtype" => "Image", "Width" => 1, "Height" => 1 };
    let image = document.add_object(Stream::new(dict, vec![0]));
    resources.set("XObject", dictionary! { "I" => image });
}

#[test]
fn a_scan_has_no_text_unless_it_has_a_text_layer() {
    let scan = extract(&pdf_with("q 600 0 0 800 0 0 cm /I Do Q", image), None);
    assert_eq!((scan.status, scan.parse_quality.scanned), (ExtractStatus::NoTextLayer, true));
    assert!(scan.parse_quality.warnings[0].contains("No text found: is this a scan?"));
    let layer = "q 600 0 0 800 0 0 cm /I Do Q BT 3 Tr /F 10 Tf 50 700 Td (recognised) Tj ET";
    let read = extract(&pdf_with(layer, image), None);
    assert_eq!((read.text.as_str(), read.parse_quality.scanned), ("recognised", true));
}

#[test]
fn columns_drawn_word_by_word_at_random_are_put_in_order() {
    let mut words = Vec::new();
    for row in 0..20 {
        for (column, x) in [("L", 50), ("R", 320)] {
            for word in 0..3 {
                words.push(format!(
                    "BT /F 10 Tf {} {} Td ({column}{row:02}{word}) Tj ET",
                    x + 27 * word,
                    700 - 14 * row
                ));
            }
        }
    }
    let shuffled: Vec<String> = (0..words.len()).map(|i| words[i * 37 % words.len()].clone()).collect();
    let read = pdf(&shuffled.join("\n"));
    let found: Vec<&str> = read.text.split_whitespace().collect();
    let right = found.iter().position(|word| word.starts_with('R')).unwrap();
    assert_eq!((found.len(), right), (120, 60), "{}", read.text);
    assert_eq!(&found[..4], ["L000", "L001", "L002", "L010"]);
}

#[test]
fn forms_are_followed_and_a_form_that_draws_itself_ends() {
    let bytes = pdf_with("/X Do", |document, resources| {
        let id = document.new_object_id();
        let fonts = resources.get(b"Font").unwrap().clone();
        let own = dictionary! { "Font" => fonts, "XObject" => dictionary! { "X" => id } };
        let dict = dictionary! { "Type" => "XObject", "Subtype" => "Form", "Resources" => own };
        let form = Stream::new(dict, b"BT /F 10 Tf 50 700 Td (inside) Tj ET /X Do".to_vec());
        document.objects.insert(id, form.into());
        resources.set("XObject", dictionary! { "X" => id });
    });
    let read = extract(&bytes, None);
    assert_eq!((read.status, read.text.as_str()), (ExtractStatus::Ok, "inside"));
}

#[test]
fn replacement_text_counts_instead_of_glyphs() {
    let read = pdf("BT /F 10 Tf 50 700 Td /Span <</ActualText (office)>> BDC (o\\001ce) Tj EMC ( x) Tj ET");
    assert_eq!(read.text, "office x");
}

#[test]
fn more_operators_than_a_resume_has_are_too_much() {
    let read = pdf(&"0 0 Td ".repeat(3_100_000));
    assert_eq!(read.status, ExtractStatus::LimitExceeded);
}

#[test]
fn files_of_real_producers_are_read() {
    let right_column = extract(&corpus("xelatex_paracol-right.pdf"), None);
    assert!(right_column.text.starts_with("Brisa Draymoor\nStaff Platform Engineer\n\nProfessional Summary\n"));
    assert!(right_column.text.contains("Staff Platform Engineer\tSep 2024 — Current\n"));
    assert_eq!(right_column.parse_quality.columns, 2);
    let hebrew = extract(&corpus("libreoffice_hebrew.pdf"), None);
    assert!(hebrew.text.starts_with("איתן לדוגמה\nמנהל מוצר\n"), "{}", hebrew.text);
    assert!(hebrew.text.contains("הפחתת עלויות ב 91 אחוזים באמצעות"));
    assert!(hebrew.text.contains("עברית (שפת אם), אנגלית (שוטף)"), "{}", hebrew.text);
    let shuffled = extract(&corpus("special_shuffled-words.pdf"), None);
    assert!(
        shuffled.text.contains("Saphira Muirfinch\nProduct Manager\nsaphira.muirfinch@example.org | +1-415-555-0193")
    );
    let white = extract(&corpus("special_hidden-white.pdf"), None);
    assert!(white.parse_quality.hidden_text > 50 && !white.text.contains("ninja"));
    let locked = extract(&corpus("encrypted_rc4-userpw.pdf"), None);
    assert_eq!((locked.status, locked.text.as_str()), (ExtractStatus::Encrypted, ""));
    let spanish = extract(&corpus("docxjs_side-es.docx"), None);
    assert!(spanish.text.starts_with("Nuño Ibáñuz\nDiseñador gráfico\n"));
    let french = extract(&corpus("lodoc_fr.doc"), None);
    assert!(french.text.contains("\n• Élaboration du cahier des charges et suivi budgétaire : 38 k€ par an.\n"));
    assert!(!french.text.contains("DELETEDWORD"));
}

#[test]
fn hostile_files_of_every_format_get_an_answer() {
    for (name, accepted) in [
        ("flate2-1g.pdf", &[ExtractStatus::LimitExceeded][..]),
        ("cmap-ranges-many.pdf", &[ExtractStatus::Ok, ExtractStatus::NoTextLayer]),
        ("xml-deep-200k.docx", &[ExtractStatus::LimitExceeded]),
        ("xxe-file.docx", &[ExtractStatus::Corrupt]),
        ("ole-fat-loop.doc", &[ExtractStatus::Corrupt, ExtractStatus::Ok]),
    ] {
        let read = extract(&corpus(name), Some(name));
        assert!(accepted.contains(&read.status), "{name}: {:?}", read.status);
        assert!(read.status == ExtractStatus::Ok || !read.parse_quality.warnings.is_empty());
    }
}

#[test]
fn paragraphs_tabs_lists_and_tables_keep_their_lines() {
    let read = docx(
        "<w:p><w:r><w:t>Engineer</w:t><w:tab/><w:t>2020</w:t></w:r></w:p>\
         <w:p><w:pPr><w:numPr><w:numId w:val=\"1\"/></w:numPr></w:pPr><w:r><w:t>item &amp; more</w:t></w:r></w:p>\
         <w:tbl><w:tr><w:tc><w:p><w:r><w:t>Role</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>Dates</w:t></w:r></w:p></w:tc></w:tr></w:tbl>\
         <w:p><w:r><w:t>co</w:t><w:noBreakHyphen/><w:t>op</w:t><w:br/><w:t>next</w:t></w:r></w:p>",
    );
    assert_eq!(read.text, "Engineer\t2020\n• item & more\nRole\tDates\nco-op\nnext");
}

#[test]
fn deletions_fallbacks_field_codes_and_hidden_runs_are_left_out() {
    let read = docx(
        "<w:p><w:del><w:r><w:delText>old</w:delText></w:r></w:del><w:r><w:instrText>HYPERLINK</w:instrText></w:r>\
         <w:ins><w:r><w:t>new</w:t></w:r></w:ins><w:r><w:rPr><w:vanish/></w:rPr><w:t>secret</w:t></w:r>\
         <mc:AlternateContent><mc:Choice><w:r><w:t> once</w:t></w:r></mc:Choice>\
         <mc:Fallback><w:r><w:t> once</w:t></w:r></mc:Fallback></mc:AlternateContent></w:p>",
    );
    assert_eq!((read.text.as_str(), read.parse_quality.hidden_text), ("new once", 6));
}

#[test]
fn the_main_part_is_the_one_that_the_package_names_and_headers_come_first() {
    let relations = |items: &str| format!("<Relationships>{items}</Relationships>");
    let paragraph = |text: &str| format!("<w:x xmlns:w=\"urn:w\"><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:x>");
    let bytes = archive(&[
        ("[Content_Types].xml", "<Types/>"),
        ("_rels/.rels", &relations("<Relationship Type=\"x/officeDocument\" Target=\"/word/document2.xml\"/>")),
        ("word/document2.xml", &paragraph("body")),
        (
            "word/_rels/document2.xml.rels",
            &relations(
                "<Relationship Type=\"x/header\" Target=\"header1.xml\"/><Relationship Type=\"x/footer\" Target=\"footer1.xml\"/>",
            ),
        ),
        ("word/header1.xml", &paragraph("ada@example.org")),
        ("word/footer1.xml", &paragraph("page")),
    ]);
    assert_eq!(extract(&bytes, None).text, "ada@example.org\nbody\npage");
}

#[test]
fn a_part_that_inflates_beyond_its_limit_is_refused() {
    let bomb = "<w:document>".to_owned() + &" ".repeat(Budget::PART_BYTES);
    let bytes = archive(&[("word/document.xml", &bomb)]);
    assert!(bytes.len() < 100_000);
    assert_eq!(extract(&bytes, None).status, ExtractStatus::LimitExceeded);
}

#[test]
fn a_document_type_is_refused_in_any_encoding() {
    let source = "<!DOCTYPE x [<!ENTITY a \"b\">]><w:document><w:p><w:r><w:t>&a;</w:t></w:r></w:p></w:document>";
    assert_eq!(extract(&archive(&[("word/document.xml", source)]), None).status, ExtractStatus::Corrupt);
}

#[test]
fn damaged_and_foreign_files_are_told_apart() {
    for (bytes, name, status) in [
        (&b""[..], "a.pdf", ExtractStatus::EmptyFile),
        (b" \n\0 \n", "a.pdf", ExtractStatus::EmptyFile),
        (b"MZ\x90\0 this program cannot be run", "a.docx", ExtractStatus::UnsupportedType),
        (b"{\\rtf1 text}", "a.doc", ExtractStatus::UnsupportedType),
        (b"%PDF-1.4\nnothing else", "a.pdf", ExtractStatus::Corrupt),
        (sniff::OLE_MAGIC, "a.doc", ExtractStatus::Corrupt),
        (b"PK\x03\x04\x14\0\0\0\0\0[Content_Types].xml", "a.docx", ExtractStatus::Corrupt),
    ] {
        let read = extract(bytes, Some(name));
        assert_eq!(read.status, status, "{name} {}", String::from_utf8_lossy(bytes));
        assert_eq!(read.parse_quality.warnings, [explain(status)]);
    }
}

#[test]
fn a_header_behind_junk_is_found_with_the_help_of_the_name() {
    let bytes = [b"junk\n".repeat(400), pdf_with("BT /F 10 Tf 50 700 Td (text) Tj ET", |_, _| {})].concat();
    assert_eq!(extract(&bytes, None).status, ExtractStatus::UnsupportedType);
    assert_eq!(extract(&bytes, Some("cv.PDF")).text, "text");
}

#[test]
fn text_holds_no_control_characters() {
    let read = docx("<w:p><w:r><w:t>a&#1;b\u{7}c&#x85;d</w:t></w:r></w:p>");
    assert!(read.text.chars().all(|c| !c.is_control() || c == '\n' || c == '\t'), "{:?}", read.text);
}

/// Bytes that look like a document for a while.
fn damaged(name: &'static str) -> impl Strategy<Value = Vec<u8>> {
    let original = corpus(name);
    let length = original.len();
    (prop::collection::vec((0..length, any::<u8>()), 1..40), 0..length).prop_map(move |(changes, cut)| {
        let mut bytes = original.clone();
        changes.iter().for_each(|(at, byte)| bytes[*at] = *byte);
        if cut.is_multiple_of(3) {
            bytes.truncate(cut);
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_bytes_make_it_panic(
        magic in prop::sample::select(vec![&b"%PDF-1.7\n"[..], b"PK\x03\x04", sniff::OLE_MAGIC, b""]),
        noise in prop::collection::vec(any::<u8>(), 0..4000),
    ) {
        extract(&[magic, &noise].concat(), None);
    }

    #[test]
    fn no_damage_makes_it_panic(
        pdf in damaged("special_shuffled-words.pdf"),
        docx in damaged("docxjs_side-es.docx"),
        doc in damaged("lodoc_fr.doc"),
    ) {
        for bytes in [pdf, docx, doc] {
            let read = extract(&bytes, None);
            prop_assert!(read.status == ExtractStatus::Ok || read.text.is_empty());
        }
    }

    #[test]
    fn any_content_stream_ends(content in "[0-9 .()<>\\[\\]/TJjfdmqQcEBWSDPIl'\"*\n-]{0,2000}") {
        pdf(&format!("BT /F 10 Tf {content}"));
    }
}
