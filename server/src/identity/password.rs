//! Passwords: argon2id, a few at a time.

use argon2::Argon2;
use argon2::password_hash::{Error, PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use tokio::sync::Semaphore;

use crate::http::Problem;
use crate::random;

/// Checks at the same time. Each takes 19 MiB and a core for some 20 ms (the parameters that OWASP's
/// Password Storage Cheat Sheet gives for argon2id: m = 19 MiB, t = 2, p = 1).
const AT_ONCE: usize = 2;
/// Longer passwords are refused, in bytes: hashing takes longer the longer the text is.
pub(super) const LONGEST: usize = 1024;
/// Checked against when a login is unknown, so that it takes the same work: nobody knows what it hashes.
const OF_NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$c3VhbnBhbi1vZi1ub2JvZHk$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// The hash of a password, to be stored.
pub fn hash(password: &str) -> Result<String, Problem> {
    let salt = random::bytes::<16>().map_err(Problem::internal)?;
    let salt = SaltString::encode_b64(&salt).map_err(Problem::internal)?;
    let hash = Argon2::default().hash_password(password.as_bytes(), &salt).map_err(Problem::internal)?;
    Ok(hash.to_string())
}

/// Checks passwords without taking all cores.
pub(super) struct Passwords {
    turns: Semaphore,
}

impl Passwords {
    pub(super) fn new() -> Self {
        Self { turns: Semaphore::new(AT_ONCE) }
    }

    /// Whether the password is the one of the stored hash; without a hash, no, after the same work.
    pub(super) async fn is_right(&self, password: String, stored: Option<String>) -> Result<bool, Problem> {
        let _turn = self.turns.acquire().await.map_err(Problem::internal)?;
        let checked = tokio::task::spawn_blocking(move || {
            let known = stored.is_some();
            let stored = stored.as_deref().unwrap_or(OF_NOBODY);
            let hash = PasswordHash::new(stored).map_err(Problem::internal)?;
            match Argon2::default().verify_password(password.as_bytes(), &hash) {
                Ok(()) => Ok(known),
                Err(Error::Password) => Ok(false),
                Err(error) => Err(Problem::internal(error)),
            }
        });
        checked.await.map_err(Problem::internal)?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_right_or_wrong() {
        let stored = hash("正确的密码").unwrap();
        let passwords = Passwords::new();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(passwords.is_right("正确的密码".into(), Some(stored.clone())).await.unwrap());
        assert!(!passwords.is_right("别的密码".into(), Some(stored.clone())).await.unwrap());
        assert_ne!(hash("正确的密码").unwrap(), stored, "salted");
    }

    #[tokio::test]
    async fn an_unknown_login_takes_the_same_work() {
        let stored = hash("x").unwrap();
        let passwords = Passwords::new();
        let parameters = |text: &str| text.split('$').take(4).collect::<Vec<_>>().join("$");
        assert_eq!(parameters(&stored), parameters(OF_NOBODY), "the same algorithm and cost");
        assert!(!passwords.is_right("x".into(), None).await.unwrap());
    }
}
