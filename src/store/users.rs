//! Accounts.

#[cfg(test)]
mod tests;

use entity::{retired_username, user};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect,
};

use super::contains::contains;
use super::error::is_unique_violation;
use super::sql::Sql;
use super::{Store, db};
use crate::domain::UserId;
use crate::domain::account::key;
use crate::domain::error::{Error, Result};
use crate::domain::page::{Page, Slice};
use crate::domain::user::{Role, User, UserRef};

/// An account to be made.
pub struct NewUser {
    pub username: String,
    pub name: String,
    pub email: String,
    /// PHC string.
    pub password_hash: String,
    pub role: Role,
}

/// What a list of users is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct UserFilter {
    /// Part of the username or name, case ignored, taken literally.
    pub q: Option<String>,
    pub role: Option<Role>,
    /// Only these, or all but these.
    pub online: Option<(bool, Vec<UserId>)>,
    /// Only these, or all but these.
    pub disabled: Option<bool>,
    /// Only staff and this user (a private directory).
    pub staff_and: Option<UserId>,
}

/// The role of a stored user. The database checks the column, so another value is a defect.
fn role(text: &str) -> Result<Role> {
    Role::parse(text).map_err(|_| Error::internal(format!("unknown role {text:?} in the database")))
}

pub(super) fn user(row: user::Model) -> Result<User> {
    Ok(User {
        id: row.id,
        role: role(&row.role)?,
        username: row.username,
        name: row.name,
        email: row.email,
        avatar: row.avatar,
        away: row.away,
        disabled: row.disabled,
        created_at: row.created_at.into(),
    })
}

fn taken(error: DbErr) -> Error {
    if is_unique_violation(&error, "email_key") {
        return email_taken();
    }
    if is_unique_violation(&error, "username_key") {
        return username_taken();
    }
    db(error)
}

fn email_taken() -> Error {
    Error::conflict("EMAIL_TAKEN", "Email already registered", "An account with this e-mail address exists: sign in.")
        .field("email")
}

fn username_taken() -> Error {
    Error::conflict("USERNAME_TAKEN", "Username already taken", "This username is taken: choose another one.")
        .field("username")
}

impl Store {
    /// Makes an account. 409 `EMAIL_TAKEN` or `USERNAME_TAKEN` (also if an erased account had the name).
    pub async fn create_user(&self, new: NewUser) -> Result<User> {
        let txn = self.begin().await?;
        let username_key = key(&new.username);
        if retired_username::Entity::find_by_id(username_key.clone()).one(&txn).await.map_err(db)?.is_some() {
            return Err(username_taken());
        }
        let now = self.clock.now();
        let row = user::ActiveModel {
            username: Set(new.username),
            username_key: Set(username_key),
            name: Set(new.name),
            email_key: Set(key(&new.email)),
            email: Set(new.email),
            password_hash: Set(new.password_hash),
            role: Set(new.role.as_str().to_owned()),
            avatar: Set(None),
            away: Set(false),
            disabled: Set(false),
            created_at: Set(now.into()),
            updated_at: Set(now.into()),
            ..Default::default()
        };
        let row = user::Entity::insert(row).exec_with_returning(&txn).await.map_err(taken)?;
        txn.commit().await.map_err(db)?;
        user(row)
    }

    pub async fn user(&self, id: UserId) -> Result<Option<User>> {
        user::Entity::find_by_id(id).one(&self.read).await.map_err(db)?.map(user).transpose()
    }

    pub async fn find_user(&self, reference: &UserRef) -> Result<Option<User>> {
        let query = match reference {
            UserRef::Id(id) => user::Entity::find_by_id(*id),
            UserRef::Name(name) => user::Entity::find().filter(user::Column::UsernameKey.eq(key(name))),
        };
        query.one(&self.read).await.map_err(db)?.map(user).transpose()
    }

    /// The account that signs in by this username or address, with its password hash. A username has no `@`, an address has one.
    pub async fn user_for_login(&self, login: &str) -> Result<Option<(User, String)>> {
        let column = if login.contains('@') { user::Column::EmailKey } else { user::Column::UsernameKey };
        let row = user::Entity::find().filter(column.eq(key(login))).one(&self.read).await.map_err(db)?;
        row.map(|row| {
            let hash = row.password_hash.clone();
            Ok((user(row)?, hash))
        })
        .transpose()
    }

    pub async fn password_hash(&self, id: UserId) -> Result<Option<String>> {
        user::Entity::find_by_id(id)
            .select_only()
            .column(user::Column::PasswordHash)
            .into_tuple()
            .one(&self.read)
            .await
            .map_err(db)
    }

    pub async fn set_password_hash(&self, id: UserId, hash: String) -> Result<()> {
        self.update_user(id, user::Column::PasswordHash, hash.into()).await
    }

    /// Whether somebody said to be away.
    pub async fn set_away(&self, id: UserId, away: bool) -> Result<()> {
        self.update_user(id, user::Column::Away, away.into()).await
    }

    /// Changes a role. The last super-agent keeps theirs: 409.
    pub async fn set_role(&self, id: UserId, to: Role) -> Result<()> {
        self.change_staff(id, to == Role::SuperAgent, user::Column::Role, to.as_str().into()).await
    }

