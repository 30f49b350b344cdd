use super::*;
use crate::domain::clock::Clock;
use crate::store::testbed::Bed;

#[tokio::test]
async fn people_are_found_by_a_part_of_their_name_in_any_case_and_script() {
    for bed in Bed::all() {
        let store = bed.open(Clock::system()).await;
        for (username, name) in
            [("anna", "Anna Öztürk"), ("emile", "ÉMILE DURAND"), ("olga", "Ольга Петрова"), ("hundred", "100% Łukasz_")]
        {
            let new = NewUser {
                username: username.into(),
                name: name.into(),
                email: format!("{username}@example.com"),
                password_hash: String::new(),
                role: Role::Customer,
            };
            store.create_user(new).await.unwrap();
        }
        for (q, found) in [
            ("Öztürk", "anna"),
            ("öztürk", "anna"),
            ("ÖZTÜRK", "anna"),
            ("anna öz", "anna"),
            ("ANNA ÖZTÜRK", "anna"),
            ("émile", "emile"),
            ("Émile Durand", "emile"),
            ("ольга", "olga"),
            ("ольга петрова", "olga"),
            ("ПЕТРОВА", "olga"),
            ("łukasz_", "hundred"),
            ("0% Ł", "hundred"),
            ("HUNDR", "hundred"),
            ("%", "hundred"),
        ] {
            let filter = UserFilter { q: Some(q.into()), ..UserFilter::default() };
            let users = store.users(&filter, Page { limit: 50, before: None }).await.unwrap().items;
            assert_eq!(users.iter().map(|user| user.username.as_str()).collect::<Vec<_>>(), [found], "{q}");
        }
    }
}
