//! Programs that some suites need.

/// Whether `GREENROOM_TEST_REQUIRE` lists this program.
pub fn required(what: &str) -> bool {
    std::env::var("GREENROOM_TEST_REQUIRE").is_ok_and(|list| list.split(',').any(|entry| entry.trim() == what))
}

/// What was found, or a loud skip; a failure where the program is required.
pub fn available<T>(what: &str, found: Option<T>) -> Option<T> {
    if found.is_none() {
        assert!(!required(what), "{what} is required by GREENROOM_TEST_REQUIRE and was not found");
        eprintln!("SKIPPED: {what} was not found on this machine; install it to run this suite");
    }
    found
}
