use super::super::tests::Edge;
use super::*;

const SCRIPT: &str = "app-0123456789abcdef.js";

async fn built() -> Edge {
    let edge = Edge::new().await;
    edge.web("index.html", b"<title>page</title><script>boot()</script>");
    edge.web("sw.js", b"worker");
    edge.web(SCRIPT, b"plain");
    edge.web(&format!("{SCRIPT}.br"), b"brotli");
    edge.web(".secret", b"secret");
    std::fs::write(edge.folder.path().join("outside.txt"), b"outside").unwrap();
    edge
}

#[tokio::test]
async fn hashed_files_are_kept_and_the_page_is_asked_for_again() {
    let edge = built().await;
    let script = edge.get(&format!("/{SCRIPT}"), &[]).await;
    assert_eq!(
        (script.text().as_str(), script.header("cache-control")),
        ("plain", "public, max-age=31536000, immutable")
    );
    assert_eq!(script.header("content-type"), "text/javascript; charset=utf-8");
    for path in ["/", "/index.html", "/sw.js"] {
        let first = edge.get(path, &[]).await;
        assert_eq!(first.header("cache-control"), "no-cache", "{path}");
        let again = edge.get(path, &[("if-none-match", first.header("etag"))]).await;
        assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0), "{path}");
    }
    edge.web("sw.js", b"new worker");
    let changed = edge.get("/sw.js", &[("if-none-match", "\"old\"")]).await;
    assert_eq!(changed.text(), "new worker");
}

#[tokio::test]
async fn brotli_is_sent_to_who_accepts_it() {
    let edge = built().await;
    let path = format!("/{SCRIPT}");
    let compressed = edge.get(&path, &[("accept-encoding", "gzip, deflate, br")]).await;
    assert_eq!((compressed.text().as_str(), compressed.header("content-encoding")), ("brotli", "br"));
    assert_eq!(compressed.header("content-type"), "text/javascript; charset=utf-8");
    assert_eq!(compressed.header("vary"), "accept-encoding");
    let refused = edge.get(&path, &[("accept-encoding", "gzip, br;q=0")]).await;
    assert_eq!((refused.text().as_str(), refused.header("content-encoding")), ("plain", ""));
}

#[tokio::test]
async fn a_place_in_the_app_is_the_page_and_the_api_never_is() {
    let edge = built().await;
    for path in ["/", "/claims/0190-1/edit", "/approve", "/synchronise", "/apis"] {
        let answer = edge.get(path, &[]).await;
        assert!(answer.text().contains("<title>page"), "{path}");
        assert!(answer.header("content-security-policy").contains("'sha256-"), "{path}");
    }
    for path in ["/api", "/api/claims/1", "/sync/x", "/missing.js", "/app-ffffffffffffffff.js"] {
        assert_eq!(edge.get(path, &[]).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn nothing_outside_the_folder_is_sent() {
    let edge = built().await;
    for path in [
        "/../outside.txt",
        "/%2e%2e/outside.txt",
        "/a/../../outside.txt",
        "/.secret",
        "//etc/passwd",
        "/..%5coutside.txt",
    ] {
        let answer = edge.get(path, &[]).await;
        assert!(!answer.text().contains("outside") && !answer.text().contains("secret"), "{path}");
        assert!(!answer.text().contains("root:"), "{path}");
    }
}

#[tokio::test]
async fn the_socket_is_named_in_both_versions_of_http() {
    let edge = built().await;
    let first = edge.get("/", &[("host", "a.example:8080")]).await;
    let second = edge.get("http://a.example:8080/", &[]).await;
    for answer in [first, second] {
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("connect-src 'self' ws://a.example:8080;"), "{policy}");
    }
}

#[tokio::test]
async fn without_a_build_the_answer_says_so() {
    Edge::new().await.get("/", &[]).await.refused(404, "no_app");
}

#[test]
fn names_carry_their_hash_or_not() {
    for name in ["app-f75722e569cc3ebf.js", "app-f75722e569cc3ebf_bg.wasm", "pages-21d08eaf6c38b28.css"] {
        assert!(is_hashed(name), "{name}");
    }
    for name in ["index.html", "sw.js", "reader_bg.wasm", "icon-192.png", "manifest.webmanifest", "reader_loader.js"] {
        assert!(!is_hashed(name), "{name}");
    }
}
