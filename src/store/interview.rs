//! Generated interview questions. Numbers are given once within a job: the second set goes on where the first ended.

use entity::{analysis_job, interview_question};
use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, TransactionTrait,
};

use super::{Store, db};
use crate::domain::error::{Error, Result};
use crate::domain::interview::{Category, Difficulty, Question};
use crate::domain::job::Job;

/// A question of a set under its number; number 3 is `q3`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbered {
    pub number: i32,
    pub question: Question,
}

/// A category or difficulty as the database holds it. It checks both columns, so another value is a defect.
pub(super) fn labels(category: &str, difficulty: &str) -> Result<(Category, Difficulty)> {
    let unknown = |_| Error::internal(format!("unknown category {category:?} or difficulty {difficulty:?}"));
    Ok((Category::parse(category).map_err(unknown)?, Difficulty::parse(difficulty).map_err(unknown)?))
}

pub(super) fn tags(stored: serde_json::Value) -> Result<Vec<String>> {
    serde_json::from_value(stored).map_err(|error| Error::internal(format!("stored tags: {error}")))
}

fn numbered(row: interview_question::Model) -> Result<Numbered> {
    let (category, difficulty) = labels(&row.category, &row.difficulty)?;
    let question = Question { question: row.question, category, difficulty, tags: tags(row.tags)?, answer: row.answer };
    Ok(Numbered { number: row.number, question })
}

async fn set(job: &Job, request_key: &str, on: &impl ConnectionTrait) -> Result<Vec<Numbered>> {
    let rows = interview_question::Entity::find()
        .filter(interview_question::Column::JobId.eq(job.id))
        .filter(interview_question::Column::RequestKey.eq(request_key))
        .order_by_asc(interview_question::Column::Number)
        .all(on)
        .await
        .map_err(db)?;
    rows.into_iter().map(numbered).collect()
}

impl Store {
    /// The set that this request has made before; empty if it has not.
    pub async fn interview_set(&self, job: &Job, request_key: &str) -> Result<Vec<Numbered>> {
        set(job, request_key, &self.read).await
    }

    /// Keeps a set under the next numbers of its job. If the same request made one meanwhile, that one counts.
    /// `None` if the job is gone.
    pub async fn store_interview_set(
        &self,
        job: &Job,
        request_key: &str,
        questions: Vec<Question>,
    ) -> Result<Option<Vec<Numbered>>> {
        let txn = self.write.begin().await.map_err(db)?;
        let owner = analysis_job::Entity::find_by_id(job.id).lock(LockType::NoKeyUpdate);
        if owner.one(&txn).await.map_err(db)?.is_none() {
            return Ok(None);
        }
        let earlier = set(job, request_key, &txn).await?;
        if !earlier.is_empty() {
            return Ok(Some(earlier));
        }
        let last: Option<i32> = interview_question::Entity::find()
            .select_only()
            .column_as(interview_question::Column::Number.max(), "last")
            .filter(interview_question::Column::JobId.eq(job.id))
            .into_tuple::<Option<i32>>()
            .one(&txn)
            .await
            .map_err(db)?
            .flatten();
        let numbers = last.unwrap_or(0) + 1..;
        let stored: Vec<Numbered> =
            numbers.zip(questions).map(|(number, question)| Numbered { number, question }).collect();
        let rows = stored.iter().map(|numbered| self.question_row(job, request_key, numbered));
        interview_question::Entity::insert_many(rows).exec_without_returning(&txn).await.map_err(db)?;
        txn.commit().await.map_err(db)?;
        Ok(Some(stored))
    }

    fn question_row(
        &self,
        job: &Job,
        key: &str,
        Numbered { number, question }: &Numbered,
    ) -> interview_question::ActiveModel {
        interview_question::ActiveModel {
            job_id: Set(job.id),
            number: Set(*number),
            request_key: Set(key.to_owned()),
            question: Set(question.question.clone()),
            answer: Set(question.answer.clone()),
            category: Set(question.category.as_str().to_owned()),
            difficulty: Set(question.difficulty.as_str().to_owned()),
            tags: Set(question.tags.clone().into()),
            created_at: Set(self.clock.now().into()),
        }
    }

    /// The newest questions of a job, over all its sets.
    pub async fn interview_questions_asked(&self, job: &Job, limit: u64) -> Result<Vec<String>> {
        let newest = interview_question::Entity::find()
            .select_only()
            .column(interview_question::Column::Question)
            .filter(interview_question::Column::JobId.eq(job.id))
            .order_by_desc(interview_question::Column::Number)
            .limit(limit);
        newest.into_tuple().all(&self.read).await.map_err(db)
    }

    /// Question number `number` of a job.
    pub async fn interview_question(&self, job: &Job, number: i32) -> Result<Option<Question>> {
        let row = interview_question::Entity::find_by_id((job.id, number)).one(&self.read).await.map_err(db)?;
        Ok(row.map(numbered).transpose()?.map(|numbered| numbered.question))
    }

    /// Keeps another answer to a question of a set.
    pub async fn replace_interview_answer(&self, job: &Job, number: i32, answer: &str) -> Result<()> {
        let update = interview_question::Entity::update_many()
            .col_expr(interview_question::Column::Answer, Expr::value(answer))
            .filter(interview_question::Column::JobId.eq(job.id))
            .filter(interview_question::Column::Number.eq(number));
        update.exec(&self.write).await.map_err(db)?;
        Ok(())
    }
}
