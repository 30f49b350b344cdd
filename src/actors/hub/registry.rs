//! Who is connected on this node: the hub's tables, without any framework.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use uuid::Uuid;

use super::messages::{Around, ClientId, Counts, NodeId, Outbox, Owner, Which};
use crate::domain::UserId;
use crate::domain::error::{Error, Kind, Result};
use crate::wire::{Dialect, Reader};

/// Bounds on the number of sockets; 0 turns one off.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub per_user: u32,
    /// Counts signed-out sockets only.
    pub per_address: u32,
}

/// One connection.
pub(super) struct Socket {
    pub dialect: Dialect,
    pub owner: Option<Owner>,
    pub address: IpAddr,
    pub outbox: Outbox,
}

impl Socket {
    /// For whom events are written on it; `None` while nobody has signed in.
    pub fn reader(&self) -> Option<Reader> {
        self.owner.map(Owner::reader)
    }
}

/// The users who have a socket. Written by the hub, readable by everybody without asking it; survives its restart, so
/// that nobody seems to leave while the sessions register again.
#[derive(Clone, Debug, Default)]
pub struct Online(Arc<RwLock<Who>>);

#[derive(Debug, Default)]
struct Who {
    here: HashSet<UserId>,
    /// Counts the changes of `here`.
    version: u64,
    /// On each of the other nodes that are heard of.
    elsewhere: HashMap<NodeId, HashSet<UserId>>,
}

impl Who {
    fn contains(&self, user: UserId) -> bool {
        self.here.contains(&user) || self.elsewhere.values().any(|users| users.contains(&user))
    }
}

impl Online {
    fn read(&self) -> RwLockReadGuard<'_, Who> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Who> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether somebody has a socket, on whichever node.
    pub fn contains(&self, user: UserId) -> bool {
        self.read().contains(user)
    }

    /// Everybody, on all nodes.
    pub fn all(&self) -> HashSet<UserId> {
        let who = self.read();
        who.here.iter().chain(who.elsewhere.values().flatten()).copied().collect()
    }

    /// Who has a socket on this node.
    pub fn here(&self) -> HashSet<UserId> {
        self.read().here.clone()
    }

    /// Another number whenever [`Self::here`] changed.
    pub fn version(&self) -> u64 {
        self.read().version
    }

    /// The other nodes that are heard of.
    pub fn neighbours(&self) -> Vec<NodeId> {
        self.read().elsewhere.keys().copied().collect()
    }

    pub(super) fn insert(&self, user: UserId) {
        let mut who = self.write();
        who.version += u64::from(who.here.insert(user));
    }

    pub(super) fn remove(&self, user: UserId) {
        let mut who = self.write();
        who.version += u64::from(who.here.remove(&user));
    }

    /// Notes who is on another node; who came with that, and who left, as all nodes see it.
    pub(in crate::actors) fn note(&self, node: NodeId, around: Around) -> (Vec<UserId>, Vec<UserId>) {
        let mut who = self.write();
        let before = who.elsewhere.remove(&node);
        let after = match around {
            Around::Exactly(users) => Some(users),
            Around::Moved { came, left } => {
                let mut users = before.clone().unwrap_or_default();
                users.extend(came);
                left.iter().for_each(|user| _ = users.remove(user));
                Some(users)
            }
            Around::Gone => None,
        };
        let (old, new) = (before.unwrap_or_default(), after.clone().unwrap_or_default());
        // without this node: whoever is elsewhere too neither comes nor leaves
        let came = new.difference(&old).copied().filter(|user| !who.contains(*user)).collect();
        let left = old.difference(&new).copied().filter(|user| !who.contains(*user)).collect();
        who.elsewhere.extend(after.map(|users| (node, users)));
        (came, left)
    }
}

/// The tables. Every method keeps them in step with each other and with [`Online`].
pub(super) struct Registry {
    limits: Limits,
    sockets: HashMap<ClientId, Socket>,
    /// A user has few sockets: a list is smaller than a set, and as fast.
    by_user: HashMap<UserId, Vec<ClientId>>,
    signed_out: HashMap<IpAddr, u32>,
    /// Signed-in sockets that are told of some conversations without asking.
    unasked: HashSet<ClientId>,
    /// Sockets of agents.
    staff: HashSet<ClientId>,
    online: Online,
}

impl Registry {
    pub fn new(limits: Limits, online: Online) -> Self {
        Self {
            limits,
            sockets: HashMap::new(),
            by_user: HashMap::new(),
            signed_out: HashMap::new(),
            unasked: HashSet::new(),
            staff: HashSet::new(),
            online,
        }
    }

    /// Whether one more socket of this owner, or of this address, is allowed.
    pub fn admits(&self, owner: Option<Owner>, address: IpAddr) -> Result<()> {
        let (count, limit) = match owner {
            Some(owner) => (self.by_user.get(&owner.user).map_or(0, Vec::len), self.limits.per_user),
            None => (self.signed_out.get(&address).map_or(0, |&count| count as usize), self.limits.per_address),
        };
        if limit == 0 || count < limit as usize { Ok(()) } else { Err(too_many(limit)) }
    }

    /// Takes a socket in; whatever stood under its id before is replaced.
    pub fn insert(&mut self, id: ClientId, socket: Socket) {
        self.remove(id);
        self.count_in(id, &socket);
        self.sockets.insert(id, socket);
    }

