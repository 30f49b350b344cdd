//! Accounts, users, and what is stored about oneself.

use crate::http::openapi::endpoint::{Endpoint, delete, get, post, put};
use crate::http::openapi::schemas::{email, password, person_name, role, username};
use crate::http::openapi::shape::{
    Shape, count, flag, form, list, may, must, object, one_of, shared, success, text, time, uuid, whole,
};

pub fn endpoints() -> Vec<Endpoint> {
    let mut all = signing();
    all.extend(myself());
    all.extend(users());
    all
}

fn signing() -> Vec<Endpoint> {
    let signed_up = "Signed up and in; the cookie is set.";
    let taken = "`EMAIL_TAKEN` or `USERNAME_TAKEN`.";
    let registered = object([
        success(),
        must("user", shared("User")),
        may("token", text().says("Not if a super-agent made the account.")),
        may("expires_at", whole().says("Unix seconds.")),
    ]);
    vec![
        post("/api/auth/signup", "signUp", "Sign up with an e-mail address")
            .explain("The username is made of the address.")
            .takes(form([must("name", person_name()), must("email", email()), must("password", password())]))
            .answers(201, signed_up, shared("SignedIn"))
            .tells(201, "Set-Cookie")
            .fails(409, taken),
        post("/api/auth/register", "register", "Sign up with a username")
            .explain("With a super-agent's token the account may have any role, and nobody is signed in.")
            .maybe_signed_in()
            .takes(form([
                must("username", username()),
                must("email", email()),
                must("password", password()),
                may("name", person_name()),
                may("role", role()),
            ]))
            .answers(201, signed_up, registered)
            .fails(403, "Only a super-agent makes accounts of this role; or `FOREIGN_ORIGIN`.")
            .fails(409, taken),
        post("/api/auth/login", "login", "Sign in")
            .explain("`email` and `username` may each hold either; one of them is needed.")
            .takes(form([
                must("password", text().secret()),
                may("email", text().says("The e-mail address, or the username.")),
                may("username", text().says("The username, or the e-mail address.")),
            ]))
            .answers(200, "Signed in; the cookie is set.", shared("SignedIn"))
            .tells(200, "Set-Cookie")
            .fails(401, "`INVALID_CREDENTIALS`: there is no such account, or the password is another one.")
            .fails(403, "`ACCOUNT_DISABLED`, or `FOREIGN_ORIGIN`."),
        post("/api/auth/logout", "logout", "Sign out")
            .explain("The session ends on all nodes at once, and its sockets close.")
            .signed_in()
            .answers(200, "Signed out; the cookie is gone.", object([success(), must("message", text())]))
            .tells(200, "Set-Cookie"),
        post("/api/auth/refresh", "refresh", "Get a new token for the same session")
            .signed_in()
            .answers(200, "The new token; the old one counts for 30 seconds more.", shared("SignedIn"))
            .tells(200, "Set-Cookie")
            .fails(400, "`TOKEN_NOT_DUE`: `refresh_at` tells from when on (Unix seconds)."),
        post("/api/auth/password", "changePassword", "Change the password")
            .explain("Every other session is signed out.")
            .signed_in()
            .takes(form([must("current_password", text().secret()), must("new_password", password())]))
            .answers(200, "Changed.", object([success(), must("message", text())]))
            .fails(403, "`WRONG_PASSWORD`, or `FOREIGN_ORIGIN`."),
        post("/api/ws/ticket", "issueTicket", "Get a ticket for one socket").signed_in().answers(
            201,
            "It counts once, for 30 seconds.",
            object([must("ticket", text()), must("expires_in", count())]),
        ),
    ]
}

fn me(path: &'static str, id: &str) -> Endpoint {
    get(path, id, "Oneself").signed_in().answers(200, "The user.", shared("User"))
}

