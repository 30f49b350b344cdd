//! Questions for an interview, the library, and the memory of a socket.

use crate::domain::interview::{MAX_ANSWER_CHARS, MAX_QUESTIONS};
use crate::http::openapi::endpoint::{Endpoint, delete, get, post, put};
use crate::http::openapi::schemas::{category, difficulty, long, question, short, tags, user_ref};
use crate::http::openapi::shape::{
    Field, count, flag, form, list, may, must, object, shared, success, text, time, uuid, whole,
};

pub fn endpoints() -> Vec<Endpoint> {
    let mut all = questions();
    all.extend(library());
    all.extend(memory());
    all
}

fn job() -> Field {
    must("job_id", text().says("A completed job of yours. What is no UUID is nobody's: 404."))
}

fn questions() -> Vec<Endpoint> {
    let asked = form([
        job(),
        may("job_title", short()),
        may("level", short().example("Senior")),
        may("company", short()),
        may("target_company", short().says("The same as `company`.")),
        may("job_description", long()),
        may("job_requirements", long()),
        may("num_questions", whole().at_least(1).at_most(MAX_QUESTIONS as i64).default(10)),
    ]);
    let set =
        object([must("questions", list(shared("Question"))), must("job_id", uuid()), must("generated_at", time())]);
    let again = form([
        job(),
        must("question_id", text().length(1, 255).example("q1")),
        must("question", question()),
        may("instructions", long().says("Such as: shorter, longer, STAR, a skill to dwell on.")),
    ]);
    let answer = object([must("question_id", text()), must("answer", text()), must("regenerated_at", time())]);
    vec![
        post("/api/interview/generate", "generateQuestions", "Make a set of questions")
            .explain("Ids go on from set to set: a second one begins at q11. Answers use facts of the profile only.")
            .signed_in()
            .takes(asked)
            .answers(200, "The questions, with answers.", set)
            .fails(400, "A field is wrong, or the job is not completed (`NOT_COMPLETED`).")
            .fails(404, "`JOB_NOT_FOUND`."),
        post("/api/interview/regenerate-answer", "regenerateAnswer", "Get another answer to a question")
            .signed_in()
            .takes(again)
            .answers(200, "Another answer than before.", answer)
            .fails(400, "A field is wrong, or the job is not completed (`NOT_COMPLETED`).")
            .fails(404, "`JOB_NOT_FOUND`."),
    ]
}

fn details() -> [Field; 5] {
    [
        may("category", category()),
        may("difficulty", difficulty()),
        may("tags", tags()),
        may("job_title", short()),
        may("company", short()),
    ]
}

fn library() -> Vec<Endpoint> {
    let saved = [
        job(),
        must("question_id", text().length(1, 255)),
        must("question", question()),
        must("answer", text().length(1, MAX_ANSWER_CHARS)),
    ];
    let edited = [may("question", question()), may("answer", text().length(1, MAX_ANSWER_CHARS))];
    let page = object([
        must("questions", list(shared("SavedQuestion"))),
        must("total", count()),
        must("limit", count()),
        must("offset", count()),
    ]);
    let id = |endpoint: Endpoint| {
        endpoint.in_path("id", text(), "The saved question, a number.").signed_in().fails(404, "`QUESTION_NOT_FOUND`.")
    };
    vec![
        post("/api/interview/save-question", "saveQuestion", "Save a question to the library")
            .signed_in()
            .takes(form(saved.into_iter().chain(details())))
            .idempotent()
            .answers(201, "Saved.", object([success(), must("message", text()), must("saved_question_id", whole())]))
            .fails(404, "`JOB_NOT_FOUND`.")
            .fails(409, "`QUESTION_ALREADY_SAVED`, or the first request with this key still runs."),
        get("/api/interview/check-saved", "checkSaved", "Whether a question is saved")
            .signed_in()
            .needs_query("job_id", text(), "The job of the question; what is not yours has none saved.")
            .needs_query("question_id", text(), "The question.")
            .answers(
                200,
                "Whether it is.",
                object([must("saved", flag()), must("saved_question_id", whole().or_null())]),
            ),
        get("/api/interview/saved-questions", "savedQuestions", "Saved questions by number")
            .signed_in()
            .query("auth_user_id", text(), "Oneself.")
            .query("job_id", text(), "Only those of this job.")
            .query("limit", whole().at_least(1).default(20), "How many; over 200 is 200.")
            .query("offset", count().at_most(i64::from(u32::MAX)).default(0), "After the first so many.")
            .answers(200, "Newest first.", page)
            .fails(403, "`auth_user_id` is not you."),
        get("/api/interview/library", "library", "Saved questions by what they are about")
            .signed_in()
            .query("category", category(), "Only this category.")
            .query("difficulty", difficulty(), "Only this difficulty.")
            .query("tags", text(), "Any of these tags, with commas between them.")
            .query("q", text().length(0, 200), "A part of the question or the answer.")
            .query("job_id", text(), "Only those of this job.")
            .answers(200, "Newest first.", list(shared("SavedQuestion")))
            .paged(),
        id(put("/api/interview/saved-questions/{id}", "editSaved", "Edit a saved question"))
            .explain("What is missing stays as it is.")
            .takes(form(edited.into_iter().chain(details())))
            .answers(200, "The question as it is now.", shared("SavedQuestion"))
            .fails(409, "`EDIT_CONFLICT`: it is being edited elsewhere."),
        id(delete("/api/interview/saved-questions/{id}", "deleteSaved", "Remove a question from the library")).answers(
            200,
            "Removed.",
            object([success(), must("message", text()), must("id", whole())]),
        ),
    ]
}

fn memory() -> Vec<Endpoint> {
    let client = || must("client_id", text().length(1, 1_000).says("From the first frame of the socket."));
    let named = || must("client_id", text());
    let missing = "`CLIENT_NOT_FOUND`: no such socket, or it is another user's.";
    vec![
        post("/api/chat/load-qa", "loadMemory", "Let a socket answer from the library")
            .explain(
                "Messages on the socket are matched with the questions; what is similar enough is answered with the saved answer. \
                 A socket that is signed out may be loaded, too. Sockets with the same questions share them; the different sets that \
                 the sockets of one user have loaded take at most 64 MiB on a node.",
            )
            .signed_in()
            .takes(form([
                client(),
                may("job_id", text().says("Only the questions of this job.")),
                may("limit", whole().at_least(1).default(20).says("The newest so many; over 500 is 500.")),
                may("user_id", user_ref().says("Oneself; one that equals `job_id` is ignored.")),
            ]))
            .answers(200, "Loaded.", object([success(), named(), must("loaded", count())]))
            .fails(403, "`user_id` is not you, or `FOREIGN_ORIGIN`.")
            .fails(404, missing)
            .fails(409, "`MEMORY_FULL`: your sockets have loaded as much as one user may. Unload one, or load fewer questions."),
        post("/api/chat/unload-qa", "unloadMemory", "Let a socket forget the library")
            .signed_in()
            .takes(form([client()]))
            .answers(200, "Forgotten.", object([success(), named()]))
            .fails(404, missing),
    ]
}
