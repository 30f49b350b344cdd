//! Résumés: upload, list, download, delete.

use actix_web::http::header::{
    CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, Charset, ContentDisposition, DispositionParam, DispositionType,
    ExtendedValue,
};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use super::extract::arriving::LargeBody;
use super::extract::caller::Caller;
use super::extract::form::{Form, Part};
use super::extract::idempotency::Idempotent;
use super::extract::paging::Paging;
use super::extract::params::{Params, own_user};
use crate::domain::clock::rfc3339;
use crate::domain::error::{Error, Result};
use crate::domain::user::Identity;
use crate::domain::{UploadId, UserId};
use crate::services::uploads::{Incoming, MAX_BYTES, linkedin_url};
use crate::state::AppState;
use crate::store::Upload;

/// What a form may have beside the file: names, boundaries, two short fields.
const FORM_OVERHEAD: u64 = 64 * 1024;

/// The object of an upload (contract, section 4).
#[derive(Serialize)]
struct UploadView {
    id: UploadId,
    filename: String,
    file_name: String,
    mime_type: String,
    file_size: i64,
    linkedin_url: Option<String>,
    user_id: UserId,
    #[serde(with = "rfc3339")]
    upload_date: OffsetDateTime,
    #[serde(with = "rfc3339")]
    created_at: OffsetDateTime,
}

impl From<Upload> for UploadView {
    fn from(upload: Upload) -> Self {
        Self {
            id: upload.id,
            filename: upload.file_name.clone(),
            file_name: upload.file_name,
            mime_type: upload.mime_type,
            file_size: upload.file_size,
            linkedin_url: upload.linkedin_url,
            user_id: upload.user_id,
            upload_date: upload.created_at,
            created_at: upload.created_at,
        }
    }
}

/// A form that has been read, and what it is compared by.
struct Received {
    file_name: String,
    linkedin_url: Option<String>,
    file: Incoming,
    fingerprint: Sha256,
}

/// `POST /api/upload`
pub async fn upload(
    request: HttpRequest,
    state: Data<AppState>,
    caller: Caller,
    LargeBody { body, place }: LargeBody,
) -> Result<HttpResponse> {
    let idempotent = Idempotent::of(&request, &caller.0)?;
    let mut form = Form::of(&request, body, MAX_BYTES as u64 + FORM_OVERHEAD).await?;
    let Received { file_name, linkedin_url, file, fingerprint } = receive(&mut form, &caller.0).await?;
    let work = async move {
        let _until_stored = place;
        let upload = state.uploads.save(caller.0.user_id, &file_name, linkedin_url, file).await?;
        let mut object = serde_json::to_value(UploadView::from(upload)).map_err(|e| Error::internal(e.to_string()))?;
        object["success"] = true.into();
        Ok(HttpResponse::Created().json(object))
    };
    idempotent.run(&fingerprint.finalize(), work).await
}

async fn receive(form: &mut Form, caller: &Identity) -> Result<Received> {
    let mut file: Option<(String, Incoming)> = None;
    let mut linkedin = None;
    let mut fingerprint = Sha256::new();
    while let Some(mut part) = form.next().await? {
        fingerprint.update(part.name().as_bytes());
        match part.name() {
            "file" | "resume" => {
                if file.is_some() {
                    return Err(Error::invalid("file", "Upload one file at a time."));
                }
                file = Some(receive_file(&mut part, &mut fingerprint).await?);
            }
            "linkedin_url" => linkedin = linkedin_url(&text(&mut part, &mut fingerprint).await?)?,
            "user_id" => {
                let text = text(&mut part, &mut fingerprint).await?;
                if !text.trim().is_empty() {
                    own_user("user_id", text.trim(), caller)?;
                }
            }
            _ => while part.chunk().await?.is_some() {},
        }
    }
    let (file_name, file) =
        file.ok_or_else(|| Error::invalid("file", "No file was uploaded: put it into the part `file`."))?;
    Ok(Received { file_name, linkedin_url: linkedin, file, fingerprint })
}

async fn text(part: &mut Part, fingerprint: &mut Sha256) -> Result<String> {
    let text = part.text().await?;
    fingerprint.update(text.len().to_le_bytes());
    fingerprint.update(text.as_bytes());
    Ok(text)
}

async fn receive_file(part: &mut Part, fingerprint: &mut Sha256) -> Result<(String, Incoming)> {
    let name = part.file_name().unwrap_or_default();
    fingerprint.update(name.len().to_le_bytes());
    fingerprint.update(name.as_bytes());
    let mut file = Incoming::default();
    while let Some(chunk) = part.chunk().await? {
        if let Err(error) = file.push(&chunk) {
            part.linger().await;
            return Err(error);
        }
        fingerprint.update(&chunk);
    }
    Ok((name, file))
}

/// `GET /api/uploads`
pub async fn list_uploads(
    request: HttpRequest,
    state: Data<AppState>,
    caller: Caller,
    params: Params,
) -> Result<HttpResponse> {
    let owner = params.own_user("user_id", &caller.0)?;
    let paging = Paging::of("uploads", &params, &caller.0)?;
    let uploads = state.uploads.list(owner, paging.page).await?;
    Ok(paging.answer(&request, uploads, UploadView::from))
}

/// `GET /api/upload/get`
pub async fn get_upload(state: Data<AppState>, caller: Caller, params: Params) -> Result<HttpResponse> {
    let upload = state.uploads.get(caller.0.user_id, params.id("id")?).await?;
    Ok(HttpResponse::Ok().json(UploadView::from(upload)))
}

/// `GET /api/upload/download`: part by part, so that no file is in memory as a whole.
pub async fn download(state: Data<AppState>, caller: Caller, params: Params) -> Result<HttpResponse> {
    let upload = state.uploads.get(caller.0.user_id, params.id("id")?).await?;
    let (uploads, id) = (state.uploads.clone(), upload.id);
    let parts = futures_util::stream::try_unfold(0, move |part| {
        let uploads = uploads.clone();
        async move { Ok::<_, Error>(uploads.part(id, part).await?.map(|bytes| (Bytes::from(bytes), part + 1))) }
    });
    let size = u64::try_from(upload.file_size).unwrap_or_default();
    Ok(HttpResponse::Ok()
        .content_type(upload.mime_type)
        .insert_header((CONTENT_DISPOSITION, attachment(&upload.file_name)))
        .insert_header((CONTENT_SECURITY_POLICY, "sandbox"))
        .body(actix_web::body::SizedStream::new(size, Box::pin(parts))))
}

/// `attachment` with the name as RFC 6266 asks: plain for old clients, RFC 5987 for the rest.
fn attachment(name: &str) -> ContentDisposition {
    let plain: String = name.chars().map(|c| if c.is_ascii() && !c.is_ascii_control() { c } else { '_' }).collect();
    let mut parameters = vec![DispositionParam::Filename(plain.clone())];
    if plain != name {
        parameters.push(DispositionParam::FilenameExt(ExtendedValue {
            charset: Charset::Ext("UTF-8".to_owned()),
            language_tag: None,
            value: name.as_bytes().to_vec(),
        }));
    }
    ContentDisposition { disposition: DispositionType::Attachment, parameters }
}

/// `DELETE /api/upload/delete`
pub async fn delete_upload(state: Data<AppState>, caller: Caller, params: Params) -> Result<HttpResponse> {
    let id = params.id("id")?;
    state.uploads.delete(caller.0.user_id, id).await?;
    Ok(HttpResponse::Ok().json(json!({"success": true, "message": "Upload deleted successfully", "id": id})))
}
