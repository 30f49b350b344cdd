//! The secret that signs tokens in development: made once, kept in the data folder, readable by its owner only.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

/// The secret of this folder; made if there is none.
///
/// # Errors
/// If the folder cannot be written, or the file in it cannot be read.
pub fn load_or_create(data_dir: &Path) -> io::Result<Vec<u8>> {
    let path = data_dir.join("jwt_secret");
    match std::fs::read(&path) {
        Ok(secret) if secret.len() >= 32 => return Ok(secret),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let secret = hex::encode(rand::random::<[u8; 32]>()).into_bytes();
    // written beside and renamed: a crash leaves no half of a secret
    let fresh = data_dir.join(format!("jwt_secret.{}", std::process::id()));
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&fresh)?;
    file.write_all(&secret)?;
    file.sync_all()?;
    std::fs::rename(&fresh, &path)?;
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_is_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let first = load_or_create(folder.path()).unwrap();
        assert!(first.len() >= 32);
        assert_eq!(load_or_create(folder.path()).unwrap(), first);
    }
}
