//! The page's program. What it does is in the library, which it shares with the keeper.

fn main() {
    suanpan_app::page();
}
