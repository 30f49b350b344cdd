//! What the Q&A memory reads and keeps: saved questions with vectors of one model, and the cuts measured of models.

use entity::{model_calibration as calibration, saved_interview_question as saved};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::profiles::{blob, floats};
use super::{Store, db};
use crate::domain::error::Result;
use crate::domain::{JobId, UserId};

/// A saved question, as the memory needs it.
#[derive(Clone, Debug, PartialEq)]
pub struct Remembered {
    pub id: i64,
    pub question: String,
    pub answer: String,
    /// `None` if there is none of the model asked for.
    pub vector: Option<Vec<f32>>,
}

/// Id, question, answer, vector and its model.
type Row = (i64, String, String, Option<Vec<u8>>, Option<String>);

impl Store {
    /// A user's newest saved questions, of one job or of all, with their vectors of this model.
    pub async fn remembered(
        &self,
        user: UserId,
        job: Option<JobId>,
        model: &str,
        limit: u64,
    ) -> Result<Vec<Remembered>> {
        use saved::Column::{Answer, Embedding, EmbeddingModel, Id, Question};
        let mut query = saved::Entity::find()
            .select_only()
            .columns([Id, Question, Answer, Embedding, EmbeddingModel])
            .filter(saved::Column::UserId.eq(user));
        if let Some(job) = job {
            query = query.filter(saved::Column::JobId.eq(job));
        }
        let rows = query.order_by_desc(Id).limit(limit).into_tuple::<Row>();
        let rows = rows.all(&self.read).await.map_err(db)?;
        let remembered = rows.into_iter().map(|(id, question, answer, bytes, by)| {
            let bytes = bytes.filter(|_| by.as_deref() == Some(model));
            Remembered { id, question, answer, vector: bytes.map(|bytes| floats(&bytes)) }
        });
        Ok(remembered.collect())
    }

    /// Keeps vectors of this model for questions that have not been edited meanwhile.
    pub async fn store_vectors(&self, made: &[Remembered], model: &str) -> Result<()> {
        let txn = self.begin().await?;
        for Remembered { id, question, answer, vector } in made {
            let Some(vector) = vector else { continue };
            saved::Entity::update_many()
                .col_expr(saved::Column::Embedding, Expr::value(blob(vector)))
                .col_expr(saved::Column::EmbeddingModel, Expr::value(model))
                .filter(saved::Column::Id.eq(*id))
                .filter(saved::Column::Question.eq(question))
                .filter(saved::Column::Answer.eq(answer))
                .exec(&txn)
                .await
                .map_err(db)?;
        }
        txn.commit().await.map_err(db)
    }

    /// The cut measured of a model with vectors of this dimension.
    pub async fn measured_cut(&self, model: &str, dimension: i32) -> Result<Option<f32>> {
        let found = calibration::Entity::find_by_id(model).one(&self.read).await.map_err(db)?;
        Ok(found.filter(|row| row.dimension == dimension).map(|row| row.cut as f32))
    }

    /// Keeps the cut of a model in the place of an earlier one.
    pub async fn store_cut(&self, model: &str, dimension: i32, cut: f32) -> Result<()> {
        use calibration::Column::{Cut, Dimension, MeasuredAt, Model};
        let row = calibration::ActiveModel {
            model: Set(model.to_owned()),
            dimension: Set(dimension),
            cut: Set(cut.into()),
            measured_at: Set(self.clock.now().into()),
        };
        let again = OnConflict::column(Model).update_columns([Dimension, Cut, MeasuredAt]).to_owned();
        let insert = calibration::Entity::insert(row).on_conflict(again);
        insert.exec_without_returning(&self.write).await.map(drop).map_err(db)
    }
}