    /// Disables or enables an account. The last super-agent stays enabled: 409.
    pub async fn set_disabled(&self, id: UserId, disabled: bool) -> Result<()> {
        self.change_staff(id, !disabled, user::Column::Disabled, disabled.into()).await
    }

    /// Nobody of these is away any more.
    pub async fn come_back(&self, users: &[UserId]) -> Result<()> {
        let mut sql = Sql::new("UPDATE users SET away = ");
        sql.bind(false).push(", updated_at = ").bind(entity::Timestamp::from(self.clock.now()));
        sql.push(" WHERE away AND id IN ").list(users.iter().copied());
        self.write.execute_raw(sql.statement(self.write.get_database_backend())).await.map_err(db)?;
        Ok(())
    }

    async fn update_user(&self, id: UserId, column: user::Column, value: sea_orm::Value) -> Result<()> {
        let now: entity::Timestamp = self.clock.now().into();
        user::Entity::update_many()
            .col_expr(column, Expr::value(value))
            .col_expr(user::Column::UpdatedAt, Expr::value(now))
            .filter(user::Column::Id.eq(id))
            .exec(&self.write)
            .await
            .map_err(db)?;
        Ok(())
    }

    async fn change_staff(&self, id: UserId, stays: bool, column: user::Column, value: sea_orm::Value) -> Result<()> {
        let txn = self.begin().await?;
        if !stays {
            self.keep_a_super_agent(id, &txn).await?;
        }
        user::Entity::update_many()
            .col_expr(column, Expr::value(value))
            .filter(user::Column::Id.eq(id))
            .exec(&txn)
            .await
            .map_err(db)?;
        txn.commit().await.map_err(db)
    }

    /// 409 if this account is the last super-agent.
    pub async fn check_may_go(&self, id: UserId) -> Result<()> {
        self.another_super_agent(id, &self.read).await
    }

    /// The same for a transaction that takes them away.
    pub(super) async fn keep_a_super_agent(&self, id: UserId, txn: &impl ConnectionTrait) -> Result<()> {
        self.lock_staff(txn).await?;
        self.another_super_agent(id, txn).await
    }

    async fn another_super_agent(&self, id: UserId, conn: &impl ConnectionTrait) -> Result<()> {
        let others = super_agents().filter(user::Column::Id.ne(id)).count(conn).await.map_err(db)?;
        let is_one = super_agents().filter(user::Column::Id.eq(id)).count(conn).await.map_err(db)?;
        if others == 0 && is_one > 0 { Err(last_super_agent()) } else { Ok(()) }
    }

    /// Two changes at once must not remove the last two super-agents. SQLite has one writer anyway.
    async fn lock_staff(&self, txn: &impl ConnectionTrait) -> Result<()> {
        if self.backend() == super::Backend::Postgres {
            super_agents().lock_exclusive().all(txn).await.map_err(db)?;
        }
        Ok(())
    }

    /// Newest first.
    pub async fn users(&self, filter: &UserFilter, page: Page) -> Result<Slice<User>> {
        let mut query = user::Entity::find().order_by_desc(user::Column::Id).limit(page.limit + 1);
        if let Some(before) = page.before {
            query = query.filter(user::Column::Id.lt(before));
        }
        let rows = query.filter(condition(filter)).all(&self.read).await.map_err(db)?;
        let users = rows.into_iter().map(user).collect::<Result<Vec<_>>>()?;
        Ok(page.slice(users, |user| user.id))
    }

    /// Whether an agent is assigned to an active support chat of this customer.
    pub async fn serves_customer(&self, agent: UserId, customer: UserId) -> Result<bool> {
        use entity::conversation::{Column, Entity};
        let chats = Entity::find()
            .filter(Column::Kind.eq("support"))
            .filter(Column::Status.eq("active"))
            .filter(Column::AgentId.eq(agent))
            .filter(Column::CustomerId.eq(customer));
        Ok(chats.count(&self.read).await.map_err(db)? > 0)
    }
}

fn super_agents() -> sea_orm::Select<user::Entity> {
    user::Entity::find()
        .filter(user::Column::Role.eq(Role::SuperAgent.as_str()))
        .filter(user::Column::Disabled.eq(false))
}

fn last_super_agent() -> Error {
    Error::conflict(
        "LAST_SUPER_AGENT",
        "Last super-agent",
        "This is the last super-agent: make somebody else one before changing this account.",
    )
}

fn condition(filter: &UserFilter) -> Condition {
    let mut all = Condition::all();
    if let Some(q) = &filter.q {
        all = all.add(contains(&[user::Column::UsernameKey, user::Column::Name], q));
    }
    if let Some(role) = filter.role {
        all = all.add(user::Column::Role.eq(role.as_str()));
    }
    if let Some((online, ids)) = &filter.online {
        let listed = user::Column::Id.is_in(ids.iter().copied());
        let online_now = Condition::all().add(listed).add(user::Column::Away.eq(false));
        all = all.add(if *online { online_now } else { online_now.not() });
    }
    if let Some(disabled) = filter.disabled {
        all = all.add(user::Column::Disabled.eq(disabled));
    }
    if let Some(me) = filter.staff_and {
        all = all.add(Condition::any().add(user::Column::Role.ne("customer")).add(user::Column::Id.eq(me)));
    }
    all
}
