//! The keeper's program: the replica, in a worker beside the page. What it does is in the library.

fn main() {
    suanpan_app::keeper();
}
