//! The modules of the page that know no page, by `node --test`: what is in `tests/page`.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::available;

fn node() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder| folder.join("node")).find(|program| program.is_file())
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn pure_modules_pass_their_own_tests() {
    let Some(node) = available("node", node()) else { return };
    let (root, folder) = (Path::new(env!("CARGO_MANIFEST_DIR")), tempfile::tempdir().unwrap());
    for part in ["web/js", "tests/page"] {
        copy(&root.join(part), &folder.path().join(part));
    }
    // Node takes a `.js` for an old-style module unless a package says otherwise; browsers need no package
    std::fs::write(folder.path().join("package.json"), r#"{"type": "module"}"#).unwrap();
    let run = Command::new(node).args(["--test", "tests/page"]).current_dir(folder.path()).output().unwrap();
    let report = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success(), "{report}\n{}", String::from_utf8_lossy(&run.stderr));
    assert!(report.contains("pass") && !report.contains("tests 0"), "no test ran:\n{report}");
}
