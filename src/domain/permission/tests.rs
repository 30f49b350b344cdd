use time::OffsetDateTime;
use uuid::Uuid;

use super::*;

const OWNER: UserId = 1;

fn identity(user_id: UserId, role: Role) -> Identity {
    Identity {
        user_id,
        username: format!("user{user_id}"),
        role,
        sid: Uuid::nil(),
        jti: Uuid::nil(),
        expires_at: OffsetDateTime::UNIX_EPOCH,
    }
}

#[test]
fn a_job_is_read_by_its_owner_the_agent_who_serves_them_and_super_agents() {
    use JobReader::{Owner, Staff};
    let table = [
        (OWNER, Role::Customer, false, Some(Owner)),
        (OWNER, Role::Agent, false, Some(Owner)),
        (OWNER, Role::SuperAgent, true, Some(Owner)),
        (2, Role::Customer, false, None),
        (2, Role::Customer, true, None),
        (2, Role::Agent, false, None),
        (2, Role::Agent, true, Some(Staff)),
        (2, Role::SuperAgent, false, Some(Staff)),
        (2, Role::SuperAgent, true, Some(Staff)),
    ];
    for (user, role, serves, wanted) in table {
        assert_eq!(job_reader(&identity(user, role), OWNER, serves), wanted, "{user} {role:?} {serves}");
    }
}

#[test]
fn a_job_is_changed_by_its_owner_only() {
    for role in [Role::Customer, Role::Agent, Role::SuperAgent] {
        assert!(may_change_job(&identity(OWNER, role), OWNER), "{role:?}");
        assert!(!may_change_job(&identity(2, role), OWNER), "{role:?}");
    }
}

mod conversations {
    use super::super::*;
    use ConversationKind::{Assistant, Channel, Direct, Global, Room, Support};
    use Relation::{Agent, Assigned, Customer, Everybody, Member, Owner, SuperAgent, Waiting};

    const ACTS: [(char, Act); 15] = [
        ('s', Act::See),
        ('p', Act::Post),
        ('y', Act::PostSystem),
        ('r', Act::React),
        ('e', Act::EditOwn),
        ('d', Act::DeleteOwn),
        ('D', Act::DeleteOthers),
        ('a', Act::AddMember),
        ('k', Act::RemoveOthers),
        ('l', Act::Leave),
        ('c', Act::SetStatus),
        ('A', Act::Archive),
        ('t', Act::Take),
        ('g', Act::Assign),
        ('R', Act::Remove),
    ];

    #[test]
    fn who_may_do_what_where() {
        for (kind, relation, allowed) in [
            (Assistant, Member, "sprd"),
            (Assistant, SuperAgent, ""),
            (Assistant, Everybody, ""),
            (Global, Everybody, "spred"),
            (Global, Agent, "spyredD"),
            (Global, SuperAgent, "spyredD"),
            (Direct, Member, "spyred"),
            (Direct, SuperAgent, "s"),
            (Direct, Agent, ""),
            (Direct, Everybody, ""),
            (Room, Owner, "spredDakl"),
            (Room, Member, "spredl"),
            (Room, SuperAgent, ""),
            (Room, Everybody, ""),
            (Channel, Everybody, "spred"),
            (Channel, Owner, "spredR"),
            (Channel, Agent, "spyredDR"),
            (Support, Customer, "spredc"),
            (Support, Assigned, "spyredDcAR"),
            (Support, Waiting, "spyredcAt"),
            (Support, SuperAgent, "spyredDcAtgR"),
            (Support, Agent, ""),
            (Support, Everybody, ""),
        ] {
            let may_do: String =
                ACTS.iter().filter(|(_, act)| may(kind, relation, *act)).map(|(name, _)| name).collect();
            assert_eq!(may_do, allowed, "{relation:?} in {kind:?}");
        }
    }
}
