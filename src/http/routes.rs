//! The whole REST table on one page. What is not here is a 404, another method of what is here a 405 with `Allow`.

use actix_web::http::Method;
use actix_web::http::header::ALLOW;
use actix_web::web::{self, ServiceConfig};
use actix_web::{FromRequest, Handler, HttpResponse, Responder, ResponseError, Route};

use super::{
    account_data, analysis, auth, channels, chat, chats, conversations, export, interview, memory, openapi, rooms,
    service, uploads, users, web_client,
};
use crate::domain::error::{Error, Kind};

/// What is done with a path and its methods.
type Table<'a> = dyn FnMut(&'static str, Vec<(Method, Route)>) + 'a;

/// Mounts every path.
pub fn routes(config: &mut ServiceConfig) {
    table(&mut |path, routes| mount(config, path, routes));
}

/// Every path with its methods, as `openapi` must describe them.
#[cfg(test)]
pub fn methods() -> Vec<(&'static str, Method)> {
    let mut found = Vec::new();
    table(&mut |path, routes| found.extend(routes.into_iter().map(|(method, _)| (path, method))));
    found
}

fn table(config: &mut Table<'_>) {
    path(config, "/", [get(service::root)]);
    path(config, "/assets/{path:.*}", [get(web_client::asset)]);
    path(config, "/health", [get(service::health)]);
    path(config, "/health/live", [get(service::live)]);
    path(config, "/health/ready", [get(service::ready)]);
    path(config, "/stats", [get(service::stats)]);
    path(config, "/api/ws/stats", [get(service::stats)]);
    path(config, "/metrics", [get(service::metrics)]);
    path(config, "/simulate/disconnect", [post(service::simulate_disconnect)]);
    path(config, "/api/openapi.json", [get(openapi::document)]);
    path(config, "/api/docs", [get(openapi::docs)]);
    path(config, "/api/docs/{file}", [get(openapi::docs_file)]);

    path(config, "/api/auth/signup", [post(auth::sign_up)]);
    path(config, "/api/auth/register", [post(auth::register)]);
    path(config, "/api/auth/login", [post(auth::login)]);
    path(config, "/api/auth/logout", [post(auth::logout)]);
    path(config, "/api/auth/refresh", [post(auth::refresh)]);
    path(config, "/api/auth/password", [post(auth::change_password)]);
    path(config, "/api/ws/ticket", [post(auth::issue_ticket)]);

    path(config, "/api/auth/me", [get(users::me)]);
    path(config, "/api/auth/profile", [get(users::me)]);
    path(config, "/api/users/me", [get(users::me), delete(account_data::erase)]);
    path(config, "/api/users/me/export", [get(account_data::export)]);
    path(config, "/api/users/me/access-log", [get(account_data::access_log)]);
    path(config, "/api/users/status", [put(users::set_status)]);
    path(config, "/api/users", [get(users::list_users)]);
    path(config, "/api/users/{userId}", [get(users::get_user)]);
    path(config, "/api/users/{userId}/role", [put(users::set_role)]);
    path(config, "/api/users/{userId}/disabled", [put(users::set_disabled)]);

    path(config, "/api/upload", [post(uploads::upload)]);
    path(config, "/api/uploads", [get(uploads::list_uploads)]);
    path(config, "/api/upload/get", [get(uploads::get_upload)]);
    path(config, "/api/upload/download", [get(uploads::download)]);
    path(config, "/api/upload/delete", [delete(uploads::delete_upload)]);

    path(config, "/api/analysis/start", [post(analysis::start_analysis)]);
    path(config, "/api/analyze", [post(analysis::analyze)]);
    path(config, "/api/analysis/status", [get(analysis::job_status)]);
    path(config, "/api/analysis/jobs", [get(analysis::list_upload_jobs)]);
    path(config, "/api/analysis/upload-jobs", [get(analysis::list_upload_jobs)]);
    path(config, "/api/analysis/user-jobs", [get(analysis::list_user_jobs)]);
    path(config, "/api/analysis/result", [get(analysis::job_result)]);
    path(config, "/api/analysis/search", [get(analysis::search)]);
    path(config, "/api/analysis/export", [get(export::export_result)]);
    path(config, "/api/analysis/retry-job", [post(analysis::retry_job)]);
    path(config, "/api/analysis/cancel-job", [post(analysis::cancel_job)]);
    path(config, "/api/analysis/delete-job", [delete(analysis::delete_job)]);

    path(config, "/api/interview/generate", [post(interview::generate)]);
    path(config, "/api/interview/regenerate-answer", [post(interview::regenerate_answer)]);
    path(config, "/api/interview/save-question", [post(interview::save_question)]);
    path(config, "/api/interview/check-saved", [get(interview::check_saved)]);
    path(config, "/api/interview/saved-questions", [get(interview::saved_questions)]);
    path(config, "/api/interview/library", [get(interview::library)]);
    path(config, "/api/interview/saved-questions/{id}", [put(interview::edit_saved), delete(interview::delete_saved)]);
    path(
        config,
        "/api/conversations",
        [get(conversations::list_conversations), post(conversations::open_conversation)],
    );
    path(config, "/api/conversations/{id}", [get(conversations::get_conversation)]);
    path(
        config,
        "/api/conversations/{id}/messages",
        [get(conversations::list_messages), post(conversations::post_message)],
    );
    path(config, "/api/chat/load-qa", [post(memory::load)]);
    path(config, "/api/chat/unload-qa", [post(memory::unload)]);
    path(config, "/api/chat/message/text", [post(chat::send_text)]);
    path(config, "/api/chat/message/audio", [post(chat::send_audio)]);
    path(config, "/api/chat/message/system", [post(chat::send_system)]);
    path(config, "/api/chat/message/audio/content", [get(chat::audio_content)]);
    path(config, "/api/chat/messages", [get(chat::list_messages)]);
    path(config, "/api/chats", [get(chats::list_chats), post(chats::open_chat)]);
    path(config, "/api/chats/{id}", [get(chats::get_chat), delete(chats::delete_chat)]);
    path(config, "/api/chats/{id}/messages", [get(chats::list_messages), post(chats::post_message)]);
    path(config, "/api/chats/{id}/status", [put(chats::set_status)]);
    path(config, "/api/chats/{id}/assign", [put(chats::assign)]);
    path(config, "/api/chats/{id}/archive", [put(chats::archive)]);
    path(config, "/api/chats/{id}/unarchive", [put(chats::unarchive)]);

    path(config, "/api/messages/search", [get(conversations::search_messages)]);

    path(config, "/api/messages", [get(rooms::list_messages), post(rooms::post_message)]);
    path(config, "/api/messages/between/{user1}/{user2}", [get(rooms::messages_between)]);
    path(config, "/api/ws/users", [get(rooms::connected_users)]);
    path(config, "/api/users/{userId}/rooms", [get(rooms::user_rooms)]);
    path(config, "/api/rooms", [post(rooms::create_room)]);
    path(config, "/api/rooms/{roomId}", [get(rooms::get_room)]);
    path(config, "/api/rooms/{roomId}/messages", [get(rooms::room_messages)]);
    path(config, "/api/rooms/{roomId}/members/{userId}", [post(rooms::add_member), delete(rooms::remove_member)]);

    path(config, "/api/v1/channels", [get(channels::list_channels), post(channels::create_channel)]);
    path(config, "/api/v1/channels/{id}", [get(channels::get_channel), delete(channels::delete_channel)]);
    path(config, "/api/v1/messages", [get(channels::list_messages), post(channels::post_message)]);
    path(config, "/api/v1/messages/{id}", [put(channels::edit_message), delete(channels::delete_message)]);
    path(config, "/api/v1/ws/stats", [get(channels::stats)]);
}

