//! A résumé of an invented person.

use std::io::Write as _;

use zip::write::SimpleFileOptions;

pub const LINES: [&str; 22] = [
    "Ada Fenwick",
    "Senior Software Engineer",
    "ada.fenwick@example.com | +44 20 7946 0018 | Leeds, UK",
    "linkedin.com/in/ada-fenwick",
    "",
    "SUMMARY",
    "Software engineer with eight years of experience in payment systems.",
    "",
    "EXPERIENCE",
    "Senior Software Engineer, Harbour Lane Ltd\tJan 2020 - Dec 2023",
    "• Built a payment service in Rust and PostgreSQL that serves 20,000 customers.",
    "Software Engineer, Copperfield Systems\tJan 2016 - Dec 2019",
    "• Ran Kubernetes clusters and wrote Go services.",
    "",
    "EDUCATION",
    "B.Sc. in Computer Science, University of Northfield, 2015",
    "",
    "SKILLS",
    "Rust, Go, PostgreSQL, Kubernetes, Docker, Communication, Leadership",
    "",
    "LANGUAGES",
    "English (native), French (fluent)",
];

/// As a DOCX file.
pub fn docx() -> Vec<u8> {
    docx_of(&LINES)
}

/// A DOCX file with these paragraphs.
pub fn docx_of(lines: &[&str]) -> Vec<u8> {
    packed(&lines.iter().map(|line| paragraph(line, "")).collect::<String>())
}

/// The sample résumé with paragraphs at its end that Word does not show.
pub fn docx_with_hidden(lines: &[&str]) -> Vec<u8> {
    let shown = LINES.iter().map(|line| paragraph(line, ""));
    let hidden = lines.iter().map(|line| paragraph(line, "<w:rPr><w:vanish/></w:rPr>"));
    packed(&shown.chain(hidden).collect::<String>())
}

fn packed(paragraphs: &str) -> Vec<u8> {
    let document = format!(
        r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>{paragraphs}</w:body></w:document>"#
    );
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    archive.start_file("word/document.xml", SimpleFileOptions::default()).unwrap();
    archive.write_all(document.as_bytes()).unwrap();
    archive.finish().unwrap().into_inner()
}

fn paragraph(line: &str, properties: &str) -> String {
    let escaped = line.replace('&', "&amp;").replace('<', "&lt;").replace('\t', "</w:t><w:tab/><w:t>");
    format!(r#"<w:p><w:r>{properties}<w:t xml:space="preserve">{escaped}</w:t></w:r></w:p>"#)
}
