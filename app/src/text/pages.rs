//! The words of each page: one table a page, both languages on one line, so that neither is forgotten.

mod approvals;
mod budget;
mod claim;
mod list;
mod me;
mod rescue;

/// Makes a table: `name = chinese, english;`, or `name(arguments) = closure, closure;` for words around values.
macro_rules! words {
    ($(#[$doc:meta])* $table:ident { $($name:ident $(($($argument:ty),+))? = $chinese:expr, $english:expr;)* }) => {
        $(#[$doc])*
        #[allow(clippy::struct_field_names, reason = "a page may have words for its words")]
        pub(crate) struct $table {
            $(pub(crate) $name: words!(@kind $($($argument),+)?),)*
        }

        impl $table {
            pub(super) const CHINESE: Self = Self { $($name: $chinese,)* };
            pub(super) const ENGLISH: Self = Self { $($name: $english,)* };
        }
    };
    (@kind) => { &'static str };
    (@kind $($argument:ty),+) => { fn($($argument),+) -> String };
}
use words;

/// The words of all pages in one language.
pub(crate) struct Pages {
    pub(crate) frame: list::Frame,
    pub(crate) sign_in: list::SignIn,
    pub(crate) claims: list::Claims,
    pub(crate) capture: list::Capture,
    pub(crate) claim: claim::Claim,
    pub(crate) approvals: approvals::Approvals,
    pub(crate) budget: budget::Budget,
    pub(crate) me: me::Me,
    pub(crate) rescue: rescue::Rescue,
}

impl Pages {
    pub(super) const CHINESE: Self = Self {
        frame: list::Frame::CHINESE,
        sign_in: list::SignIn::CHINESE,
        claims: list::Claims::CHINESE,
        capture: list::Capture::CHINESE,
        claim: claim::Claim::CHINESE,
        approvals: approvals::Approvals::CHINESE,
        budget: budget::Budget::CHINESE,
        me: me::Me::CHINESE,
        rescue: rescue::Rescue::CHINESE,
    };
    pub(super) const ENGLISH: Self = Self {
        frame: list::Frame::ENGLISH,
        sign_in: list::SignIn::ENGLISH,
        claims: list::Claims::ENGLISH,
        capture: list::Capture::ENGLISH,
        claim: claim::Claim::ENGLISH,
        approvals: approvals::Approvals::ENGLISH,
        budget: budget::Budget::ENGLISH,
        me: me::Me::ENGLISH,
        rescue: rescue::Rescue::ENGLISH,
    };
}

/// One thing or several, in English.
fn plural(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}
