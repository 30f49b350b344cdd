//! The lists of the contract, and how the databases find them: by an index in their order, never by reading a whole table.

use sea_orm::{EntityTrait, QueryTrait as _, Select};

use super::ledger::posted_as;
use super::testbed::{Bed, plan};
use super::{Backend, GLOBAL_ID, History, MessageFilter, SavedFilter, Store, conversations, export, library, messages};
use crate::domain::ConversationId;
use crate::domain::clock::Clock;
use crate::domain::page::Page;
use crate::domain::user::Role;

const PAGE: Page = Page { limit: 50, before: Some(1_000_000) };

async fn plan_of<E: EntityTrait>(store: &Store, list: Select<E>) -> String {
    plan(store, list.build(store.read.get_database_backend()), &["sort"]).await
}

/// Whether a plan has a step that puts rows in an order.
fn sorts(plan: &str) -> bool {
    plan.contains("TEMP B-TREE") || plan.contains("Sort")
}

#[tokio::test]
async fn the_library_is_read_by_its_index_in_its_order() {
    for bed in Bed::all() {
        let store = bed.open(Clock::system()).await;
        let list = plan_of(&store, library::listed(1, &SavedFilter::default(), PAGE)).await;
        assert!(list.contains("idx_saved_interview_questions_user_id_id") && !sorts(&list), "{list}");
        let tagged = SavedFilter { tags: vec!["sql".into()], ..SavedFilter::default() };
        let tagged = plan_of(&store, library::listed(1, &tagged, PAGE)).await;
        assert!(
            tagged.contains("idx_saved_question_tags_tag") || tagged.contains("saved_question_tags_pkey"),
            "{tagged}"
        );
        assert!(!tagged.contains("SCAN ") && !tagged.contains("Seq Scan"), "{tagged}");
    }
}

#[tokio::test]
async fn the_history_of_a_conversation_is_read_by_its_indexes_in_their_order() {
    for bed in Bed::all() {
        let store = bed.open(Clock::system()).await;
        for (history, index) in [
            (History::Before(None), "idx_chat_messages_conversation_id_seq"),
            (History::After(7), "idx_chat_messages_conversation_id_updated_seq"),
        ] {
            let list = plan_of(&store, messages::listed(GLOBAL_ID, history, &MessageFilter::default(), PAGE)).await;
            assert!(list.contains(index) && !sorts(&list), "{list}");
        }
    }
}

#[tokio::test]
async fn messages_are_found_by_the_index_of_their_words() {
    for bed in Bed::all() {
        let store = bed.open(Clock::system()).await;
        for role in [Role::Customer, Role::Agent, Role::SuperAgent] {
            let sql = messages::found(store.backend(), 1, role, "zebra runs", (51, 0)).unwrap();
            // without messages, the conversations seem to be the shorter way
            let found = plan(&store, sql.statement(store.read.get_database_backend()), &["nestloop"]).await;
            let index = match store.backend() {
                Backend::Sqlite => "SCAN f VIRTUAL TABLE INDEX",
                Backend::Postgres => "idx_chat_messages_content_search",
            };
            assert!(found.contains(index), "{found}");
            assert!(!found.contains("SCAN c") && !found.contains("Seq Scan on chat_messages"), "{found}");
        }
    }
}

#[tokio::test]
async fn messages_of_a_batch_are_looked_up_one_by_one_however_large_the_table_seems() {
    for bed in Bed::all() {
        let store = bed.open(Clock::system()).await;
        let backend = store.read.get_database_backend();
        let named = posted_as(backend, &[(1, "a".to_owned()), (2, "b".to_owned())]);
        let latest = conversations::latest(backend, &[GLOBAL_ID, ConversationId::max()]);
        let unread = conversations::counted_unread(&[GLOBAL_ID], &[1, 2]);
        let by_seq = "idx_chat_messages_conversation_id_seq";
        for (sql, index) in [(named, "idx_chat_messages_sender_id_client_msg_id"), (latest, by_seq), (unread, by_seq)] {
            // any other way of joining would read the whole table
            let plan = plan(&store, sql.statement(backend), &["nestloop", "bitmapscan"]).await;
            assert!(plan.contains(index), "{plan}");
            assert!(!plan.contains("Hash") && !plan.contains("Merge"), "{plan}");
        }
    }
}

#[tokio::test]
async fn members_are_listed_by_the_key_of_their_conversation() {
    for bed in Bed::all() {
        let store = bed.open(Clock::system()).await;
        let backend = store.read.get_database_backend();
        let rosters = conversations::small_rosters(&[GLOBAL_ID, ConversationId::max()]);
        let plan = plan(&store, rosters.statement(backend), &["bitmapscan"]).await;
        assert!(!plan.contains("SCAN conversation_members") && !plan.contains("Seq Scan"), "{plan}");
    }
}

#[tokio::test]
async fn an_export_reads_on_where_its_last_page_ended() {
    for bed in Bed::all() {
        let store = bed.open(Clock::system()).await;
        let last = Some(ConversationId::max());
        let written = plan_of(&store, export::written(1, last)).await;
        assert!(written.contains("idx_chat_messages_sender_id_id") && !sorts(&written), "{written}");
        let answers = plan_of(&store, export::answers(1, 7)).await;
        assert!(answers.contains("idx_chat_messages_conversation_id_seq") && !sorts(&answers), "{answers}");
        assert!(answers.contains("idx_conversations_assistant"), "{answers}");
        let attached = plan_of(&store, export::attached(1, last)).await;
        assert!(attached.contains("idx_chat_messages_sender_id_id") && !sorts(&attached), "{attached}");
    }
}
