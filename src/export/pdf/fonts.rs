//! The fonts that come with the program. They are read when the first PDF is written, and then only those it uses.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock, OnceLock};

use krilla::text::Font;
use parley::fontique::{Blob, Collection, CollectionOptions, SourceCache};
use parley::{FontContext, FontData, FontFamily, FontFamilyName};

macro_rules! font {
    ($file:literal) => {
        include_bytes!(concat!("../../../assets/fonts/", $file)).as_slice()
    };
}

/// In the order in which they are asked for a character. `assets/fonts/README.md` tells where they come from.
static FILES: [&[u8]; 25] = [
    font!("NotoSans-Regular.ttf"),
    font!("NotoSans-Bold.ttf"),
    font!("NotoSansArabic-Regular.ttf"),
    font!("NotoSansHebrew-Regular.ttf"),
    font!("DroidSansFallback.ttf"),
    font!("NotoSansKR-Hangul.otf"),
    font!("NotoSansDevanagari-Regular.ttf"),
    font!("NotoSansBengali-Regular.ttf"),
    font!("NotoSansGurmukhi-Regular.ttf"),
    font!("NotoSansGujarati-Regular.ttf"),
    font!("NotoSansOriya-Regular.ttf"),
    font!("NotoSansTamil-Regular.ttf"),
    font!("NotoSansTelugu-Regular.ttf"),
    font!("NotoSansKannada-Regular.ttf"),
    font!("NotoSansMalayalam-Regular.ttf"),
    font!("NotoSansSinhala-Regular.ttf"),
    font!("NotoSansThai-Regular.ttf"),
    font!("NotoSansLao-Regular.ttf"),
    font!("NotoSansMyanmar-Regular.ttf"),
    font!("NotoSansKhmer-Regular.ttf"),
    font!("NotoSansGeorgian-Regular.ttf"),
    font!("NotoSansArmenian-Regular.ttf"),
    font!("NotoSansEthiopic-Regular.ttf"),
    font!("NotoSansMath-Regular.ttf"),
    font!("NotoSansSymbols2-Regular.ttf"),
];

/// A font file as both libraries know it.
struct Face {
    blob: Blob<u8>,
    file: &'static [u8],
    font: OnceLock<Option<Font>>,
}

struct Fonts {
    faces: Vec<Face>,
    collection: Collection,
    families: Vec<String>,
}

static FONTS: LazyLock<Fonts> = LazyLock::new(|| {
    let mut collection = Collection::new(CollectionOptions { shared: false, system_fonts: false });
    let (mut faces, mut families) = (Vec::new(), Vec::new());
    for file in FILES {
        let blob = Blob::new(Arc::new(file));
        for (family, _) in collection.register_fonts(blob.clone(), None) {
            families.extend(collection.family_name(family).map(str::to_owned));
        }
        faces.push(Face { blob, file, font: OnceLock::new() });
    }
    families.dedup();
    Fonts { faces, collection, families }
});

/// What parley chooses fonts from.
pub fn context() -> FontContext {
    FontContext { collection: FONTS.collection.clone(), source_cache: SourceCache::default() }
}

/// All families, in the order in which they are asked for a character.
pub fn families() -> FontFamily<'static> {
    let names = FONTS.families.iter().map(|name| FontFamilyName::Named(Cow::Borrowed(name.as_str())));
    FontFamily::List(Cow::Owned(names.collect()))
}

/// The font that parley chose, as krilla embeds it.
pub fn embedded(font: &FontData) -> Option<Font> {
    let face = FONTS.faces.iter().find(|face| face.blob.id() == font.data.id())?;
    face.font.get_or_init(|| Font::new(face.file.into(), font.index)).clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_font_can_be_read_and_embedded() {
        assert_eq!(FONTS.families.len(), FILES.len() - 1, "regular and bold are one family");
        for face in &FONTS.faces {
            assert!(embedded(&FontData::new(face.blob.clone(), 0)).is_some());
        }
    }
}
