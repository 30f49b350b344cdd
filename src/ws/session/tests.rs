mod assistant;

use serde_json::{from_str, json};
use time::macros::datetime;

use super::assistant::NO_ANSWER;
use super::*;
use crate::actors::hub::{Numbered, Passing, Run};
use crate::domain::change::{Ack, Done};
use crate::domain::conversation::not_found;
use crate::domain::message::Message;
use crate::domain::user::{Role, User};

const SID: Uuid = Uuid::from_u128(1);

/// Settings of development but for these variables.
fn settings(vars: &[(&str, &str)]) -> Arc<Settings> {
    Arc::new(Settings::for_testing("data".into(), vars).unwrap())
}

/// A session, and the time in it.
struct Session {
    core: SessionCore,
    now: Moment,
}

impl Session {
    fn open(settings: Arc<Settings>, identity: Option<&Identity>) -> Self {
        let now = Moment { at: Instant::now(), time: datetime!(2026-11-20 09:30 UTC) };
        Self { core: SessionCore::new(Dialect::Coach, settings, identity, now), now }
    }

    fn signed_out() -> Self {
        Self::open(settings(&[]), None)
    }

    fn signed_in(life: time::Duration) -> Self {
        Self::open(settings(&[]), Some(&identity(1, SID, life)))
    }

    fn in_production() -> Self {
        Self::open(settings(&[("WS_ALLOW_ANONYMOUS", "false")]), None)
    }

    fn wait(&mut self, seconds: u64) {
        self.now.at += Duration::from_secs(seconds);
        self.now.time += Duration::from_secs(seconds);
    }

    /// Lets the timer fire as the shell does, until so many seconds have passed; gives what it did.
    fn pass(&mut self, seconds: u64) -> Vec<Effect> {
        let end = self.now.at + Duration::from_secs(seconds);
        let mut effects = Vec::new();
        loop {
            let deadline = self.core.deadline(self.now).max(self.now.at);
            if deadline > end {
                let rest = end - self.now.at;
                self.now = Moment { at: end, time: self.now.time + rest };
                return effects;
            }
            let step = deadline - self.now.at;
            self.now = Moment { at: deadline, time: self.now.time + step };
            effects.extend(self.core.on_tick(self.now));
            if matches!(effects.last(), Some(Effect::CheckSession(_) | Effect::End)) {
                return effects;
            }
        }
    }

    fn text(&mut self, text: &str) -> Vec<Effect> {
        self.core.on_text(text, self.now)
    }

    /// The one frame that answers a frame.
    fn answer(&mut self, text: &str) -> Value {
        one_frame(&self.text(text))
    }

    /// Signs in with a token of this user.
    fn join(&mut self, user: UserId) -> Vec<Effect> {
        let identity = identity(user, SID, time::Duration::hours(1));
        let effects = self.core.on_identity(Ok(identity.clone()), None, self.now);
        assert_eq!(effects, [Effect::Join { identity: identity.clone(), reference: None }]);
        self.core.on_joined(&identity, Ok(view(user)), None, self.now)
    }
}

fn identity(user_id: UserId, sid: Uuid, life: time::Duration) -> Identity {
    let expires_at = datetime!(2026-11-20 09:30 UTC) + life;
    Identity { user_id, username: "jane".into(), role: Role::Customer, sid, jti: Uuid::nil(), expires_at }
}

fn view(id: UserId) -> UserView {
    let created_at = OffsetDateTime::UNIX_EPOCH;
    let (username, name, email) = ("jane".into(), "Jane".into(), "jane@example.com".into());
    User { id, username, name, email, role: Role::Customer, avatar: None, away: false, disabled: false, created_at }
        .seen_by_oneself(true)
}

fn one_frame(effects: &[Effect]) -> Value {
    let [Effect::Send(text)] = effects else { panic!("not one frame: {effects:?}") };
    from_str(text).unwrap()
}

fn policy(reason: &'static str) -> [Effect; 1] {
    [Effect::Close(Closing::policy(reason))]
}

const PING: &str = r#"{"type":"ping"}"#;

