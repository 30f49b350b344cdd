//! The library: saved questions, which outlive their job and upload, with their tags and embeddings.

#[cfg(test)]
mod tests;

use entity::{saved_interview_question as saved, saved_question_tag as tag};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
};
use time::OffsetDateTime;

use super::contains::contains;
use super::error::is_unique_violation;
use super::interview::{labels, tags};
use super::profiles::{blob, floats};
use super::{Store, db};
use crate::domain::error::{Error, Result};
use crate::domain::interview::{Category, Difficulty, Question};
use crate::domain::matching::exact_key;
use crate::domain::page::{Page, Slice};
use crate::domain::{JobId, UserId};

/// A vector, and the model that made it.
#[derive(Clone, Debug, PartialEq)]
pub struct Vector {
    pub model: String,
    pub values: Vec<f32>,
}

/// A question to be saved.
#[derive(Clone, Debug)]
pub struct NewSaved {
    pub user_id: UserId,
    pub job_id: JobId,
    /// As the client names it within the job.
    pub question_id: String,
    pub content: Content,
    /// `None` if the embedder did not answer: it is made later.
    pub embedding: Option<Vector>,
}

/// What its owner may change of a saved question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    pub question: Question,
    pub job_title: Option<String>,
    pub company: Option<String>,
}

/// A saved question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    pub id: i64,
    pub job_id: Option<JobId>,
    pub question_id: String,
    pub content: Content,
    pub saved_at: OffsetDateTime,
}

/// How an edit of a saved question ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replaced {
    Done,
    /// The user has none of this id.
    Gone,
    /// Somebody else edited it after it was read.
    Changed,
}

/// What a list of saved questions is narrowed to. All of it must hold.
#[derive(Clone, Debug, Default)]
pub struct SavedFilter {
    pub job_id: Option<JobId>,
    pub category: Option<Category>,
    pub difficulty: Option<Difficulty>,
    /// Any of these, case ignored; empty: all.
    pub tags: Vec<String>,
    /// Part of the question, the answer, the title or the company, case ignored, taken literally.
    pub q: Option<String>,
}

fn row(row: saved::Model) -> Result<Saved> {
    let (category, difficulty) = labels(&row.category, &row.difficulty)?;
    let question = Question { question: row.question, category, difficulty, tags: tags(row.tags)?, answer: row.answer };
    Ok(Saved {
        id: row.id,
        job_id: row.job_id,
        question_id: row.question_id,
        content: Content { question, job_title: row.job_title, company: row.company },
        saved_at: row.created_at.into(),
    })
}

fn already_saved(error: DbErr) -> Error {
    if is_unique_violation(&error, "question_id") {
        return Error::conflict(
            "QUESTION_ALREADY_SAVED",
            "Question already saved",
            "This question is already in your library",
        );
    }
    db(error)
}

/// Sets the columns that hold `content`.
fn write(row: &mut saved::ActiveModel, content: Content) {
    let Content { question, job_title, company } = content;
    row.question_key = Set(exact_key(&question.question));
    row.question = Set(question.question);
    row.answer = Set(question.answer);
    row.category = Set(question.category.as_str().to_owned());
    row.difficulty = Set(question.difficulty.as_str().to_owned());
    row.tags = Set(question.tags.into());
    row.job_title = Set(job_title);
    row.company = Set(company);
}

fn write_vector(row: &mut saved::ActiveModel, embedding: Option<Vector>) {
    let (values, model) = embedding.map(|vector| (blob(&vector.values), vector.model)).unzip();
    row.embedding = Set(values);
    row.embedding_model = Set(model);
}

async fn write_tags(id: i64, tags: &[String], on: &impl ConnectionTrait) -> Result<()> {
    tag::Entity::delete_many().filter(tag::Column::QuestionId.eq(id)).exec(on).await.map_err(db)?;
    let mut folded: Vec<String> = tags.iter().map(|tag| tag.to_lowercase()).collect();
    folded.sort_unstable();
    folded.dedup();
    if folded.is_empty() {
        return Ok(());
    }
    let rows = folded.into_iter().map(|tag| tag::ActiveModel { question_id: Set(id), tag: Set(tag) });
    tag::Entity::insert_many(rows).exec_without_returning(on).await.map(drop).map_err(db)
}

fn matching(user: UserId, filter: &SavedFilter) -> Condition {
    let mut all = Condition::all().add(saved::Column::UserId.eq(user));
    if let Some(job) = filter.job_id {
        all = all.add(saved::Column::JobId.eq(job));
    }
    if let Some(category) = filter.category {
        all = all.add(saved::Column::Category.eq(category.as_str()));
    }
    if let Some(difficulty) = filter.difficulty {
        all = all.add(saved::Column::Difficulty.eq(difficulty.as_str()));
    }
    if !filter.tags.is_empty() {
        let tagged = tag::Entity::find()
            .select_only()
            .column(tag::Column::QuestionId)
            .filter(tag::Column::Tag.is_in(filter.tags.iter().map(|tag| tag.to_lowercase())));
        all = all.add(saved::Column::Id.in_subquery(tagged.into_query()));
    }
    if let Some(q) = &filter.q {
        let columns = [saved::Column::Question, saved::Column::Answer, saved::Column::JobTitle, saved::Column::Company];
        all = all.add(contains(&columns, q));
    }
    all
}

