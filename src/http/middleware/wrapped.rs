//! The shape of every JSON answer under `/api/v1`: `{"success":true,"data":…}`, or `{"success":false,"error",…}`.

use actix_web::Error as ActixError;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::middleware::Next;
use bytes::Bytes;

use crate::http::extract::proxied::is_channels_api;

/// Wraps what the other layers and the handlers answer, so that none of them need know.
pub async fn wrapped(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, ActixError> {
    let concerned = is_channels_api(request.path());
    let answer = next.call(request).await?.map_into_boxed_body();
    if !concerned || !is_json(&answer) {
        return Ok(answer);
    }
    let (request, answer) = answer.into_parts();
    let (head, body) = answer.into_parts();
    let body = match body.try_into_bytes() {
        Ok(body) => BoxBody::new(wrap(head.status(), &body)),
        Err(streamed) => streamed,
    };
    Ok(ServiceResponse::new(request, head.set_body(body)))
}

fn is_json(answer: &ServiceResponse) -> bool {
    let media_type = answer.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    media_type.is_some_and(|text| text.starts_with("application/json"))
}

/// An error is an object with members; data may be anything.
fn wrap(status: StatusCode, body: &[u8]) -> Bytes {
    let wrapped = if status.is_success() {
        [br#"{"success":true,"data":"#, body, b"}"].concat()
    } else {
        [br#"{"success":false,"#, body.strip_prefix(b"{").unwrap_or(body)].concat()
    };
    wrapped.into()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(status: StatusCode, body: &Value) -> Value {
        serde_json::from_slice(&wrap(status, body.to_string().as_bytes())).unwrap()
    }

    #[test]
    fn data_and_errors_are_told_apart() {
        assert_eq!(read(StatusCode::CREATED, &json!([1])), json!({"success": true, "data": [1]}));
        let error = json!({"error": "Channel not found", "code": "CHANNEL_NOT_FOUND"});
        let wanted = json!({"success": false, "error": "Channel not found", "code": "CHANNEL_NOT_FOUND"});
        assert_eq!(read(StatusCode::NOT_FOUND, &error), wanted);
    }
}
