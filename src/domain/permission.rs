//! Who may do what with things that have an owner. Pure rules; what they need to know is passed in.

use super::UserId;
use super::conversation::{Conversation, ConversationKind};
use super::user::{Identity, Role, User};

/// In which capacity somebody reads a job, its result or its export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobReader {
    Owner,
    /// Not the owner: each read is written to the owner's access log.
    Staff,
}

/// Whether `reader` may read a job of `owner`. `serves`: an active support chat of the owner is assigned to the reader.
/// None: for them the job does not exist.
pub fn job_reader(reader: &Identity, owner: UserId, serves: bool) -> Option<JobReader> {
    if reader.user_id == owner {
        return Some(JobReader::Owner);
    }
    match reader.role {
        Role::SuperAgent => Some(JobReader::Staff),
        Role::Agent if serves => Some(JobReader::Staff),
        Role::Agent | Role::Customer => None,
    }
}

/// Whether the directory shows `other` to somebody: a private one shows customers themselves and staff only.
pub fn is_listed(public: bool, by: UserId, role: Role, other: &User) -> bool {
    public || role.is_staff() || other.role.is_staff() || other.id == by
}

/// Whether `user` may retry, cancel or delete a job of `owner`, and work with its result: nobody but the owner.
pub fn may_change_job(user: &Identity, owner: UserId) -> bool {
    user.user_id == owner
}

/// What somebody is to a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// Owns the room or channel.
    Owner,
    Member,
    Customer,
    /// The agent of the support chat.
    Assigned,
    /// Any agent while the support chat waits for one.
    Waiting,
    /// A super-agent who is nothing closer.
    SuperAgent,
    /// An agent who is nothing closer.
    Agent,
    /// Signed in, and nothing more.
    Everybody,
}

/// What `user` is to a conversation; `is_member` says whether they stand in its list of members, for the kinds that have
/// one.
pub fn relation(user: UserId, role: Role, conversation: &Conversation, is_member: bool) -> Relation {
    let owns = conversation.owner.as_ref().is_some_and(|owner| owner.id == user);
    match conversation.kind {
        ConversationKind::Support if conversation.customer_id() == Some(user) => Relation::Customer,
        // who was an agent once, and is a customer now, has no chats of others any more
        ConversationKind::Support if role.is_staff() && conversation.agent_id() == Some(user) => Relation::Assigned,
        ConversationKind::Support if role == Role::Agent && conversation.agent.is_none() => Relation::Waiting,
        ConversationKind::Room if owns && is_member => Relation::Owner,
        ConversationKind::Channel if owns => Relation::Owner,
        kind if kind.has_roster() && is_member => Relation::Member,
        _ => match role {
            Role::SuperAgent => Relation::SuperAgent,
            Role::Agent => Relation::Agent,
            Role::Customer => Relation::Everybody,
        },
    }
}

/// What somebody may want with a conversation or one of its messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    See,
    /// Post, type, mark as read.
    Post,
    /// Post a message of the type `system`.
    PostSystem,
    React,
    EditOwn,
    DeleteOwn,
    DeleteOthers,
    AddMember,
    RemoveOthers,
    Leave,
    /// Open and close a support chat.
    SetStatus,
    /// Into and out of the archive.
    Archive,
    /// Take a support chat oneself.
    Take,
    /// Give a support chat to somebody.
    Assign,
    /// Delete the conversation with all its messages.
    Remove,
}

/// The one table of conversations: whether a relation may do an act in a kind. Whoever may not even [`Act::See`] is told
/// that there is nothing; everybody else that it is not allowed.
pub fn may(kind: ConversationKind, relation: Relation, act: Act) -> bool {
    use Act::{
        AddMember, Archive, Assign, DeleteOthers, DeleteOwn, EditOwn, Leave, Post, PostSystem, React, Remove,
        RemoveOthers, See, SetStatus, Take,
    };
    use Relation::{Agent, Assigned, Customer, Member, Owner, SuperAgent, Waiting};
    match kind {
        ConversationKind::Assistant => relation == Member && matches!(act, See | Post | React | DeleteOwn),
        ConversationKind::Global => match act {
            See | Post | React | EditOwn | DeleteOwn => true,
            DeleteOthers | PostSystem => matches!(relation, Agent | SuperAgent),
            _ => false,
        },
        ConversationKind::Direct => match relation {
            // system messages: whether to oneself or as staff is a matter of the two, see `post`
            Member => matches!(act, See | Post | PostSystem | React | EditOwn | DeleteOwn),
            SuperAgent => act == See,
            _ => false,
        },
        ConversationKind::Room => match relation {
            Owner => !matches!(act, SetStatus | Archive | Take | Assign | PostSystem | Remove),
            Member => matches!(act, See | Post | React | EditOwn | DeleteOwn | Leave),
            _ => false,
        },
        ConversationKind::Channel => match act {
            See | Post | React | EditOwn | DeleteOwn => true,
            DeleteOthers | PostSystem => matches!(relation, Agent | SuperAgent),
            Remove => matches!(relation, Owner | Agent | SuperAgent),
            _ => false,
        },
        ConversationKind::Support => match relation {
            Customer => matches!(act, See | Post | React | EditOwn | DeleteOwn | SetStatus),
            Assigned => !matches!(act, AddMember | RemoveOthers | Leave | Take | Assign),
            Waiting => {
                matches!(act, See | Post | PostSystem | React | EditOwn | DeleteOwn | SetStatus | Archive | Take)
            }
            SuperAgent => !matches!(act, AddMember | RemoveOthers | Leave),
            _ => false,
        },
    }
}

#[cfg(test)]
mod tests;
