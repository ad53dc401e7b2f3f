//! The page's Content-Security-Policy.
//!
//! Promise: only scripts and styles of our own address run, and those that stand in the page itself
//! by the hash of their exact text. The policy is made from the page that it is sent with, so a new
//! build can never be locked out by an old policy.

use axum::http::HeaderValue;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::random::sha256;

/// The policy of a page that is served to `host`.
pub(super) fn of_page(page: &[u8], host: &str, https: bool) -> HeaderValue {
    let page = String::from_utf8_lossy(page);
    let scripts = hashes(&page, "script");
    let styles = hashes(&page, "style");
    // CSP 3 lets 'self' stand for the socket as well; Safari before 15.4 does not.
    let socket = if is_host(host) { format!(" {}://{host}", if https { "wss" } else { "ws" }) } else { String::new() };
    let policy = format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'{scripts}; style-src 'self'{styles}; \
         img-src 'self' blob: data:; connect-src 'self'{socket}; worker-src 'self'; manifest-src 'self'; \
         object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    );
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}

/// ` 'sha256-…'` for each element of a name that has a text of its own.
fn hashes(page: &str, element: &str) -> String {
    let (opening, closing) = (format!("<{element}"), format!("</{element}"));
    let mut found = String::new();
    let mut rest = page;
    while let Some((_, after)) = rest.split_once(&opening) {
        let Some((attributes, after)) = after.split_once('>') else {
            break;
        };
        let Some((text, after)) = after.split_once(&closing) else {
            break;
        };
        if !attributes.contains("src=") && !text.is_empty() {
            found.push_str(" 'sha256-");
            found.push_str(&STANDARD.encode(sha256(&[text.as_bytes()])));
            found.push('\'');
        }
        rest = after;
    }
    found
}

/// Whether it can stand in a policy: the asker writes this header.
fn is_host(host: &str) -> bool {
    !host.is_empty()
        && host.len() <= 255
        && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(page: &str, host: &str) -> String {
        of_page(page.as_bytes(), host, true).to_str().unwrap().to_owned()
    }

    #[test]
    fn a_script_of_the_page_is_named_by_its_hash() {
        // The example of the CSP specification, section 8.4.
        let policy = policy("<script>alert('Hello, world.');</script><script src=\"a.js\"></script>", "a.example");
        assert_eq!(
            policy,
            "default-src 'none'; script-src 'self' 'wasm-unsafe-eval' \
             'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='; style-src 'self'; \
             img-src 'self' blob: data:; connect-src 'self' wss://a.example; worker-src 'self'; manifest-src 'self'; \
             object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
        );
    }

    #[test]
    fn several_scripts_and_styles_are_all_named() {
        let page = "<style>a{}</style><script type=\"module\">1</script><link rel=\"stylesheet\"><script>2</script>";
        let policy = policy(page, "a.example");
        assert_eq!(policy.matches("'sha256-").count(), 3);
    }

    #[test]
    fn a_forged_host_writes_nothing_into_the_policy() {
        let policy = policy("", "a.example; script-src *");
        assert!(policy.contains("connect-src 'self'; worker-src"), "{policy}");
        assert!(!policy.contains("script-src *"));
    }
}
