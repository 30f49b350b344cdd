//! Rooms of very many members.

use std::collections::HashMap;

use super::*;
use crate::store::sql::Sql;

impl Desk {
    /// So many people, who are like somebody.
    async fn people(&self, like: By, count: usize) {
        let text = format!(
            "INSERT INTO users (username, username_key, name, email, email_key, password_hash, role, away, disabled,
                 created_at, updated_at)
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
             SELECT 'crowd' || i, 'crowd' || i, name, 'crowd' || i, 'crowd' || i, '', role, away, disabled, created_at,
                 updated_at
             FROM n, users WHERE id = {}",
            like.user
        );
        self.store().write.execute_unprepared(&text).await.unwrap();
    }

    /// The first of them become members.
    async fn crowd(&self, room: ConversationId, count: usize) {
        let mut sql = Sql::about(
            "INSERT INTO conversation_members (conversation_id, user_id, role, last_read_seq, joined_at)
             SELECT c.id, u.id, 'member', 0, c.updated_at FROM conversations c, users u
             WHERE c.id = $1 AND u.username LIKE 'crowd%' ORDER BY u.id LIMIT ",
            room,
        );
        sql.bind(i64::try_from(count).unwrap());
        let statement = sql.statement(self.store().write.get_database_backend());
        self.store().write.execute_raw(statement).await.unwrap();
    }
}

#[tokio::test]
async fn a_room_of_more_members_than_a_statement_takes_values_is_read_and_grows() {
    for desk in Desk::all().await {
        let [alice, bob] = [desk.user("alice", Role::Customer).await, desk.user("bob", Role::Customer).await];
        let room = desk.room(alice, &[]).await;
        desk.people(alice, 16_400).await;
        desk.crowd(room, 16_400).await;
        assert_eq!(desk.store().members(room).await.unwrap().len(), 16_401);
        desk.conversation(alice, Wish::AddMember { room, user: UserRef::Id(bob.user) }).await;
        let members = desk.store().members(room).await.unwrap();
        assert_eq!((members.len(), members[16_401].user.id), (16_402, bob.user));
    }
}

#[tokio::test]
async fn lists_name_the_members_of_small_rooms_and_none_of_large_ones() {
    for desk in Desk::all().await {
        let [alice, bob] = [desk.user("alice", Role::Customer).await, desk.user("bob", Role::Customer).await];
        let large = desk.room(alice, &[]).await;
        desk.people(alice, Overview::MAX_MEMBERS).await;
        desk.crowd(large, Overview::MAX_MEMBERS).await;
        let small = desk.room(alice, &[bob]).await;
        let just_so = desk.room(alice, &[]).await;
        desk.crowd(just_so, Overview::MAX_MEMBERS - 1).await;
        let filter = ConversationFilter { kind: Some(ConversationKind::Room), status: None };
        let rooms = desk.store().conversations(alice.user, alice.role, filter, PAGE).await.unwrap().items;
        let listed: HashMap<_, _> = rooms
            .iter()
            .map(|room| (room.conversation.id, room.members.iter().map(|one| one.user.id).collect::<Vec<_>>()))
            .collect();
        assert_eq!((listed[&large].len(), &listed[&small]), (0, &vec![alice.user, bob.user]));
        assert_eq!((listed[&just_so].len(), listed[&just_so][0]), (Overview::MAX_MEMBERS, alice.user));
    }
}
