//! The stores by name, and the changes that go into one transaction.

use crate::device::Bytes;

/// A named store. Keys are strings; within a store they sort by their characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Store {
    /// Accepted changes of documents, key `document/hash`.
    Documents,
    /// Local changes that the server has not accepted yet.
    Pending,
    /// What has to be sent, in the order of its keys.
    Outbox,
    /// Photographs and original files by their SHA-256.
    Blobs,
    /// Rows and snapshots kept for a fast first paint; may be rebuilt.
    Views,
    /// The device's signing keys.
    Keys,
    /// Cursors, the session, versions.
    Meta,
}

impl Store {
    pub(super) const ALL: [Self; 7] =
        [Self::Documents, Self::Pending, Self::Outbox, Self::Blobs, Self::Views, Self::Keys, Self::Meta];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Documents => "documents",
            Self::Pending => "pending",
            Self::Outbox => "outbox",
            Self::Blobs => "blobs",
            Self::Views => "views",
            Self::Keys => "keys",
            Self::Meta => "meta",
        }
    }
}

/// One change of a batch. Cloning is cheap: bytes are shared.
#[derive(Clone)]
pub(crate) enum Write {
    /// Stores bytes under a key, replacing what was there.
    Put(Store, String, Bytes),
    /// Removes a key; it need not be there.
    Delete(Store, String),
    /// Removes every key that starts with the prefix.
    DeletePrefix(Store, String),
}

impl Write {
    /// Stores bytes under a key, replacing what was there.
    pub(crate) fn put(store: Store, key: impl Into<String>, bytes: impl Into<Bytes>) -> Self {
        Self::Put(store, key.into(), bytes.into())
    }

    pub(super) const fn store(&self) -> Store {
        match self {
            Self::Put(store, ..) | Self::Delete(store, _) | Self::DeletePrefix(store, _) => *store,
        }
    }
}
