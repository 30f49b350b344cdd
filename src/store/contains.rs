//! Texts that contain another one, case ignored, on both databases.

use sea_orm::Condition;
use sea_orm::sea_query::{Expr, ExprTrait, Func, IntoColumnRef, LikeExpr};

/// Capitals where words begin, as in names.
fn capitalized(lower: &str) -> String {
    let mut begins = true;
    let mut text = String::with_capacity(lower.len());
    for letter in lower.chars() {
        if begins {
            text.extend(letter.to_uppercase());
        } else {
            text.push(letter);
        }
        begins = !letter.is_alphanumeric();
    }
    text
}

/// The ways in which a text may stand in a column whose lower case knows ASCII only (SQLite's).
fn spellings(q: &str) -> Vec<String> {
    let lower = q.to_lowercase();
    let mut letters = lower.chars();
    let sentence = letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>());
    let mut all = vec![q.to_ascii_lowercase(), q.to_uppercase().to_ascii_lowercase()];
    all.push(capitalized(&lower).to_ascii_lowercase());
    all.extend(sentence.map(|text| text.to_ascii_lowercase()));
    all.push(lower);
    all.sort_unstable();
    all.dedup();
    all
}

/// Any of the columns contains `q`, taken literally.
pub(super) fn contains<C: IntoColumnRef + Copy>(columns: &[C], q: &str) -> Condition {
    let mut any = Condition::any();
    for text in spellings(q) {
        let literal = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        for column in columns {
            let like = LikeExpr::new(format!("%{literal}%")).escape('\\');
            any = any.add(Expr::expr(Func::lower(Expr::col(*column))).like(like));
        }
    }
    any
}
