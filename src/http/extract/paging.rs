//! Pages of a list: `limit` and `cursor` in, `Link` and `X-Next-Cursor` out.

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderName, HeaderValue, LINK};
use actix_web::{HttpResponse, HttpResponseBuilder};
use serde::Serialize;

use super::params::Params;
use crate::domain::error::Result;
use crate::domain::page::{Page, Slice, decode_cursor, encode_cursor};
use crate::domain::user::Identity;

/// Which page of which list a request asks for.
pub struct Paging {
    list: &'static str,
    caller: i64,
    pub page: Page,
}

impl Paging {
    /// The page that the parameters name. `list` keeps the cursors of different lists apart.
    pub fn of(list: &'static str, params: &Params, caller: &Identity) -> Result<Self> {
        let caller = caller.user_id;
        let before = params.get("cursor").map(|cursor| decode_cursor(list, caller, cursor)).transpose()?;
        Ok(Self { list, caller, page: Page::new(params.get("limit"), before)? })
    }

    /// The answer: the entries as an array, and the way to the next page in the headers.
    pub fn answer<T, V: Serialize>(
        &self,
        request: &HttpRequest,
        slice: Slice<T>,
        view: impl FnMut(T) -> V,
    ) -> HttpResponse {
        self.answer_with(request, slice.next, slice.items.into_iter().map(view).collect::<Vec<_>>())
    }

    /// The same for a body that is more than an array.
    pub fn answer_with(&self, request: &HttpRequest, next: Option<i64>, body: impl Serialize) -> HttpResponse {
        let mut answer = HttpResponse::Ok();
        if let Some(position) = next {
            self.link(&mut answer, request, position);
        }
        answer.json(body)
    }

    fn link(&self, answer: &mut HttpResponseBuilder, request: &HttpRequest, position: i64) {
        let cursor = encode_cursor(self.list, self.caller, position);
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let given = url::form_urlencoded::parse(request.query_string().as_bytes());
        query.extend_pairs(given.filter(|(name, _)| name != "cursor"));
        query.append_pair("cursor", &cursor);
        let link = format!("<{}?{}>; rel=\"next\"", request.path(), query.finish());
        if let (Ok(link), Ok(cursor)) = (HeaderValue::try_from(link), HeaderValue::try_from(cursor)) {
            answer.insert_header((LINK, link));
            answer.insert_header((HeaderName::from_static("x-next-cursor"), cursor));
        }
    }
}
