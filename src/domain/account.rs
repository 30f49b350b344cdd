//! What a username, an e-mail address, a name and a password may look like (contract, section 1).

use super::error::{Error, Result};

/// Names that nobody may take, because paths and messages use them.
const RESERVED: [&str; 10] =
    ["me", "assistant", "system", "status", "anonymous", "deleted", "null", "undefined", "admin", "greenroom"];

/// The form in which usernames and e-mail addresses are compared: case ignored.
pub fn key(text: &str) -> String {
    text.to_lowercase()
}

/// 3–50 of `[A-Za-z0-9_.-]`, not all digits, not reserved.
pub fn username(text: &str) -> Result<String> {
    let fits = (3..=50).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b));
    if !fits {
        return Err(Error::invalid(
            "username",
            "username must have 3 to 50 letters, digits, dots, dashes or underscores (A-Z, 0-9, . - _).",
        ));
    }
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Error::invalid("username", "username must not be a number: add a letter."));
    }
    if RESERVED.contains(&key(text).as_str()) {
        return Err(Error::invalid("username", "This username is reserved: choose another one."));
    }
    Ok(text.to_owned())
}

/// A valid address of at most 254 characters.
pub fn email(text: &str) -> Result<String> {
    let text = text.trim();
    // Domain literals, display names and quoted local parts are valid RFC 5322, but no sign-up form means them.
    let plain = !text.contains(['[', '"', '<', ' ', '\t']) && text.chars().count() <= 254;
    let options = email_address::Options::default().without_display_text().without_domain_literal();
    if plain && email_address::EmailAddress::parse_with_options(text, options).is_ok() {
        return Ok(text.to_owned());
    }
    Err(Error::invalid("email", "email must be a valid address such as jane@example.com, with at most 254 characters."))
}

/// 2–100 characters once surrounding space is removed.
pub fn name(text: &str) -> Result<String> {
    let text = text.trim();
    if (2..=100).contains(&text.chars().count()) && !text.chars().any(char::is_control) {
        return Ok(text.to_owned());
    }
    Err(Error::invalid("name", "name must have 2 to 100 characters."))
}

/// 6–128 characters, taken as they are.
pub fn password(field: &'static str, text: &str) -> Result<()> {
    if (6..=128).contains(&text.chars().count()) {
        return Ok(());
    }
    Err(Error::invalid(field, format!("{field} must have 6 to 128 characters.")))
}

/// Usernames to try for an address, the best first; each is valid. `suffix` makes the later ones unique.
pub fn username_candidates(email: &str, suffix: impl Fn() -> u32) -> impl Iterator<Item = String> {
    let local = email.split('@').next().unwrap_or_default();
    let mut base: String = local.chars().filter(|c| c.is_ascii_alphanumeric() || "_.-".contains(*c)).take(40).collect();
    if username(&base).is_err() {
        base = format!("user_{base}");
    }
    let first = username(&base).ok();
    first.into_iter().chain((0..20).map(move |_| format!("{base}_{:06}", suffix() % 1_000_000)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usernames_that_are_not_allowed_are_refused() {
        for bad in
            ["ab", &"x".repeat(51), "with space", "a@b.com", "12345", "naïve", "a/b", "", "me", "ME", "GreenRoom"]
        {
            assert_eq!(username(bad).err().and_then(|e| e.field).as_deref(), Some("username"), "{bad}");
        }
        for good in ["abc", "7up", "a_.-", &"x".repeat(50)] {
            assert!(username(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn addresses_are_checked_as_people_write_them() {
        for bad in [
            "",
            "plain",
            "@example.com",
            "john@",
            "john doe@example.com",
            "john@exa mple.com",
            "a@b@c.com",
            "x@[127.0.0.1]",
        ] {
            assert!(email(bad).is_err(), "{bad}");
        }
        assert!(email("o'hara!x+tag@example.com").is_ok());
    }

    #[test]
    fn every_address_gives_valid_usernames() {
        for address in [
            "me@x.example",
            "12345@x.example",
            "x@x.example",
            "o'hara!@x.example",
            "\u{fc}@x.example",
            &format!("{}@x.example", "long".repeat(15)),
        ] {
            let names: Vec<_> = username_candidates(address, || 7).collect();
            assert!(!names.is_empty());
            for name in names {
                assert!(username(&name).is_ok(), "{address} gives {name}");
            }
        }
    }

    #[test]
    fn passwords_and_names_are_counted_in_characters() {
        assert!(password("password", "пароль").is_ok());
        assert!(password("password", "12345").is_err());
        assert!(name("李明").is_ok() && name(" x ").is_err() && name(&"世".repeat(101)).is_err());
    }
}