/// One page, and one row more if there is another.
pub(super) fn listed(user: UserId, filter: &SavedFilter, page: Page) -> Select<saved::Entity> {
    let query = saved::Entity::find().filter(matching(user, filter)).order_by_desc(saved::Column::Id);
    let query = if let Some(before) = page.before { query.filter(saved::Column::Id.lt(before)) } else { query };
    query.limit(page.limit + 1)
}

impl Store {
    /// Saves a question. 409 `QUESTION_ALREADY_SAVED`.
    pub async fn save_question(&self, new: NewSaved) -> Result<i64> {
        let now = self.clock.now();
        let tags = new.content.question.tags.clone();
        let mut row = saved::ActiveModel {
            user_id: Set(new.user_id),
            job_id: Set(Some(new.job_id)),
            question_id: Set(new.question_id),
            created_at: Set(now.into()),
            updated_at: Set(now.into()),
            ..Default::default()
        };
        write(&mut row, new.content);
        write_vector(&mut row, new.embedding);
        let txn = self.begin().await?;
        let id = saved::Entity::insert(row).exec(&txn).await.map_err(already_saved)?.last_insert_id;
        write_tags(id, &tags, &txn).await?;
        txn.commit().await.map_err(db)?;
        Ok(id)
    }

    /// The saved question of this name within this job.
    pub async fn find_saved(&self, user: UserId, job: JobId, question_id: &str) -> Result<Option<i64>> {
        let found = saved::Entity::find()
            .select_only()
            .column(saved::Column::Id)
            .filter(saved::Column::UserId.eq(user))
            .filter(saved::Column::JobId.eq(job))
            .filter(saved::Column::QuestionId.eq(question_id));
        found.into_tuple().one(&self.read).await.map_err(db)
    }

    pub async fn saved_question(&self, user: UserId, id: i64) -> Result<Option<Saved>> {
        let query = saved::Entity::find_by_id(id).filter(saved::Column::UserId.eq(user));
        query.one(&self.read).await.map_err(db)?.map(row).transpose()
    }

    /// Newest first.
    pub async fn library(&self, user: UserId, filter: &SavedFilter, page: Page) -> Result<Slice<Saved>> {
        let rows = listed(user, filter, page).all(&self.read).await.map_err(db)?;
        let rows: Vec<Saved> = rows.into_iter().map(row).collect::<Result<_>>()?;
        Ok(page.slice(rows, |saved| saved.id))
    }

    /// Newest first, after the first `offset`; and how many there are in all.
    pub async fn saved_questions(
        &self,
        user: UserId,
        filter: &SavedFilter,
        limit: u64,
        offset: u64,
    ) -> Result<(Vec<Saved>, u64)> {
        let query = saved::Entity::find().filter(matching(user, filter));
        let total = query.clone().count(&self.read).await.map_err(db)?;
        let rows = query.order_by_desc(saved::Column::Id).limit(limit).offset(offset);
        let rows = rows.all(&self.read).await.map_err(db)?;
        Ok((rows.into_iter().map(row).collect::<Result<_>>()?, total))
    }

    /// The newest saved questions with their vectors of this model, if they have one.
    pub async fn saved_vectors(
        &self,
        user: UserId,
        model: &str,
        limit: u64,
    ) -> Result<Vec<(String, Option<Vec<f32>>)>> {
        let rows: Vec<(String, Option<Vec<u8>>, Option<String>)> = saved::Entity::find()
            .select_only()
            .columns([saved::Column::Question, saved::Column::Embedding, saved::Column::EmbeddingModel])
            .filter(saved::Column::UserId.eq(user))
            .order_by_desc(saved::Column::Id)
            .limit(limit)
            .into_tuple()
            .all(&self.read)
            .await
            .map_err(db)?;
        let of_model = |made_by: &Option<String>| made_by.as_deref() == Some(model);
        Ok(rows
            .into_iter()
            .map(|(text, bytes, by)| (text, bytes.filter(|_| of_model(&by)).map(|bytes| floats(&bytes))))
            .collect())
    }

    /// Replaces the content of a saved question, and its vector; false if the user has none of this id.
    pub async fn replace_saved(
        &self,
        user: UserId,
        id: i64,
        before: &Content,
        content: Content,
        embedding: Option<Vector>,
    ) -> Result<Replaced> {
        let txn = self.begin().await?;
        let mut mine = saved::Entity::find_by_id(id).filter(saved::Column::UserId.eq(user));
        if self.backend() == super::Backend::Postgres {
            mine = mine.lock_exclusive();
        }
        let Some(found) = mine.one(&txn).await.map_err(db)? else { return Ok(Replaced::Gone) };
        if row(found.clone())?.content != *before {
            return Ok(Replaced::Changed);
        }
        let rewritten = found.question != content.question.question || found.answer != content.question.answer;
        let mut active = found.into_active_model();
        write_tags(id, &content.question.tags, &txn).await?;
        write(&mut active, content);
        if rewritten {
            write_vector(&mut active, embedding);
        }
        active.updated_at = Set(self.clock.now().into());
        saved::Entity::update(active).exec(&txn).await.map_err(db)?;
        txn.commit().await.map_err(db)?;
        Ok(Replaced::Done)
    }

    /// False if the user has none of this id.
    pub async fn delete_saved(&self, user: UserId, id: i64) -> Result<bool> {
        let mine = saved::Entity::delete_many().filter(saved::Column::Id.eq(id)).filter(saved::Column::UserId.eq(user));
        Ok(mine.exec(&self.write).await.map_err(db)?.rows_affected > 0)
    }
}
