//! Modules import only what stands below them: the ladder of `ARCHITECTURE.md`, read from the sources.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "in a test, a panic is the report")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Every module of `src/` with its rank. The same list stands in `ARCHITECTURE.md`.
const RANKS: [(&str, u8); 16] = [
    ("domain", 0),
    ("config", 1),
    ("wire", 1),
    ("store", 1),
    ("ai", 2),
    ("analysis", 2),
    ("services", 3),
    ("actors", 4),
    ("state", 5),
    ("http", 6),
    ("ws", 7),
    ("app", 8),
    ("cli", 9),
    ("main", 9),
    ("export", 2),
    ("search", 2),
];

fn rank(module: &str) -> Option<u8> {
    RANKS.iter().find(|(name, _)| *name == module).map(|(_, rank)| *rank)
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Modules that a source names as `crate::module`, comments left out.
fn imports(source: &str) -> BTreeSet<String> {
    let code = source.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let mut found = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        let names = rest.strip_prefix('{').map_or_else(
            || vec![rest],
            |list| list.split('}').next().unwrap_or_default().split(',').map(str::trim).collect(),
        );
        for name in names {
            found.insert(name.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
        }
    }
    found
}

#[test]
fn imports_go_down_the_ladder() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let mut wrong = Vec::new();
    for file in files {
        let relative = file.strip_prefix(&root).unwrap();
        let module = relative.components().next().unwrap().as_os_str().to_string_lossy().replace(".rs", "");
        if module == "lib" {
            continue;
        }
        let Some(own) = rank(&module) else {
            wrong.push(format!("{module} has no rank"));
            continue;
        };
        for import in imports(&fs::read_to_string(&file).unwrap()) {
            match rank(&import) {
                _ if import == module => {}
                Some(other) if other < own => {}
                Some(_) => wrong.push(format!("{} imports {import}, which is not below it", relative.display())),
                None => {}
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_map_names_every_module() {
    let map = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md")).unwrap();
    for (module, rank) in RANKS {
        let exists = ["", ".rs"]
            .iter()
            .any(|end| Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(format!("{module}{end}")).exists());
        assert!(!exists || map.contains(&format!("| `{module}` | {rank} |")), "{module} is missing in ARCHITECTURE.md");
    }
}
