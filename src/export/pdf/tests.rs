use lopdf::{Dictionary, Object};

use super::*;
use crate::domain::profile::Profile;
use crate::export::testing::{source, veronica};

fn pdf(profile: &Profile) -> lopdf::Document {
    lopdf::Document::load_mem(&render(source(profile)).unwrap()).unwrap()
}

fn named(name: &str) -> Profile {
    Profile { name: Some(name.into()), ..veronica() }
}

fn catalog(pdf: &lopdf::Document) -> &Dictionary {
    pdf.catalog().unwrap()
}

fn xmp(pdf: &lopdf::Document) -> String {
    let reference = catalog(pdf).get(b"Metadata").unwrap().as_reference().unwrap();
    let stream = pdf.get_object(reference).unwrap().as_stream().unwrap();
    String::from_utf8(stream.get_plain_content().unwrap_or_else(|_| stream.content.clone())).unwrap()
}

#[test]
fn the_file_is_tagged_and_names_its_standard() {
    let pdf = pdf(&veronica());
    let marked = catalog(&pdf).get(b"MarkInfo").unwrap().as_dict().unwrap();
    assert_eq!(marked.get(b"Marked").unwrap(), &Object::Boolean(true));
    assert!(catalog(&pdf).has(b"StructTreeRoot") && catalog(&pdf).has(b"Outlines"));
    let xmp = xmp(&pdf);
    assert!(xmp.contains("pdfuaid:part") && xmp.contains("Veronika Žáčková"), "{xmp}");
}

#[test]
fn names_of_many_scripts_have_glyphs() {
    let names = "Łukasz Żółć|Ελένη Παπαδοπούλου|Дарʼя Щербак|王小明|山田 太郎|김민수|محمد عبد الله|דנה כהן|नेहा शर्मा|\
                 สมชาย ใจดี|ნინო|Արամ|አበበ|ঋতু|தமிழ்|Nguyễn Thị Hạnh";
    for name in names.split('|') {
        assert!(xmp(&pdf(&named(name))).contains("pdfuaid:part"), "a box stands for a letter of {name}");
    }
}

#[test]
fn a_character_without_a_glyph_costs_the_standard_not_the_file() {
    let pdf = pdf(&named("Ada \u{10ffff}\u{e123} Lovelace"));
    assert!(!xmp(&pdf).contains("pdfuaid:part"));
    assert_eq!(pdf.get_pages().len(), 1);
}

#[test]
fn long_content_goes_over_pages() {
    let mut profile = veronica();
    profile.experience = vec![profile.experience[0].clone(); 30];
    assert!(pdf(&profile).get_pages().len() > 2);
}

#[test]
fn every_font_is_embedded() {
    let pdf = pdf(&named("王小明 محمد"));
    let descriptors: Vec<_> = pdf
        .objects
        .values()
        .filter_map(|object| object.as_dict().ok())
        .filter(|dict| dict.has_type(b"FontDescriptor"))
        .collect();
    assert!(descriptors.len() >= 4);
    assert!(descriptors.iter().all(|font| font.has(b"FontFile2") || font.has(b"FontFile3")));
}
