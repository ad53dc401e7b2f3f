//! The app's files.
//!
//! Promise: files whose names carry their hash may be kept for ever; the page, the service worker
//! and everything else are asked for again each time and are not sent again when unchanged. Any
//! path of the app answers with the page; a path of the API never does. The page may run only the
//! scripts that were in it when it was built.

mod policy;
#[cfg(test)]
mod tests;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::problem::{METHOD_NOT_ALLOWED, NO_APP, NOT_FOUND};
use super::{AppState, Problem};
use crate::random::sha256;

const PAGE: &str = "index.html";
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");

/// Whether a path belongs to the API or the relay, so that it never falls back to the page.
pub fn is_api(path: &str) -> bool {
    let below = |root: &str| path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    below("/api") || below("/sync")
}

/// Answers everything that no route takes.
pub(super) async fn answer(State(app): State<AppState>, request: Request) -> Result<Response, Problem> {
    let path = request.uri().path();
    if is_api(path) {
        return Err(Problem::new(&NOT_FOUND));
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Err(Problem::new(&METHOD_NOT_ALLOWED));
    }
    let name = path.trim_start_matches('/');
    let Some(relative) = safe(name) else {
        return Err(Problem::new(&NOT_FOUND));
    };
    let headers = request.headers();
    // HTTP/2 names the host in the target, HTTP/1.1 in a header.
    let host = request.uri().authority().map(axum::http::uri::Authority::as_str);
    let host = host.or_else(|| headers.get(header::HOST).and_then(|host| host.to_str().ok())).unwrap_or_default();
    if !name.is_empty()
        && let Some(found) = read(&app.config.web, &relative, accepts_brotli(headers)).await?
    {
        return Ok(file(name, found, headers, host, &app));
    }
    // A name with an extension is a file that is not there; anything else is a place in the app.
    if relative.extension().is_some() {
        return Err(Problem::new(&NOT_FOUND));
    }
    let page = read(&app.config.web, Path::new(PAGE), accepts_brotli(headers)).await?;
    page.map(|page| file(PAGE, page, headers, host, &app)).ok_or(Problem::new(&NO_APP))
}

/// A file as it lies on the disk.
struct Found {
    bytes: Vec<u8>,
    brotli: bool,
    /// The page's text, uncompressed, which its policy is made from.
    page: Option<Vec<u8>>,
}

/// The path inside the folder, or nothing when the name leads elsewhere or to a hidden file.
fn safe(name: &str) -> Option<PathBuf> {
    let mut path = PathBuf::new();
    if name.is_empty() {
        return Some(path);
    }
    for part in name.split('/') {
        let plain = !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
        if !plain {
            return None;
        }
        path.push(part);
    }
    Some(path)
}

async fn read(folder: &Path, relative: &Path, brotli: bool) -> Result<Option<Found>, Problem> {
    let plain = folder.join(relative);
    let page = if relative == Path::new(PAGE) { load(&plain).await? } else { None };
    if brotli {
        let mut compressed = plain.clone().into_os_string();
        compressed.push(".br");
        if let Some(bytes) = load(Path::new(&compressed)).await? {
            return Ok(Some(Found { bytes, brotli: true, page }));
        }
    }
    let bytes = match page.clone() {
        Some(bytes) => Some(bytes),
        None => load(&plain).await?,
    };
    Ok(bytes.map(|bytes| Found { bytes, brotli: false, page }))
}

async fn load(path: &Path) -> Result<Option<Vec<u8>>, Problem> {
    match tokio::fs::read(path).await {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error)
            if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::IsADirectory | ErrorKind::NotADirectory) =>
        {
            Ok(None)
        }
        Err(error) => Err(Problem::internal(format!("{}: {error}", path.display()))),
    }
}

fn file(name: &str, found: Found, asked: &HeaderMap, host: &str, app: &AppState) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type(name)));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if found.brotli {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
    }
    if let Some(page) = &found.page {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy::of_page(page, host, app.config.is_https()));
    }
    if is_hashed(name) {
        headers.insert(header::CACHE_CONTROL, FOR_EVER);
        return (headers, found.bytes).into_response();
    }
    headers.insert(header::CACHE_CONTROL, ASK_AGAIN);
    let tag = hex::encode(sha256(&[&found.bytes])).chars().take(32).collect::<String>();
    let tag = format!("\"{tag}\"");
    if let Ok(value) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, value);
    }
    let known = asked.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    if known.is_some_and(|known| known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag)) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, found.bytes).into_response()
}

/// Whether the name carries the hash of the content: Trunk's `app-0123456789abcdef.js` and
/// `app-0123456789abcdef_bg.wasm`.
fn is_hashed(name: &str) -> bool {
    name.rsplit('/').next().unwrap_or(name).split(['-', '_', '.']).any(|part| {
        part.len() >= 12 && part.len() <= 16 && part.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    })
}

fn accepts_brotli(headers: &HeaderMap) -> bool {
    let wanted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    wanted.split(',').any(|part| {
        let mut words = part.split(';').map(str::trim);
        words.next() == Some("br") && !words.any(|word| matches!(word, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("json" | "map") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("webp") => "image/webp",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