fn myself() -> Vec<Endpoint> {
    let rows = [
        "uploads",
        "files",
        "jobs",
        "texts",
        "chunks",
        "profiles",
        "questions",
        "library",
        "memories",
        "conversations",
        "messages",
        "reactions",
        "access_log",
        "sessions",
    ];
    let receipt = object([
        success(),
        must("erased", object(rows.map(|name| must(name, count()))).says("Rows of each kind.")),
        must(
            "kept",
            object([must("messages", count())]).says("What stays in conversations of others, from a “deleted user”."),
        ),
    ]);
    let access = object([
        must("at", time()),
        must("user", shared("User").or_null().says("Null once the viewer is erased.")),
        must("job_id", uuid()),
        must("action", one_of(["status", "result", "export"])),
    ]);
    vec![
        me("/api/auth/me", "me"),
        me("/api/auth/profile", "profile"),
        me("/api/users/me", "myself"),
        delete("/api/users/me", "erase", "Erase one's account")
            .explain("Uploads, jobs, profiles and the library go; messages in conversations of others stay, from a “deleted user”.")
            .signed_in()
            .takes(form([must("password", text().secret())]))
            .answers(200, "A receipt.", receipt)
            .tells(200, "Set-Cookie")
            .fails(403, "`WRONG_PASSWORD`, or `FOREIGN_ORIGIN`.")
            .fails(409, "`LAST_SUPER_AGENT`: make somebody else one first."),
        get("/api/users/me/export", "exportAccount", "Everything stored about oneself")
            .signed_in()
            .answers_with(200, "A ZIP with a manifest of SHA-256 sums.", &["application/zip"])
            .tells(200, "Content-Disposition"),
        get("/api/users/me/access-log", "accessLog", "Who of the staff saw one's résumé data")
            .signed_in()
            .answers(200, "Newest first.", list(access))
            .paged(),
    ]
}

fn user_id(endpoint: Endpoint) -> Endpoint {
    endpoint.in_path("userId", text(), "The id or the username.")
}

fn administers(path: &'static str, id: &str, summary: &str, takes: Shape) -> Endpoint {
    user_id(put(path, id, summary))
        .explain("For super-agents. All tokens of the user are revoked.")
        .signed_in()
        .takes(takes)
        .answers(200, "The user.", shared("User"))
        .fails(409, "`LAST_SUPER_AGENT`: make somebody else one first.")
}

fn users() -> Vec<Endpoint> {
    vec![
        get("/api/users", "listUsers", "Who there is")
            .explain("With `USER_DIRECTORY=agents` customers see themselves and staff only, and write to those and to whom they share a conversation with.")
            .signed_in()
            .query("q", text().length(0, 100), "A part of a username or name.")
            .query("role", role(), "Only users of this role.")
            .query("online", flag(), "Only who is online, or only who is not.")
            .query("disabled", flag(), "Only accounts that are disabled, or only those that are not.")
            .answers(200, "Newest first.", list(shared("User")))
            .paged(),
        user_id(get("/api/users/{userId}", "getUser", "A user"))
            .signed_in()
            .answers(200, "The user.", shared("User"))
            .fails(404, "`USER_NOT_FOUND`."),
        administers("/api/users/{userId}/role", "setRole", "Give a user another role", form([must("role", role())])),
        administers(
            "/api/users/{userId}/disabled",
            "setDisabled",
            "Disable an account, or enable it again",
            form([must("disabled", flag())]),
        ),
        user_id(get("/api/users/{userId}/rooms", "userRooms", "One's rooms"))
            .explain("The members of a room of more than 200 are not named here, but with the room itself.")
            .signed_in()
            .answers(200, "Newest first.", list(shared("Room")))
            .paged()
            .fails(403, "Only the rooms of yourself can be listed."),
        put("/api/users/status", "setStatus", "Say that one is away, or back")
            .signed_in()
            .takes(form([must("isOnline", flag().says("False: away, although connected."))]))
            .answers(200, "The user.", shared("User")),
    ]
}
