//! Uploads that break off, and parts of originals.

use std::time::{Duration, SystemTime};

use futures_util::{StreamExt, stream};
use tokio::time::timeout;

use super::*;
use crate::http::AppState;

type Piece = Result<Vec<u8>, std::io::Error>;

fn photograph(length: usize) -> Vec<u8> {
    (0..length).map(|at| u8::try_from(at * 7 % 251).unwrap()).collect()
}

fn request(company: &Company, token: &str, bytes: &[u8], offset: usize, body: Body) -> Request<Body> {
    let _ = company;
    Request::patch(format!("/api/blobs/{}/upload", name(bytes)))
        .header("authorization", format!("Bearer {token}"))
        .header("upload-offset", offset.to_string())
        .header("upload-length", bytes.len().to_string())
        .body(body)
        .unwrap()
}

impl Company {
    /// Sends these bytes of an original from `offset` on.
    async fn go_on(&self, token: &str, bytes: &[u8], offset: usize, pieces: Vec<Piece>) -> Answer {
        let body = Body::from_stream(stream::iter(pieces));
        self.edge.ask(request(self, token, bytes, offset, body)).await
    }

    async fn arrived(&self, token: &str, bytes: &[u8]) -> usize {
        let request = Request::head(format!("/api/blobs/{}/upload", name(bytes)))
            .header("authorization", format!("Bearer {token}"));
        let answer = self.edge.ask(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT);
        answer.header("upload-offset").parse().unwrap()
    }

    async fn part(&self, name: &str, range: &str) -> Answer {
        let path = format!("/api/blobs/{name}");
        self.edge.get(&path, &[("authorization", &format!("Bearer {}", self.li)), ("range", range)]).await
    }
}

fn lost() -> Piece {
    Err(std::io::Error::other("the tunnel"))
}

#[tokio::test]
async fn an_upload_goes_on_where_the_connection_was_lost() {
    let company = company().await;
    let photo = photograph(900);
    assert_eq!(company.arrived(&company.li, &photo).await, 0);
    let broken = company.go_on(&company.li, &photo, 0, vec![Ok(photo[..300].to_vec()), lost()]).await;
    assert!(broken.status.is_client_error());
    assert_eq!(company.arrived(&company.li, &photo).await, 300);
    let part = company.go_on(&company.li, &photo, 300, vec![Ok(photo[300..500].to_vec())]).await;
    assert_eq!((part.status, part.header("upload-offset")), (StatusCode::NO_CONTENT, "500"));
    assert_eq!(company.ask("GET", &name(&photo), &company.li, b"").await.status, StatusCode::NOT_FOUND);

    let whole = company.go_on(&company.li, &photo, 500, vec![Ok(photo[500..].to_vec())]).await;
    assert_eq!(whole.status, StatusCode::CREATED, "{}", whole.text());
    assert_eq!(whole.json()["size"], 900);
    assert_eq!(company.ask("GET", &name(&photo), &company.li, b"").await.body, photo);
    assert_eq!(company.files().len(), 1, "nothing unfinished is left");
}

/// However a connection breaks, the original arrives whole and each byte is sent once, but for those on their way.
#[tokio::test]
async fn an_upload_survives_every_way_of_breaking_off() {
    let company = company().await;
    for seed in 1..=20_u64 {
        let photo: Vec<u8> = photograph(1_000).into_iter().map(|byte| byte ^ u8::try_from(seed).unwrap()).collect();
        let mut state = seed;
        let mut random = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).unwrap() % below
        };
        let mut tries = 0;
        loop {
            tries += 1;
            // Nobody is hurried: the rate limit is another test's.
            company.edge.app.clock.advance(500);
            let from = company.arrived(&company.li, &photo).await;
            let until = (from + random(400)).min(photo.len());
            let cut = from + (until - from) / 2;
            let mut pieces = vec![Ok(photo[from..cut].to_vec()), Ok(photo[cut..until].to_vec())];
            if random(2) == 0 {
                pieces.push(lost());
            }
            if company.go_on(&company.li, &photo, from, pieces).await.status == StatusCode::CREATED {
                break;
            }
            assert!(tries < 100, "seed {seed}: it never ends");
            // A byte that arrived is never asked for again.
            assert!(company.arrived(&company.li, &photo).await >= from, "seed {seed}");
        }
        assert_eq!(company.ask("GET", &name(&photo), &company.li, b"").await.body, photo, "seed {seed}");
    }
}

#[tokio::test]
async fn what_does_not_follow_is_refused_by_name() {
    let company = company().await;
    let photo = photograph(900);
    let first = company.go_on(&company.li, &photo, 0, vec![Ok(photo[..300].to_vec())]).await;
    assert_eq!(first.status, StatusCode::NO_CONTENT);
    let wrong = company.go_on(&company.li, &photo, 200, vec![Ok(photo[200..].to_vec())]).await;
    wrong.refused(409, "wrong_offset");
    assert_eq!(wrong.json()["detail"]["offset"], 300, "{}", wrong.text());
    let more = company.go_on(&company.li, &photo, 300, vec![Ok(vec![1; 601])]).await;
    more.refused(413, "too_large");
    assert_eq!(company.arrived(&company.li, &photo).await, 0, "what cannot become right begins anew");
    let other = company.go_on(&company.li, &photo, 0, vec![Ok(vec![1; 900])]).await;
    other.refused(422, "hash_mismatch");
    assert_eq!(company.arrived(&company.li, &photo).await, 0);
    let large = photograph(1_001);
    company.go_on(&company.li, &large, 0, vec![]).await.refused(413, "too_large");
    assert_eq!(company.files(), Vec::<String>::new());
}