    /// Forgets a socket. `Some` if it was there, with the user whose last one it was.
    pub fn remove(&mut self, id: ClientId) -> Option<(Socket, Option<UserId>)> {
        let socket = self.sockets.remove(&id)?;
        self.unasked.remove(&id);
        self.staff.remove(&id);
        let departed = self.count_out(id, &socket);
        Some((socket, departed))
    }

    /// A socket signs in, or its user signs in again.
    pub fn identify(&mut self, id: ClientId, owner: Owner) {
        let Some(mut socket) = self.sockets.remove(&id) else { return };
        let known = socket.owner.is_some_and(|known| known.user == owner.user);
        if !known {
            self.count_out(id, &socket);
        }
        socket.owner = Some(owner);
        if !known {
            self.count_in(id, &socket);
        }
        self.sockets.insert(id, socket);
    }

    fn count_in(&mut self, id: ClientId, socket: &Socket) {
        match socket.owner {
            Some(owner) => {
                self.by_user.entry(owner.user).or_insert_with(|| Vec::with_capacity(1)).push(id);
                self.online.insert(owner.user);
                if socket.dialect.hears_unasked() {
                    self.unasked.insert(id);
                }
                if owner.is_staff() {
                    self.staff.insert(id);
                }
            }
            None => *self.signed_out.entry(socket.address).or_default() += 1,
        }
    }

    fn count_out(&mut self, id: ClientId, socket: &Socket) -> Option<UserId> {
        match socket.owner {
            Some(owner) => self.leave_user(id, owner.user),
            None => {
                self.leave_address(socket.address);
                None
            }
        }
    }

    fn leave_user(&mut self, id: ClientId, user: UserId) -> Option<UserId> {
        let theirs = self.by_user.get_mut(&user)?;
        theirs.retain(|&other| other != id);
        if !theirs.is_empty() {
            return None;
        }
        self.by_user.remove(&user);
        self.online.remove(user);
        Some(user)
    }

    fn leave_address(&mut self, address: IpAddr) {
        if let Some(count) = self.signed_out.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                self.signed_out.remove(&address);
            }
        }
    }

    pub fn get(&self, id: ClientId) -> Option<&Socket> {
        self.sockets.get(&id)
    }

    /// All sockets of a user.
    pub fn of_user(&self, user: UserId) -> impl Iterator<Item = (ClientId, &Socket)> {
        self.by_user.get(&user).into_iter().flatten().filter_map(|id| Some((*id, self.sockets.get(id)?)))
    }

    /// Signed-in sockets that are told of some conversations without asking.
    pub fn unasked(&self) -> impl Iterator<Item = (ClientId, &Socket)> {
        self.unasked.iter().filter_map(|id| Some((*id, self.sockets.get(id)?)))
    }

    pub fn online(&self) -> &Online {
        &self.online
    }

    /// The sessions of all sockets.
    pub fn sessions(&self) -> HashSet<Uuid> {
        self.sockets.values().filter_map(|socket| Some(socket.owner?.sid)).collect()
    }

    pub fn has_unasked(&self) -> bool {
        !self.unasked.is_empty()
    }

    /// Sockets of agents.
    pub fn of_staff(&self) -> impl Iterator<Item = (ClientId, &Socket)> {
        self.staff.iter().filter_map(|id| Some((*id, self.sockets.get(id)?)))
    }

    /// The sockets that an end of sessions concerns.
    pub fn concerned(&self, which: Which) -> Vec<ClientId> {
        let ids = |user, wanted: &dyn Fn(Owner) -> bool| {
            self.of_user(user).filter(|(_, socket)| socket.owner.is_some_and(wanted)).map(|(id, _)| id).collect()
        };
        match which {
            Which::AllOf(user) => ids(user, &|_| true),
            Which::AllOfBut(user, sid) => ids(user, &|owner| owner.sid != sid),
            Which::Session(sid) => {
                let of_session = |(id, socket): (&ClientId, &Socket)| (socket.owner?.sid == sid).then_some(*id);
                self.sockets.iter().filter_map(of_session).collect()
            }
        }
    }

    /// Up to so many sockets, whichever.
    pub fn some(&self, count: usize) -> Vec<ClientId> {
        self.sockets.keys().take(count).copied().collect()
    }

    /// Users said to be online who have no socket here, and are so no longer: what is left of an earlier incarnation.
    pub fn settle(&mut self) -> Vec<UserId> {
        let gone: Vec<_> = self.online.here().into_iter().filter(|user| !self.by_user.contains_key(user)).collect();
        for &user in &gone {
            self.online.remove(user);
        }
        gone
    }

    /// How many sockets speak one of these dialects.
    pub fn count_of(&self, wanted: impl Fn(Dialect) -> bool) -> usize {
        self.sockets.values().filter(|socket| wanted(socket.dialect)).count()
    }

    pub fn counts(&self) -> Counts {
        Counts {
            connected_clients: self.sockets.len(),
            authenticated_users: self.by_user.len(),
            conversations_with_listeners: 0,
        }
    }
}

/// Sockets come and go within seconds; asking again at once is pointless all the same.
const RETRY_AFTER: Duration = Duration::from_secs(10);

fn too_many(limit: u32) -> Error {
    Error::new(
        Kind::RateLimited,
        "TOO_MANY_SOCKETS",
        "Too many connections",
        format!("There are already {limit} open connections: close some of them, then connect again."),
    )
    .retry_after(RETRY_AFTER)
}
