//! Every route of the server, and who may call it.

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Anybody, signed in or not.
    Anybody,
    /// Whoever is signed in; what the answer holds depends on who asks.
    SignedIn,
    /// Whoever is signed in and may read the thing that is named; for the others it is not there.
    Readers,
    /// Cashiers and finance (出纳、财务).
    Payers,
    /// The WeChat mini-program, with a session of its own kind; where none is set up nobody finds it.
    MiniProgram,
    /// Finance, executives, administrators and auditors: who look at rules.
    RuleReaders,
    /// Finance, executives and administrators: who propose rules.
    Proposers,
    /// Administrators (管理员).
    Administrators,
    /// Finance (财务), and administrators for what is theirs to end.
    Finance,
}

/// One route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// The method.
    pub method: &'static str,
    /// The path, with its parameters in braces.
    pub path: &'static str,
    /// Who may call it.
    pub who: Who,
}

const fn route(method: &'static str, path: &'static str, who: Who) -> Route {
    Route { method, path, who }
}

/// Every route there is. A route without a row here fails the tests.
pub const ROUTES: &[Route] = &[
    route("GET", "/api/health", Who::Anybody),
    route("POST", "/api/sign-in", Who::Anybody),
    route("POST", "/api/refresh", Who::Anybody),
    route("POST", "/api/sign-out", Who::SignedIn),
    route("GET", "/api/me", Who::SignedIn),
    route("GET", "/api/devices", Who::SignedIn),
    route("POST", "/api/devices/rotate", Who::SignedIn),
    route("DELETE", "/api/devices/{id}", Who::Readers),
    route("GET", "/api/blobs/{sha256}", Who::Readers),
    route("HEAD", "/api/blobs/{sha256}", Who::Readers),
    route("PUT", "/api/blobs/{sha256}", Who::SignedIn),
    route("HEAD", "/api/blobs/{sha256}/upload", Who::SignedIn),
    route("PATCH", "/api/blobs/{sha256}/upload", Who::SignedIn),
    // The token is in the first frame, not in the request.
    route("ANY", "/sync", Who::Anybody),
    // The token is in the address; where the second door is closed nobody finds it.
    route("ANY", "/sync/automerge-repo", Who::Anybody),
    route("POST", "/api/payments", Who::Payers),
    route("GET", "/api/payments/pending", Who::Payers),
    route("GET", "/api/requests/{request}", Who::Readers),
    route("GET", "/api/budget/lines/{line}/entries", Who::Readers),
    route("GET", "/api/budget/lines/{line}", Who::Readers),
    route("GET", "/api/budget/alerts", Who::SignedIn),
    route("GET", "/api/budget/papers", Who::SignedIn),
    route("PUT", "/api/budget/papers/{paper}", Who::SignedIn),
    route("POST", "/api/budget/papers/{paper}/steps", Who::Readers),
    route("POST", "/api/ledger/commands", Who::Finance),
    route("POST", "/api/allowances/reports", Who::SignedIn),
    route("POST", "/api/actuals", Who::Finance),
    route("POST", "/api/actuals/import", Who::Finance),
    route("GET", "/api/openapi.json", Who::Anybody),
    route("POST", "/api/read", Who::SignedIn),
    route("GET", "/api/verifications", Who::Finance),
    route("GET", "/api/log/checkpoint", Who::SignedIn),
    route("GET", "/api/log/inclusion/{sequence}/{size}", Who::SignedIn),
    route("GET", "/api/log/consistency/{older}/{size}", Who::SignedIn),
    route("GET", "/api/rules", Who::RuleReaders),
    route("POST", "/api/rules/check", Who::RuleReaders),
    route("POST", "/api/rules/rehearsal", Who::RuleReaders),
    route("POST", "/api/rules/proposals", Who::Proposers),
    route("POST", "/api/rules/proposals/{id}/decisions", Who::Readers),
    route("POST", "/api/rules/migration", Who::Administrators),
    route("POST", "/api/delegations", Who::SignedIn),
    route("DELETE", "/api/delegations", Who::SignedIn),
    route("POST", "/api/people/{person}/departure", Who::Administrators),
    route("GET", "/api/approval/open", Who::RuleReaders),
    route("GET", "/api/approval/times", Who::RuleReaders),
    route("POST", "/api/travel/assessment", Who::SignedIn),
    route("GET", "/api/travel/standards", Who::SignedIn),
    route("POST", "/api/chat/code", Who::SignedIn),
    route("POST", "/api/chat/bind", Who::SignedIn),
    route("POST", "/api/chat/link", Who::SignedIn),
    // The platform's code and the device's proof are what let a page in.
    route("GET", "/api/chat/login/{platform}", Who::Anybody),
    route("POST", "/api/chat/sign-in", Who::Anybody),
    route("POST", "/api/chat/bind/opener", Who::SignedIn),
    route("GET", "/api/chat/js-sdk", Who::SignedIn),
    // The platform's signature is what lets a callback in.
    route("GET", "/api/chat/callback/{platform}", Who::Anybody),
    route("POST", "/api/chat/callback/{platform}", Who::Anybody),
    route("GET", "/api/chat/outbox", Who::Administrators),
    route("POST", "/api/mini/session", Who::MiniProgram),
    route("POST", "/api/mini/bind", Who::MiniProgram),
    route("POST", "/api/mini/consents", Who::MiniProgram),
    route("GET", "/api/mini/pending", Who::MiniProgram),
    route("GET", "/api/mini/requests/{request}", Who::MiniProgram),
    route("POST", "/api/mini/requests/{request}/decision", Who::MiniProgram),
    route("GET", "/api/mini/originals/{sha256}", Who::MiniProgram),
    route("POST", "/api/mini/read", Who::MiniProgram),
    route("POST", "/api/mini/claims", Who::MiniProgram),
    route("POST", "/api/chat/outbox/retry", Who::Administrators),
];
