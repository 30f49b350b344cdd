//! The query of a request.

use std::collections::HashMap;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use crate::domain::UserId;
use crate::domain::error::{Error, Kind, Result};
use crate::domain::user::Identity;

/// Query parameters by name; of one that is given twice the first counts. U+0000 in any is a 400.
#[derive(Clone, Debug, Default)]
pub struct Params(HashMap<String, String>);

impl Params {
    pub fn parse(query: &str) -> Result<Self> {
        let mut params = HashMap::new();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            if name.contains('\0') || value.contains('\0') {
                return Err(Error::invalid(name.replace('\0', ""), "U+0000 is not allowed in a parameter."));
            }
            params.entry(name.into_owned()).or_insert_with(|| value.into_owned());
        }
        Ok(Self(params))
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A parameter that must be there and not empty.
    pub fn required(&self, name: &'static str) -> Result<&str> {
        self.get(name)
            .filter(|value| !value.is_empty())
            .ok_or_else(|| Error::invalid(name, format!("The parameter {name} is required.")))
    }

    /// A numeric id that must be there.
    pub fn id(&self, name: &'static str) -> Result<i64> {
        let title = format!("Invalid {name} parameter");
        let number = self.get(name).and_then(|text| text.parse().ok());
        number.ok_or_else(|| {
            let message = format!("The parameter {name} is required and must be a whole number.");
            Error::new(Kind::Invalid, "INVALID_PARAMETER", title, message).field(name)
        })
    }

    /// `true` or `false`, if given.
    pub fn flag(&self, name: &'static str) -> Result<Option<bool>> {
        match self.get(name) {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(Error::invalid(name, format!("{name} must be true or false."))),
        }
    }

    /// A user named in the query must be the caller: 400 if it is no user's name, 403 if it is another's.
    pub fn own_user(&self, name: &'static str, caller: &Identity) -> Result<UserId> {
        self.get(name).map_or(Ok(caller.user_id), |text| own_user(name, text, caller))
    }
}

/// A user named in a request must be the caller, by id or username.
pub fn own_user(field: &'static str, text: &str, caller: &Identity) -> Result<UserId> {
    if text == caller.user_id.to_string() || text.eq_ignore_ascii_case(&caller.username) {
        return Ok(caller.user_id);
    }
    let is_number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if is_number || crate::domain::account::username(text).is_ok() && field != "user_id" {
        return Err(Error::forbidden(format!("{field} must be yourself.")).field(field));
    }
    Err(Error::invalid(field, format!("{field} must be your user id.")))
}

impl FromRequest for Params {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::parse(request.query_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_whole_numbers() {
        let params = Params::parse("id=7&bad=abc&half=1.5&empty=").unwrap();
        assert_eq!(params.id("id").unwrap(), 7);
        for name in ["bad", "half", "empty", "missing"] {
            assert_eq!(params.id(name).unwrap_err().title, format!("Invalid {name} parameter"));
        }
    }

    #[test]
    fn u0000_is_refused_anywhere() {
        assert!(Params::parse("q=a%00b").is_err());
        assert!(Params::parse("q=%ff").is_ok());
    }
}
