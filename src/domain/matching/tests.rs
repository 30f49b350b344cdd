use proptest::prelude::*;

use super::*;

fn conflict(question: &str, query: &str) -> Option<Conflict> {
    Traits::of(question).conflict(&Traits::of(query))
}

#[test]
fn questions_are_equal_whatever_their_case_spacing_and_punctuation() {
    for (a, b) in [
        ("What is a monad?", "  what IS a   monad"),
        ("What's your goal?", "whats your goal??"),
        ("Over-fitting", "overfitting"),
        ("10,000 users", "10000 users!"),
        ("Ｗｈｙ　ｕｓ？", "why us"),
    ] {
        assert_eq!(exact_key(a), exact_key(b), "{a}");
    }
}

#[test]
fn questions_that_differ_in_a_sign_or_a_digit_are_not_equal() {
    for (a, b) in [
        ("Why C++?", "Why C#?"),
        ("Why C?", "Why C++?"),
        ("grow by 1.5", "grow by 15"),
        ("5 %", "5"),
        ("rooms 2 5", "rooms 25"),
    ] {
        assert_ne!(exact_key(a), exact_key(b), "{a}");
    }
    assert_eq!(exact_key("?! …"), "");
}

#[test]
fn other_numbers_or_units_are_a_conflict() {
    for (question, query) in [
        ("Have you led a team of 6?", "Have you led a team of 60?"),
        ("You are 3 weeks late.", "you are 3 days late"),
        ("What would you do with three job offers?", "what would you do with seven job offers"),
        ("Cut costs by 10 %", "cut costs by 20%"),
        ("A budget of 2 million", "a budget of two thousand"),
        ("5 percent of the orders", "5 kg of the orders"),
        ("An upload of 10 MB", "an upload of 10gb"),
    ] {
        assert_eq!(conflict(question, query), Some(Conflict::Number), "{question} / {query}");
    }
}

#[test]
fn the_same_number_written_otherwise_is_no_conflict() {
    for (question, query) in [
        ("Have you led a team of 6?", "did you ever lead six people?"),
        ("Handle 20,000 requests", "20k requests"),
        ("You are two weeks late", "a fortnight late"),
        ("Plans for 12 months", "plans for 1 year"),
        ("Crew of 24", "crew of two dozen"),
        ("120 boxes", "one hundred and twenty boxes"),
        ("$5 million", "5 million dollars"),
        ("Five years from now", "where will you be"),
        ("Which one of 3 would you take", "which of the three would you take in 1 day"),
        ("How do you run a B2B shop on S3?", "how do you run 2 shops"),
    ] {
        assert_eq!(conflict(question, query), None, "{question} / {query}");
    }
}

#[test]
fn a_negated_question_in_the_same_words_is_a_conflict() {
    for (question, query) in [
        ("Why do you like this trade?", "Why don't you like this trade?"),
        ("When did you miss a shift?", "when did you never miss a shift"),
        ("Are you willing to travel?", "are you unwilling to travel?"),
        ("What do you do when you disagree with your boss?", "what do you do when you agree with your boss"),
    ] {
        assert_eq!(conflict(question, query), Some(Conflict::Negation), "{question} / {query}");
        assert_eq!(conflict(query, question), Some(Conflict::Negation), "{query} / {question}");
    }
}

#[test]
fn a_not_in_other_words_is_no_conflict() {
    for (question, query) in [
        ("Tell me about a project that failed.", "describe something that did not work out"),
        ("How do you ship without downtime?", "ship with no downtime"),
        ("What do you do when you disagree with your boss?", "your boss decides sth you dont agree with"),
        ("Do you prefer tea?", "do you prefer tea or not"),
    ] {
        assert_eq!(conflict(question, query), None, "{question} / {query}");
    }
}

#[test]
fn another_named_technology_is_a_conflict() {
    for (question, query) in [
        ("How do you deploy to Kubernetes?", "how do you deploy to heroku"),
        ("How do you index a table in Postgres?", "how do you index a table in MySQL?"),
        ("What are generics in Java?", "what are generics in rust"),
        ("What are generics in Java?", "What are generics in Go?"),
        ("How do you call a REST API?", "how do you call a graphql api"),
        ("Lists in C#", "lists in c++"),
        ("How do you deploy to Heroku?", "How do you deploy to Zorblax?"),
    ] {
        assert_eq!(conflict(question, query), Some(Conflict::Technology), "{question} / {query}");
    }
}

#[test]
fn the_same_or_no_technology_is_no_conflict() {
    for (question, query) in [
        ("How do you deploy to Kubernetes?", "k8s deploys, how?"),
        ("Joins in PostgreSQL and MySQL", "joins in pg"),
        ("What are generics in Java?", "what are generics"),
        ("How do you debug Java?", "how do you go about finding bugs, in teams or alone"),
        ("What are window functions in SQL?", "sql windows"),
        ("How do you test with Selenium?", "how do you test with Selenuim?"),
        ("How do you test with Selenium?", "HOW DO YOU TEST A WEB PAGE?"),
        ("How do you test with Selenium?", "With Selenium, how would You test?"),
        ("Where did you learn Excel?", "at which School did you pick up spreadsheets"),
    ] {
        assert_eq!(conflict(question, query), None, "{question} / {query}");
    }
}

proptest! {
    #[test]
    fn no_text_panics_and_none_conflicts_with_itself(text in "\\PC*", other in "[a-z0-9$%.,'+# -]{0,40}") {
        for text in [&text, &other] {
            let traits = Traits::of(text);
            prop_assert_eq!(traits.conflict(&traits), None);
            prop_assert!(!exact_key(text).contains("  "));
        }
    }
}
