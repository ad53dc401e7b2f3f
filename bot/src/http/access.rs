//! The access token that all calls of an app share: fetched once for many callers, renewed early, dropped when refused.

use crate::secret::Secret;
use crate::surface::SendError;
use std::fmt;
use std::future::Future;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// A token is renewed this long before it ends, so that none ends on the way.
const RENEW_EARLY: Duration = Duration::from_mins(5);

/// A fresh token and how long it lives.
pub(crate) struct Grant {
    pub(crate) token: String,
    pub(crate) lives: Duration,
}

struct Kept {
    text: Secret,
    renew_at: Instant,
}

/// One app's token.
#[derive(Default)]
pub(crate) struct AccessTokens {
    /// Held while a token is fetched, so that many callers cause one request.
    kept: Mutex<Option<Kept>>,
}

impl fmt::Debug for AccessTokens {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("AccessTokens([redacted])")
    }
}

impl AccessTokens {
    /// The shared token, fetched if there is none, it is about to end, or it is the one that was just refused.
    async fn get<F>(&self, refused: Option<&Secret>, fetch: impl Fn() -> F) -> Result<Secret, SendError>
    where
        F: Future<Output = Result<Grant, SendError>>,
    {
        let mut kept = self.kept.lock().await;
        if let Some(token) = kept.as_ref()
            && Instant::now() < token.renew_at
            && refused != Some(&token.text)
        {
            return Ok(token.text.clone());
        }
        *kept = None;
        let grant = fetch().await.map_err(super::harmless)?;
        let text = Secret::new(grant.token);
        let renew_at = Instant::now() + grant.lives.saturating_sub(RENEW_EARLY);
        *kept = Some(Kept { text: text.clone(), renew_at });
        Ok(text)
    }

    /// One call under the token. A refused token is dropped and the call made once more with a fresh one.
    pub(crate) async fn with<A, F, C>(&self, fetch: impl Fn() -> F, call: impl Fn(Secret) -> C) -> Result<A, SendError>
    where
        F: Future<Output = Result<Grant, SendError>>,
        C: Future<Output = Result<A, SendError>>,
    {
        let mut refused: Option<Secret> = None;
        for _ in 0..2 {
            let token = self.get(refused.as_ref(), &fetch).await?;
            match call(token.clone()).await {
                Err(SendError::TokenExpired) => refused = Some(token),
                other => return other,
            }
        }
        Err(SendError::TokenExpired)
    }
}
