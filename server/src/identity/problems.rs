//! What can be said against somebody who wants in.

use axum::http::StatusCode;

use crate::http::Kind;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $status:ident $code:literal, $zh:literal, $en:literal;)*) => {$(
        $(#[$doc])*
        pub static $name: Kind = Kind { status: StatusCode::$status, code: $code, zh: $zh, en: $en };
    )*};
}

kinds! {
    /// Login and password do not belong together; detail `attemptsLeft`.
    WRONG_PASSWORD = UNAUTHORIZED "wrong_password", "账号或密码不对，还可以再试 {attemptsLeft} 次", "Login or password is wrong; {attemptsLeft} attempts are left";
    /// Too many wrong passwords; detail `minutes`.
    ACCOUNT_LOCKED = TOO_MANY_REQUESTS "account_locked", "密码连续输错五次，账号已锁定，请 {minutes} 分钟后再试", "Locked after five wrong passwords; try again in {minutes} minutes";
    /// The signature does not belong to the key, the login or the token.
    PROOF_REFUSED = UNAUTHORIZED "proof_refused", "设备签名无效，请重新登录", "The device's signature is not valid; please sign in again";
    /// The key is enrolled for somebody else.
    DEVICE_OF_ANOTHER = CONFLICT "device_of_another", "这台设备的密钥属于另一位同事，请生成新的密钥", "This device's key belongs to another person; make a new key";
    /// The key was revoked for good.
    DEVICE_REVOKED = FORBIDDEN "device_revoked", "这台设备已被停用，请生成新的密钥后登录", "This device has been revoked; make a new key and sign in";
    /// Expired, revoked, or its token was used twice.
    SESSION_ENDED = UNAUTHORIZED "session_ended", "登录已失效，请重新登录", "The session has ended; please sign in again";
    /// The device's clock is too far from the server's; detail `serverTime` in milliseconds.
    CLOCK_DIFFERS = BAD_REQUEST "clock_differs", "设备时间与服务器相差太大，请校准时间", "The device's clock differs too much from the server's";
}