#[test]
fn the_first_frame_is_the_welcome() {
    let mut session = Session::signed_out();
    let id = ClientId::random().unwrap();
    let frame = one_frame(&session.core.on_open(id, Arrival::default(), session.now));
    assert_eq!((&frame["type"], &frame["metadata"]["client_id"]), (&json!("system"), &json!(id.to_string())));
}

#[test]
fn a_channel_named_at_the_upgrade_is_entered_at_once() {
    let (settings, jane) = (settings(&[]), identity(1, SID, time::Duration::hours(1)));
    let now = Session::signed_out().now;
    let mut core = SessionCore::new(Dialect::Channels { masked: false }, settings, Some(&jane), now);
    let arrival = Arrival { username: Some("jane".into()), channel: Some("general".into()) };
    let place = Place::Channel("general".into());
    let enter = Effect::Enter { place, reference: Some(json!("general")) };
    assert_eq!(core.on_open(ClientId::random().unwrap(), arrival, now), [enter]);
}

#[test]
fn a_ping_is_answered_and_the_assistant_knows_nothing_yet() {
    let mut session = Session::signed_out();
    assert_eq!(session.answer(PING)["type"], "pong");
    let answer = session.answer(r#"{"type":"message","content":"What are my skills?","sessionId":"abc"}"#);
    assert_eq!(answer["content"], "I don't have information about that.");
    assert_eq!((&answer["sessionId"], &answer["metadata"]), (&json!("abc"), &json!({"from_qa": false})));
}

#[test]
fn an_auth_frame_signs_in_and_the_session_is_checked_once_more() {
    let mut session = Session::signed_out();
    let effects = session.text(r#"{"type":"auth","token":"t","id":"x"}"#);
    assert_eq!(effects, [Effect::Authenticate { token: Token("t".into()), reference: Some(json!("x")) }]);
    let [Effect::Send(text), Effect::Restore(1), Effect::CheckSession(SID)] = &session.join(1)[..] else {
        panic!("not signed in")
    };
    assert_eq!(from_str::<Value>(text).unwrap()["status"], "ok");
    assert_eq!(session.core.user(), Some(1));
}

#[test]
fn the_same_user_may_sign_in_again_and_another_may_not() {
    let mut session = Session::signed_in(time::Duration::hours(1));
    assert_eq!(session.join(1).len(), 3);
    let other = identity(2, SID, time::Duration::hours(1));
    let frame = one_frame(&session.core.on_identity(Ok(other), Some(json!("other")), session.now));
    assert_eq!((&frame["code"], &frame["ref"]), (&json!("ALREADY_SIGNED_IN"), &json!("other")));
    assert_eq!(session.core.user(), Some(1));
}

#[test]
fn a_bad_token_or_a_full_hub_leaves_the_socket_as_it_is() {
    let mut session = Session::signed_out();
    let refused = || Error::unauthenticated("TOKEN_INVALID", "no");
    assert_eq!(one_frame(&session.core.on_identity(Err(refused()), None, session.now))["code"], "TOKEN_INVALID");
    let identity = identity(1, SID, time::Duration::hours(1));
    let effects = session.core.on_joined(&identity, Err(refused()), Some(&json!(3)), session.now);
    assert_eq!(one_frame(&effects)["ref"], 3);
    assert_eq!(session.core.user(), None);
    assert_eq!(session.answer(PING)["type"], "pong");
}

#[test]
fn twenty_malformed_frames_in_a_row_close() {
    let mut session = Session::signed_out();
    for _ in 0..19 {
        assert_eq!(session.answer("{")["code"], "MALFORMED_FRAME");
    }
    session.answer(PING);
    for _ in 0..19 {
        session.answer(r#"{"type":"dance"}"#);
    }
    let effects = session.text("{");
    assert_eq!(effects[1..], policy("TOO_MANY_MALFORMED"));
    assert_eq!(session.text(PING), []);
}

#[test]
fn frames_that_are_refused_are_not_malformed() {
    let mut session = Session::in_production();
    for _ in 0..30 {
        assert_eq!(session.answer(PING)["code"], "AUTH_REQUIRED");
    }
    assert_eq!(session.answer("{")["code"], "MALFORMED_FRAME");
}

#[test]
fn in_production_who_does_not_sign_in_is_closed() {
    let mut silent = Session::in_production();
    assert_eq!(silent.pass(9), []);
    assert_eq!(silent.pass(1), policy("AUTH_REQUIRED"));
    let mut prompt = Session::in_production();
    prompt.wait(9);
    prompt.join(1);
    assert_eq!(prompt.pass(20), []);
    assert_eq!(prompt.answer(PING)["type"], "pong");
}

#[test]
fn too_many_frames_are_told_once_then_dropped_then_the_end() {
    let mut session = Session::signed_out();
    let effects: Vec<_> = (0..500).flat_map(|_| session.text(PING)).collect();
    assert_eq!(effects.len(), 201);
    assert_eq!(one_frame(&effects[200..])["code"], "RATE_LIMITED");
    let mut last = Vec::new();
    for _ in 0..200 {
        session.now.at += Duration::from_millis(100);
        last = (0..20).flat_map(|_| session.text(PING)).collect();
        if last.iter().any(|effect| matches!(effect, Effect::Close(_))) {
            break;
        }
    }
    assert_eq!(last.last(), policy("RATE_LIMITED").first());
}

#[test]
fn the_server_pings_and_gives_up_on_silence() {
    let mut session = Session::signed_out();
    assert_eq!(session.pass(54), [Effect::Ping]);
    session.core.on_heard(session.now);
    assert_eq!(session.pass(54), [Effect::Ping]);
    assert_eq!(session.pass(6), [Effect::Close(Closing::SILENT)]);
    assert_eq!(session.pass(5), [Effect::End]);
}

#[test]
fn an_expired_token_closes_unless_its_session_was_refreshed() {
    let mut session = Session::signed_in(time::Duration::seconds(30));
    assert_eq!(session.pass(60), [Effect::CheckSession(SID)]);
    let later = session.now.time + time::Duration::seconds(20);
    assert_eq!(session.core.on_session(SID, &Ok(Some(later)), session.now), []);
    assert_eq!(session.pass(60), [Effect::CheckSession(SID)]);
    assert_eq!(session.now.time, later);
    assert_eq!(session.core.on_session(SID, &Ok(None), session.now), policy("TOKEN_EXPIRED"));
}

#[test]
fn a_session_that_ended_unheard_closes_as_revoked() {
    let mut session = Session::signed_in(time::Duration::hours(1));
    assert_eq!(session.core.on_session(Uuid::from_u128(9), &Ok(None), session.now), []);
    assert_eq!(session.core.on_session(SID, &Ok(None), session.now), policy("TOKEN_REVOKED"));
}

#[test]
fn a_session_that_cannot_be_checked_fails() {
    let mut session = Session::signed_in(time::Duration::hours(1));
    let away = Error::unavailable("DATABASE_UNAVAILABLE", "away", Duration::from_secs(1));
    assert_eq!(session.core.on_session(SID, &Err(away), session.now), [Effect::Close(Closing::FAILED)]);
}

#[test]
fn after_a_restart_of_the_hub_the_session_registers_then_asks_whether_it_goes_on() {
    let mut session = Session::signed_in(time::Duration::hours(1));
    let owner = Some(Owner { user: 1, sid: SID, role: Role::Customer });
    assert_eq!(session.core.on_hub_restarted(), [Effect::Register { owner }]);
    assert_eq!(session.core.on_registered(&Ok(()), session.now), [Effect::CheckSession(SID)]);
    let mut stranger = Session::signed_out();
    assert_eq!(stranger.core.on_hub_restarted(), [Effect::Register { owner: None }]);
    assert_eq!(stranger.core.on_registered(&Ok(()), stranger.now), []);
}

#[test]
fn after_our_close_frame_nothing_counts_but_the_clients() {
    let mut session = Session::signed_in(time::Duration::hours(1));
    assert_eq!(session.core.close(Closing::DRAINING, session.now), [Effect::Close(Closing::DRAINING)]);
    assert_eq!(session.core.close(Closing::FAILED, session.now), []);
    assert_eq!(session.text(PING), []);
    assert_eq!(session.core.on_event("{}".into()), None);
    assert_eq!(session.core.on_passing(Passing { conversation: Uuid::nil(), text: "{}".into() }), None);
    assert_eq!(session.core.on_hub_restarted(), []);
    assert_eq!(session.core.on_close(Some(1001)), [Effect::End]);
}

#[test]
fn a_close_frame_of_the_client_is_sent_back() {
    assert_eq!(Session::signed_out().core.on_close(Some(1000)), [Effect::Echo(Some(1000)), Effect::End]);
}

fn numbered(seq: i64, name: Option<&str>) -> Numbered {
    let conversation = Uuid::from_u128(7);
    let ack = name.map(|name| {
        let ack = Ack { client_msg_id: name.into(), message_id: Uuid::nil(), conversation_id: conversation, seq };
        (1, Arc::new(ack))
    });
    Numbered { seq, text: format!("{{\"seq\":{seq}}}").into(), ack }
}

impl Session {
    fn subscribe(&mut self, last_seq: i64, again: bool) -> Vec<Effect> {
        let conversation = Uuid::from_u128(7);
        let subscription = Subscription { conversation, after_seq: None, again, online: &|_| false };
        self.core.on_subscribed(&subscription, Ok((last_seq, Some(vec![]))), None, self.now)
    }

    /// What the client is told when the hub brings these events.
    fn stored(&mut self, events: &[Numbered]) -> Vec<Value> {
        let run = |event: &Numbered| Run::new(Uuid::from_u128(7), vec![event.clone()]);
        let effects: Vec<_> = events.iter().flat_map(|event| self.core.on_stored(&run(event), self.now)).collect();
        let frames = effects.iter().map(|effect| match effect {
            Effect::Send(text) => from_str(text).unwrap(),
            effect => panic!("{effect:?}"),
        });
        frames.collect()
    }

    fn send(&mut self, name: &str) -> Vec<Effect> {
        let id = Uuid::from_u128(7);
        self.text(&format!(
            "{{\"type\":\"send\",\"conversation_id\":\"{id}\",\"content\":\"x\",\"client_msg_id\":\"{name}\"}}"
        ))
    }
}

#[test]
fn a_signed_out_socket_has_the_assistant_and_nothing_else() {
    let mut session = Session::signed_out();
    assert_eq!(session.answer(r#"{"type":"message","content":"Hi"}"#)["sender"], "assistant");
    let id = Uuid::nil();
    for frame in [
        format!("{{\"type\":\"subscribe\",\"conversation_id\":\"{id}\"}}"),
        format!("{{\"type\":\"typing\",\"conversation_id\":\"{id}\",\"typing\":true}}"),
        format!("{{\"type\":\"delete\",\"message_id\":\"{id}\"}}"),
    ] {
        assert_eq!(session.answer(&frame)["code"], "AUTH_REQUIRED");
    }
}

#[test]
fn what_a_signed_in_user_asks_the_assistant_is_kept() {
    let mut session = Session::signed_in(time::Duration::hours(1));
    let effects = session.text(r#"{"type":"message","content":"Hi","sessionId":"s"}"#);
    let [Effect::Send(_), Effect::Keep(Wish::KeepExchange { question, answer, session_id, .. })] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert_eq!((question.as_str(), answer.as_str(), session_id.as_deref()), ("Hi", NO_ANSWER, Some("s")));
}

#[test]
fn events_pass_once_in_order_and_only_while_the_client_listens() {
    let mut session = Session::signed_in(time::Duration::hours(1));
    assert!(session.stored(&[numbered(3, None)]).is_empty());
    assert_eq!(one_frame(&session.subscribe(3, false))["last_seq"], 3);
    // what was stored before the snapshot comes late from the hub
    let events = [2, 3, 4, 4, 5].map(|seq| numbered(seq, None));
    assert_eq!(session.stored(&events), [json!({"seq": 4}), json!({"seq": 5})]);
    let id = Uuid::from_u128(7);
    let effects = session.text(&format!("{{\"type\":\"unsubscribe\",\"conversation_id\":\"{id}\"}}"));
    assert_eq!(effects[0], Effect::Unsubscribe(id));
    assert_eq!(one_frame(&effects[1..])["type"], "unsubscribed");
    assert!(session.stored(&[numbered(6, None)]).is_empty());
}

#[test]
fn who_cannot_be_told_what_a_dead_hub_kept_from_them_begins_anew() {
    let again = |dialect, caught_up: Result<(i64, Option<Vec<Message>>)>| {
        let mut session = Session::signed_in(time::Duration::hours(1));
        session.subscribe(3, false);
        session.core.dialect = dialect;
        let conversation = Uuid::from_u128(7);
        let subscription = Subscription { conversation, after_seq: Some(3), again: true, online: &|_| false };
        session.core.on_subscribed(&subscription, caught_up, None, session.now)
    };
    let away = || Error::unavailable("DATABASE_UNAVAILABLE", "away", Duration::from_secs(1));
    assert_eq!(again(Dialect::Coach, Err(away())), [Effect::Close(Closing::FAILED)]);
    assert_eq!(again(Dialect::Coach, Err(not_found())), [Effect::Unsubscribe(Uuid::from_u128(7))]);
    assert_eq!(one_frame(&again(Dialect::Coach, Ok((4, None))))["recovered"], false);
    // the other dialects have no frame for it
    assert_eq!(again(Dialect::Support, Ok((4, Some(vec![])))), [Effect::Close(Closing::FAILED)]);
    assert_eq!(again(Dialect::Support, Ok((3, Some(vec![])))), []);
}

#[test]
fn who_types_and_reads_is_told_only_while_the_client_listens() {
    let mut session = Session::signed_in(time::Duration::hours(1));
    let passing = |conversation| Passing { conversation, text: "{}".into() };
    let here = Uuid::from_u128(7);
    // the hub brings events from the moment on at which the client asked, whatever comes of it
    assert_eq!(session.core.on_passing(passing(here)), None);
    session.subscribe(3, false);
    assert_eq!(session.core.on_passing(passing(here)), Some(Effect::Send("{}".into())));
    assert_eq!(session.core.on_passing(passing(Uuid::from_u128(8))), None);
    session.text(&format!("{{\"type\":\"unsubscribe\",\"conversation_id\":\"{here}\"}}"));
    assert_eq!(session.core.on_passing(passing(here)), None);
}

#[test]
fn the_acknowledgement_comes_before_the_event_whichever_way_is_quicker() {
    let mut session = Session::signed_in(time::Duration::hours(1));
    session.subscribe(0, false);
    assert!(matches!(&session.send("a")[..], [Effect::Write { .. }]));
    let frames = session.stored(&[numbered(1, Some("a"))]);
    assert_eq!((frames[0]["type"].as_str(), frames[1]["seq"].as_i64()), (Some("ack"), Some(1)));
    // the answer of the scribe is late: nothing more
    let done = Ok(Done::Read { conversation: Uuid::nil(), seq: 0 });
    assert_eq!(session.core.on_written(Some("a"), done, None, session.now), []);
    assert_eq!(session.stored(&[numbered(2, Some("a"))]).len(), 1);
    // another socket of the same user owes nothing
    let mut other = Session::signed_in(time::Duration::hours(1));
    other.subscribe(0, false);
    assert_eq!(other.stored(&[numbered(1, Some("a"))]), [json!({"seq": 1})]);
}

#[test]
fn a_refused_message_is_named_and_owes_nothing() {
    let mut session = Session::signed_in(time::Duration::hours(1));
    session.subscribe(0, false);
    session.send("a");
    let refused = Err(Error::forbidden("no"));
    let effects = session.core.on_written(Some("a"), refused, Some(&json!("a")), session.now);
    assert_eq!(one_frame(&effects)["ref"], "a");
    assert_eq!(session.stored(&[numbered(1, Some("a"))]).len(), 1);
}

#[test]
fn after_a_restart_of_the_hub_the_client_learns_what_it_missed() {
    let mut session = Session::signed_in(time::Duration::hours(1));
    session.subscribe(3, false);
    session.stored(&[numbered(4, None)]);
    let conversation = Uuid::from_u128(7);
    let again = Effect::Subscribe { conversation, after_seq: Some(4), again: true, reference: None };
    assert_eq!(session.core.on_registered(&Ok(()), session.now), [again, Effect::CheckSession(SID)]);
    // nothing was missed: nothing is said
    assert_eq!(session.subscribe(4, true), []);
    assert_eq!(one_frame(&session.subscribe(6, true))["last_seq"], 6);
}
