//! Résumés and their analysis.

use crate::http::openapi::endpoint::{Endpoint, delete, get, post};
use crate::http::openapi::schemas::{job_status, upload_fields};
use crate::http::openapi::shape::{
    Shape, always, bytes, list, may, must, number, object, one_of, open_object, shared, success, text, uuid, whole,
};

pub fn endpoints() -> Vec<Endpoint> {
    let mut all = uploads();
    all.extend(jobs());
    all.extend(changes());
    all
}

const DOCUMENTS: [&str; 3] = [
    "application/pdf",
    "application/msword",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
];

fn uploads() -> Vec<Endpoint> {
    let id = |endpoint: Endpoint| {
        endpoint.needs_query("id", whole(), "The upload.").signed_in().fails(404, "`UPLOAD_NOT_FOUND`.")
    };
    let sent = object([
        may("file", bytes().says("The document: PDF, DOC or DOCX, at most 10,485,760 bytes.")),
        may("resume", bytes().says("The same under another name.")),
        may("linkedin_url", text().length(0, 500).says("An http(s) address on linkedin.com; empty is none.")),
        may("user_id", text().says("Oneself.")),
    ]);
    vec![
        post("/api/upload", "upload", "Upload a résumé")
            .explain("One file, in the part `file` or `resume`. Its type is decided by its content.")
            .signed_in()
            .takes_form(sent)
            .idempotent()
            .answers(201, "The upload.", object([success()].into_iter().chain(upload_fields())))
            .fails(400, "No file, an empty one, two, one without a name, or `INVALID_FILE_TYPE`.")
            .fails(413, "`FILE_TOO_LARGE`: `max_size_mb` tells how large one may be.")
            .fails(429, "`TOO_MANY_UPLOADS` while four uploads of yours are on their way, or `RATE_LIMITED`."),
        get("/api/uploads", "listUploads", "One's uploads")
            .signed_in()
            .query("user_id", text(), "Oneself.")
            .answers(200, "Newest first.", list(shared("Upload")))
            .paged()
            .fails(403, "`user_id` is not you."),
        id(get("/api/upload/get", "getUpload", "An upload")).answers(200, "The upload.", shared("Upload")),
        id(get("/api/upload/download", "downloadUpload", "The file of an upload"))
            .answers_with(200, "The bytes, unchanged.", &DOCUMENTS)
            .tells(200, "Content-Disposition"),
        id(delete("/api/upload/delete", "deleteUpload", "Delete an upload"))
            .explain("Its jobs, profiles and chunks go with it.")
            .answers(200, "Deleted.", object([success(), must("message", text()), must("id", whole())]))
            .fails(400, "`id` is no number, or a job of the upload is active."),
    ]
}

fn job_id(endpoint: Endpoint) -> Endpoint {
    endpoint
        .needs_query("job_id", uuid(), "The job. What is no UUID is nobody's: 404.")
        .signed_in()
        .fails(404, "`JOB_NOT_FOUND`.")
}