#[tokio::test]
async fn nobody_finishes_what_a_colleague_began() {
    let company = company().await;
    let photo = photograph(900);
    company.go_on(&company.li, &photo, 0, vec![Ok(photo[..899].to_vec())]).await;
    assert_eq!(company.arrived(&company.han, &photo).await, 0);
    company.go_on(&company.han, &photo, 899, vec![Ok(photo[899..].to_vec())]).await.refused(409, "wrong_offset");
    company.ask("GET", &name(&photo), &company.han, b"").await.refused(404, "not_found");
}

#[tokio::test]
async fn a_device_that_comes_back_need_not_wait_for_its_old_connection() {
    let company = company().await;
    let photo = photograph(900);
    let silent = stream::iter([Ok::<_, std::io::Error>(photo[..400].to_vec())]).chain(stream::pending());
    let old = request(&company, &company.li, &photo, 0, Body::from_stream(silent));
    let new = async {
        while company.arrived(&company.li, &photo).await < 400 {
            tokio::task::yield_now().await;
        }
        company.go_on(&company.li, &photo, 400, vec![Ok(photo[400..].to_vec())]).await
    };
    let both = async { tokio::join!(company.edge.ask(old), new) };
    let (old, new) = timeout(Duration::from_secs(10), both).await.expect("the old connection is waited for");
    old.refused(503, "upload_busy");
    assert_eq!(new.status, StatusCode::CREATED, "{}", new.text());
}

fn rest(app: &AppState, hours: u64) {
    let then = SystemTime::now() - Duration::from_hours(hours);
    for entry in std::fs::read_dir(app.config.data.join("blobs/unfinished")).unwrap() {
        let file = std::fs::File::options().append(true).open(entry.unwrap().path()).unwrap();
        file.set_modified(then).unwrap();
    }
}

#[tokio::test]
async fn an_upload_waits_for_a_day_also_through_a_restart() {
    let company = company().await;
    let photo = photograph(900);
    company.go_on(&company.li, &photo, 0, vec![Ok(photo[..300].to_vec())]).await;
    rest(&company.edge.app, 23);
    BlobFolder::open(&company.edge.app.config.data).unwrap();
    assert_eq!(company.arrived(&company.li, &photo).await, 300);
    rest(&company.edge.app, 25);
    BlobFolder::open(&company.edge.app.config.data).unwrap();
    assert_eq!(company.files(), Vec::<String>::new());
    // One that a crash damaged is found out by its hash, and begun anew.
    company.go_on(&company.li, &photo, 0, vec![Ok(vec![0; 300])]).await;
    company.go_on(&company.li, &photo, 300, vec![Ok(photo[300..].to_vec())]).await.refused(422, "hash_mismatch");
    assert_eq!(company.arrived(&company.li, &photo).await, 0);
}

#[tokio::test]
async fn unfinished_uploads_of_one_person_are_bounded() {
    let company = company().await;
    for number in 1..=20 {
        let photo = photograph(100 + number);
        company.go_on(&company.li, &photo, 0, vec![Ok(photo[..50].to_vec())]).await;
    }
    company.go_on(&company.han, &photograph(99), 0, vec![Ok(photograph(50))]).await;
    assert_eq!(company.files().len(), 17);
}

#[tokio::test]
async fn a_part_of_an_original_is_read_by_itself() {
    let company = company().await;
    let photo = photograph(900);
    company.ask("PUT", &name(&photo), &company.li, &photo).await;
    let part = company.part(&name(&photo), "bytes=100-199").await;
    assert_eq!((part.status, &*part.body), (StatusCode::PARTIAL_CONTENT, &photo[100..200]));
    assert_eq!((part.header("content-range"), part.header("content-length")), ("bytes 100-199/900", "100"));
    let last = company.part(&name(&photo), "bytes=-10").await;
    assert_eq!(last.body, photo[890..]);
    let beyond = company.part(&name(&photo), "bytes=900-").await;
    assert_eq!((beyond.status, beyond.header("content-range")), (StatusCode::RANGE_NOT_SATISFIABLE, "bytes */900"));
    let whole = company.part(&name(&photo), "bytes=0-1,5-6").await;
    assert_eq!((whole.status, whole.body.len(), whole.header("accept-ranges")), (StatusCode::OK, 900, "bytes"));
    let bearer = format!("Bearer {}", company.li);
    let other = [("authorization", &*bearer), ("range", "bytes=0-1"), ("if-range", "\"of something else\"")];
    let whole = company.edge.get(&format!("/api/blobs/{}", name(&photo)), &other).await;
    assert_eq!((whole.status, whole.body.len()), (StatusCode::OK, 900));
}

#[tokio::test]
async fn no_byte_of_a_damaged_original_is_sent() {
    let company = company().await;
    let photo = photograph(900);
    company.ask("PUT", &name(&photo), &company.li, &photo).await;
    let mut changed = photo.clone();
    changed[899] ^= 1;
    let app = &company.edge.app;
    std::fs::write(testing::lies(&app.config.data, &app.blobs, &sha256(&[&photo])), &changed).unwrap();
    // A right copy of what lies elsewhere is as good as the original, until it is forgotten.
    drop(std::fs::remove_file(app.config.data.join("blobs/fetched").join(name(&photo))));
    company.ask("GET", &name(&photo), &company.li, b"").await.refused(500, "damaged_original");
    company.part(&name(&photo), "bytes=0-9").await.refused(500, "damaged_original");
    // Whoever has it sends it again, and it is whole.
    company.ask("PUT", &name(&photo), &company.li, &photo).await;
    assert_eq!(company.ask("GET", &name(&photo), &company.li, b"").await.body, photo);
}