fn path<const N: usize>(config: &mut Table<'_>, path: &'static str, routes: [(Method, Route); N]) {
    config(path, routes.into());
}

fn mount(config: &mut ServiceConfig, path: &str, routes: Vec<(Method, Route)>) {
    let allowed: Vec<&str> = routes
        .iter()
        .flat_map(|(method, _)| if *method == Method::GET { vec!["GET", "HEAD"] } else { vec![method.as_str()] })
        .collect();
    let allowed = allowed.join(", ");
    let resource = web::resource(path).default_service(web::to(move || {
        let allowed = allowed.clone();
        async move { method_not_allowed(&allowed) }
    }));
    config.service(routes.into_iter().fold(resource, |resource, (_, route)| resource.route(route)));
}

fn method_not_allowed(allowed: &str) -> HttpResponse {
    let message = format!("This path answers {allowed} only.");
    let error = Error::new(Kind::MethodNotAllowed, "METHOD_NOT_ALLOWED", "Method not allowed", message);
    let mut answer = error.error_response();
    if let Ok(value) = allowed.try_into() {
        answer.headers_mut().insert(ALLOW, value);
    }
    answer
}

fn route<F, Args>(method: Method, handler: F) -> (Method, Route)
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    (method.clone(), web::method(method).to(handler))
}

fn get<F, Args>(handler: F) -> (Method, Route)
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    route(Method::GET, handler)
}

fn post<F, Args>(handler: F) -> (Method, Route)
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    route(Method::POST, handler)
}

fn put<F, Args>(handler: F) -> (Method, Route)
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    route(Method::PUT, handler)
}

fn delete<F, Args>(handler: F) -> (Method, Route)
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    route(Method::DELETE, handler)
}
