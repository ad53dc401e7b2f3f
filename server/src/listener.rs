//! How many connections there may be at once, and how long one may stay silent at first.
//!
//! Promise: connections beyond the bound are closed at once, and a connection that does not begin a
//! request in time is closed too, so that whoever opens thousands and says nothing keeps nobody
//! else out for long. hyper's own timer for a request's head only starts once hyper knows the
//! version of HTTP, which takes the first bytes; until then it is watched here.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum_server::accept::Accept;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Sleep, sleep};

/// Bytes that tell the version of HTTP: the length of HTTP/2's preface (RFC 9113 section 3.4).
const BEGINNING: usize = 24;

/// Accepts connections while there is room; `A` does the rest, such as TLS.
#[derive(Debug, Clone)]
pub struct Bounded<A> {
    inner: A,
    room: Arc<Semaphore>,
    patience: Duration,
}

impl<A> Bounded<A> {
    /// Room for `most` connections, each of which begins its first request within `patience`.
    pub fn new(inner: A, most: usize, patience: Duration) -> Self {
        Self { inner, room: Arc::new(Semaphore::new(most)), patience }
    }
}

impl<A, I, S> Accept<I, S> for Bounded<A>
where
    A: Accept<I, S>,
    A::Future: Send + 'static,
{
    type Stream = Watched<A::Stream>;
    type Service = A::Service;
    type Future = Pin<Box<dyn Future<Output = io::Result<(Self::Stream, Self::Service)>> + Send>>;

    fn accept(&self, stream: I, service: S) -> Self::Future {
        let room = Arc::clone(&self.room).try_acquire_owned();
        let accepted = self.inner.accept(stream, service);
        let patience = self.patience;
        Box::pin(async move {
            let full = |_| io::Error::new(io::ErrorKind::ConnectionRefused, "too many connections");
            let permit = room.map_err(full)?;
            let (stream, service) = accepted.await?;
            let silence = Some((Box::pin(sleep(patience)), BEGINNING));
            Ok((Watched { stream, silence, _permit: permit }, service))
        })
    }
}

/// A connection that gives its place back when it ends, and ends when nothing begins.
#[derive(Debug)]
pub struct Watched<I> {
    stream: I,
    /// Until when, and how many bytes are missing; nothing once a request has begun.
    silence: Option<(Pin<Box<Sleep>>, usize)>,
    _permit: OwnedSemaphorePermit,
}

impl<I: AsyncRead + Unpin> AsyncRead for Watched<I> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buf);
        let Some((deadline, missing)) = &mut self.silence else {
            return polled;
        };
        *missing = missing.saturating_sub(buf.filled().len() - before);
        if *missing == 0 {
            self.silence = None;
        } else if polled.is_pending() && deadline.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        polled
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Watched<I> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        // An answer to a very short request: it has begun and ended.
        self.silence = None;
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use axum_server::accept::DefaultAcceptor;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

    use super::*;

    async fn enter(door: &Bounded<DefaultAcceptor>) -> io::Result<(DuplexStream, Watched<DuplexStream>)> {
        let (client, server) = duplex(100);
        let (watched, ()) = door.accept(server, ()).await?;
        Ok((client, watched))
    }

    #[tokio::test]
    async fn room_is_given_back() {
        let door = Bounded::new(DefaultAcceptor::new(), 1, Duration::from_mins(1));
        let first = enter(&door).await.unwrap();
        assert!(enter(&door).await.is_err());
        drop(first);
        assert!(enter(&door).await.is_ok());
    }

    #[tokio::test]
    async fn who_begins_nothing_is_not_waited_for() {
        let door = Bounded::new(DefaultAcceptor::new(), 9, Duration::from_millis(50));
        let mut buffer = [0; 100];
        let (_silent, mut watched) = enter(&door).await.unwrap();
        assert_eq!(watched.read(&mut buffer).await.unwrap_err().kind(), io::ErrorKind::TimedOut);

        let (mut slow, mut watched) = enter(&door).await.unwrap();
        slow.write_all(b"PRI").await.unwrap();
        assert_eq!(watched.read(&mut buffer).await.unwrap(), 3);
        assert_eq!(watched.read(&mut buffer).await.unwrap_err().kind(), io::ErrorKind::TimedOut);

        let (mut busy, mut watched) = enter(&door).await.unwrap();
        busy.write_all(b"GET / HTTP/1.1\r\nhost: a.example\r\n").await.unwrap();
        assert!(watched.read(&mut buffer).await.unwrap() >= BEGINNING);
        let waited = tokio::time::timeout(Duration::from_millis(200), watched.read(&mut buffer)).await;
        assert!(waited.is_err(), "from here on hyper keeps the time");
    }
}
