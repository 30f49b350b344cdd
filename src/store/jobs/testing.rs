//! A database with a user and their upload, for tests of jobs.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use time::Duration;
use time::macros::datetime;

use super::Lease;
use crate::domain::clock::Clock;
use crate::domain::job::Job;
use crate::domain::user::Role;
use crate::domain::{UploadId, UserId};
use crate::store::testbed::Bed;
use crate::store::{NewUpload, NewUser, Store};

/// A boot id.
pub const BOOT: i64 = 7;

/// A database of its own, and what keeps it.
pub struct World {
    pub store: Store,
    pub clock: Clock,
    pub user: UserId,
    pub upload: UploadId,
    pub folder: tempfile::TempDir,
    url: String,
}

impl World {
    async fn open(bed: Bed) -> Self {
        let clock = Clock::manual(datetime!(2026-11-20 09:00 UTC));
        let store = bed.open(clock.clone()).await;
        let Bed { url, folder } = bed;
        let user = add_user(&store, "alice").await;
        let upload = add_upload(&store, user).await;
        Self { store, clock, user, upload, folder, url }
    }

    pub async fn sqlite() -> Self {
        Self::open(Bed::sqlite()).await
    }

    pub async fn postgres() -> Option<Self> {
        Some(Self::open(Bed::postgres()?).await)
    }

    pub async fn all() -> Vec<Self> {
        let mut worlds = vec![Self::sqlite().await];
        worlds.extend(Self::postgres().await);
        worlds
    }

    /// The database as another process sees it.
    pub async fn reopened(&self) -> Store {
        Store::connect(&self.url, 5, self.clock.clone()).await.unwrap()
    }

    pub async fn start(&self) -> Job {
        self.clock.advance(Duration::milliseconds(1));
        self.store.create_job(self.user, self.upload).await.unwrap().job
    }

    pub async fn claim(&self) -> Lease {
        self.store.claim_job(BOOT).await.unwrap().unwrap()
    }

    pub async fn fetch(&self, job: &Job) -> Job {
        self.store.job(job.job_id).await.unwrap().unwrap()
    }

    /// Who read what of this user's, oldest first.
    pub async fn access_log(&self) -> Vec<(UserId, String)> {
        use entity::access_log::{Column, Entity};
        let rows = Entity::find().filter(Column::OwnerId.eq(self.user)).order_by_asc(Column::Id);
        let rows = rows.all(&self.store.read).await.unwrap();
        rows.into_iter().map(|row| (row.viewer_id.unwrap(), row.action)).collect()
    }
}

pub async fn add_user(store: &Store, name: &str) -> UserId {
    let new = NewUser {
        username: name.into(),
        name: name.into(),
        email: format!("{name}@example.com"),
        password_hash: "x".into(),
        role: Role::Customer,
    };
    store.create_user(new).await.unwrap().id
}

pub async fn add_upload(store: &Store, user_id: UserId) -> UploadId {
    let new = NewUpload {
        user_id,
        file_name: "resume.pdf".into(),
        mime_type: "application/pdf",
        file_size: 4,
        sha256: "0".repeat(64),
        linkedin_url: None,
        parts: vec!["%PDF".into()],
    };
    store.insert_upload(new).await.unwrap().id
}
