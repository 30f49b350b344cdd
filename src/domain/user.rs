//! Users, their roles, and the object that every API shows of them.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::UserId;
use super::clock::rfc3339;
use super::error::{Error, Result};

/// What somebody may do. The order is the order of power.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    #[default]
    Customer,
    Agent,
    SuperAgent,
}

impl Role {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Agent => "agent",
            Self::SuperAgent => "super-agent",
        }
    }

    /// Agents and super-agents.
    pub fn is_staff(self) -> bool {
        self >= Self::Agent
    }

    /// Reads a role as the API and the database write it; the error names the field `role`.
    pub fn parse(text: &str) -> Result<Self> {
        match text {
            "customer" => Ok(Self::Customer),
            "agent" => Ok(Self::Agent),
            "super-agent" => Ok(Self::SuperAgent),
            _ => Err(Error::invalid("role", "role must be customer, agent or super-agent.")),
        }
    }
}

/// A user as stored, without the password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    pub id: UserId,
    pub username: String,
    pub name: String,
    pub email: String,
    pub role: Role,
    pub avatar: Option<String>,
    /// Said to be away, although connected.
    pub away: bool,
    pub disabled: bool,
    pub created_at: OffsetDateTime,
}

/// The user object of the contract, as one particular reader may see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UserView {
    pub id: UserId,
    pub username: String,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    pub role: Role,
    pub avatar: Option<String>,
    pub is_online: bool,
    #[serde(rename = "isOnline")]
    pub is_online_camel: bool,
    #[serde(with = "rfc3339")]
    pub created_at: OffsetDateTime,
}

impl User {
    /// Stands in the place of the name of whoever is erased.
    pub const DELETED: &'static str = "deleted user";

    /// What a reader sees: the address only of oneself, or as staff.
    pub fn seen_by(self, reader: &Identity, is_online: bool) -> UserView {
        let with_email = reader.role.is_staff() || reader.user_id == self.id;
        self.view(with_email, is_online)
    }

    /// What the user sees of themselves.
    pub fn seen_by_oneself(self, is_online: bool) -> UserView {
        self.view(true, is_online)
    }

    /// What everybody sees: in messages, which are written once for all who listen.
    pub fn seen_by_all(&self, is_online: bool) -> UserView {
        self.clone().view(false, is_online)
    }

    fn view(self, with_email: bool, is_online: bool) -> UserView {
        UserView {
            id: self.id,
            username: self.username,
            name: self.name,
            email: with_email.then_some(self.email),
            role: self.role,
            avatar: self.avatar,
            is_online,
            is_online_camel: is_online,
            created_at: self.created_at,
        }
    }
}

/// Who is asking: a valid token and the stored role of its user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub user_id: UserId,
    pub username: String,
    pub role: Role,
    /// The session: stays the same when its token is refreshed.
    pub sid: uuid::Uuid,
    /// The token.
    pub jti: uuid::Uuid,
    pub expires_at: OffsetDateTime,
}

/// A user named in a path or body: the integer, the integer as a string, or the username.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserRef {
    Id(UserId),
    Name(String),
}

impl UserRef {
    /// Usernames are never all digits, so digits are an id. An id beyond 64 bits is nobody's: it stays a name that cannot exist.
    pub fn parse(text: &str) -> Self {
        text.parse().map_or_else(|_| Self::Name(text.to_owned()), Self::Id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_ordered_by_power_and_read_as_written() {
        for role in [Role::Customer, Role::Agent, Role::SuperAgent] {
            assert_eq!(Role::parse(role.as_str()).ok(), Some(role));
        }
        assert!(Role::Customer < Role::Agent && Role::Agent < Role::SuperAgent);
        assert!(Role::parse("Agent").is_err());
    }

    #[test]
    fn a_user_is_named_by_number_or_by_name() {
        assert_eq!(UserRef::parse("17"), UserRef::Id(17));
        assert_eq!(UserRef::parse("alice"), UserRef::Name("alice".into()));
        assert_eq!(UserRef::parse("99999999999999999999"), UserRef::Name("99999999999999999999".into()));
    }
}