fn jobs() -> Vec<Endpoint> {
    let of_upload = |path, id| {
        get(path, id, "The jobs of an upload")
            .signed_in()
            .needs_query("upload_id", whole(), "The upload.")
            .answers(200, "Newest first.", list(shared("Job")))
            .paged()
            .fails(404, "`UPLOAD_NOT_FOUND`.")
    };
    let staff = "Also for the agent of the customer's active chat and for super-agents; such a look stands in the owner's access log.";
    let not_completed = "`NOT_COMPLETED`: `current_status` and `progress` tell how far it is.";
    vec![
        job_id(get("/api/analysis/status", "jobStatus", "How far a job is")).explain(staff).answers(
            200,
            "The job.",
            shared("Job"),
        ),
        of_upload("/api/analysis/jobs", "listJobs"),
        of_upload("/api/analysis/upload-jobs", "listUploadJobs"),
        get("/api/analysis/user-jobs", "listUserJobs", "One's jobs")
            .signed_in()
            .query("user_id", text(), "Oneself.")
            .answers(200, "Newest first.", list(shared("Job")))
            .paged()
            .fails(403, "`user_id` is not you."),
        job_id(get("/api/analysis/result", "jobResult", "What an analysis found"))
            .explain(staff)
            .answers(200, "The profile, and where in the text each value stands.", shared("AnalysisResult"))
            .fails(400, not_completed),
        job_id(get("/api/analysis/export", "exportResult", "The result as a file"))
            .explain(staff)
            .needs_query(
                "format",
                one_of(["json", "csv", "pdf", "docx", "jsonresume"]),
                "The format; `jsonresume` is JSON Resume 1.0.",
            )
            .answers(200, "The file.", open_object().says("The profile in the shape of the format."))
            .answers_with(200, "The file.", &["text/csv", "application/pdf", DOCUMENTS[2]])
            .tells(200, "Content-Disposition")
            .fails(400, "`INVALID_FORMAT`, or `NOT_COMPLETED`.")
            .fails(404, "`JOB_NOT_FOUND`, or `PROFILE_NOT_FOUND`."),
        get("/api/analysis/search", "searchResumes", "Search the résumés that one may see")
    .explain("By meaning, over passages. Customers search their own, agents those of customers whose active chats are assigned to them, super-agents all.")
    .signed_in()
    .query("query", text().length(1, 500), "What to look for; this or `similar_to`.")
    .query("similar_to", uuid(), "A job: résumés like its own, itself left out.")
    .query("upload_id", whole(), "Only this upload.")
    .query("limit", whole().at_least(1).default(10), "How many; over 200 is 200.")
    .answers(200, "The nearest first.", object([must("results", list(object([
        must("upload_id", whole()), must("job_id", uuid()), must("name", text().or_null()), must("score", number()), must("snippet", text()),
    ])))]))
    .fails(404, "`JOB_NOT_FOUND` or `UPLOAD_NOT_FOUND`."),
    ]
}

fn started(fields: Shape) -> impl Fn(Endpoint) -> Endpoint {
    move |endpoint| {
        endpoint
            .signed_in()
            .idempotent()
            .answers(202, "Queued: the job tells how far it is on every step.", fields.clone())
            .fails(429, "`TOO_MANY_JOBS` while 100 jobs of yours are active, or `RATE_LIMITED`.")
    }
}

fn changes() -> Vec<Endpoint> {
    let start = started(object([must("job_id", uuid()), must("status", job_status()), must("message", text())]));
    let upload_missing = "`UPLOAD_NOT_FOUND`.";
    let retried = object([success(), must("message", text()), must("job_id", uuid()), must("status", job_status())]);
    let cancelled = object([success(), must("job_id", uuid()), must("status", always("failed"))]);
    let deleted = object([success(), must("message", text()), must("job_id", uuid())]);
    vec![
        start(post("/api/analysis/start", "startAnalysis", "Analyse an upload"))
            .needs_query("upload_id", whole(), "The upload.")
            .fails(404, upload_missing),
        start(post("/api/analyze", "analyze", "Analyse an upload, under the name of the first version"))
            .needs_query("id", whole(), "The upload.")
            .fails(404, upload_missing),
        started(retried)(job_id(post("/api/analysis/retry-job", "retryJob", "Try a failed job again")))
            .fails(400, "`CANNOT_RETRY_JOB`: it has not failed; `RETRY_LIMIT`: it was tried again five times."),
        job_id(post("/api/analysis/cancel-job", "cancelJob", "Stop a job"))
            .idempotent()
            .answers(202, "It ends as failed.", cancelled)
            .fails(400, "`CANNOT_CANCEL_JOB`: it has ended."),
        job_id(delete("/api/analysis/delete-job", "deleteJob", "Delete a job that has ended"))
            .explain("Its profile and chunks go too; saved questions stay.")
            .answers(200, "Deleted.", deleted)
            .fails(400, "`CANNOT_DELETE_JOB`: it has not ended."),
    ]
}
