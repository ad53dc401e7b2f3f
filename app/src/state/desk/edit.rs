//! Writing documents: at once on the screen, signed by the device's key, kept in one strict transaction.

use std::cell::Cell;

use budget::RequestId;
use leptos::prelude::*;
use sync::document::EditError;
use sync::replica::Unsigned;
use sync::{DocumentKey, Edit, Field, Place, Scalar};

use super::{Desk, show};
use crate::device::{clock, page, random, task};

thread_local! {
    static COMMANDS: Cell<u64> = const { Cell::new(0) };
}

impl Desk {
    /// Does what the person wants with a document. It is on the screen when this returns and on the disk soon after;
    /// a document that was never begun is begun first.
    pub(crate) fn edit(self, key: DocumentKey, edit: Edit) {
        let number = COMMANDS.get() + 1;
        COMMANDS.set(number);
        let mark = format!("command-{number}");
        page::mark(&mark);
        let unsigned = match self.apply(key, edit) {
            Ok(unsigned) => unsigned,
            Err(error) => return task::log(&format!("an edit of {key} cannot be done: {error}")),
        };
        if unsigned.is_empty() {
            return;
        }
        self.show_requests(&show::about(&key));
        task::spawn(async move {
            self.sign_and_keep(unsigned).await;
            page::measure("command", &mark);
            self.pump();
        });
    }

    /// Writes fields of one place of a claim.
    pub(crate) fn put(self, request: RequestId, place: Place, values: Vec<(Field, Scalar)>) {
        self.edit(DocumentKey::Claim(request), Edit::Put { place, values });
    }

    /// Writes a comment on a request.
    pub(crate) fn comment(self, request: RequestId, words: &str) {
        let key = DocumentKey::Thread(request);
        let (me, at) = (self.person_id(), clock::now());
        let id = self.with(|core| core.replica.as_mut().map(|replica| replica.next_comment(key, random::bytes())));
        let Some(id) = id else { return };
        let values = vec![
            (Field::CommentBy, Scalar::Text(me.to_string())),
            (Field::CommentAt, Scalar::Integer(at.0)),
            (Field::CommentText, Scalar::Text(words.trim().chars().take(2_000).collect())),
        ];
        self.edit(key, Edit::Put { place: Place::Comment(id), values });
    }

    /// Applies an edit, after the one that begins the document where it has none.
    fn apply(self, key: DocumentKey, edit: Edit) -> Result<Vec<Unsigned>, EditError> {
        let at = clock::now();
        let department = self.person.with_untracked(|person| person.as_ref().map(|p| p.department.clone()));
        self.with(|core| {
            let Some(replica) = core.replica.as_mut() else {
                return Ok(Vec::new());
            };
            let mut edits = Vec::new();
            if replica.document(&key).is_none_or(sync::Document::is_empty) {
                match (&key, &edit) {
                    (_, Edit::CreateClaim { .. } | Edit::CreateThread) | (DocumentKey::Preferences(_), _) => {}
                    (DocumentKey::Thread(_), _) => edits.push(Edit::CreateThread),
                    (DocumentKey::Claim(_), _) => {
                        edits.push(Edit::CreateClaim { owner: replica.person(), at });
                        edits.extend(department.map(|department| {
                            Edit::set(Place::Header, Field::Department, Scalar::Text(department.to_string()))
                        }));
                    }
                }
            }
            edits.push(edit);
            let mut unsigned = Vec::new();
            for edit in edits {
                unsigned.extend(replica.edit(key, edit, at, random::bytes())?);
            }
            Ok(unsigned)
        })
    }

    /// Signs changes and keeps them. Resolves once they are on the disk.
    async fn sign_and_keep(self, unsigned: Vec<Unsigned>) {
        for one in unsigned {
            let Some(signature) = self.sign(&one.message).await else {
                continue;
            };
            let writes = self.with(|core| core.replica.as_mut().map(|replica| replica.signed(one.order, signature)));
            if let Some(writes) = writes {
                self.keep(writes).await;
            }
        }
    }

    /// The device's signature. A browser that fails to sign is asked again: the change is on the screen already.
    pub(crate) async fn sign(self, message: &[u8]) -> Option<Vec<u8>> {
        let key = self.with(|core| core.key.clone())?;
        loop {
            match key.sign(message).await {
                Ok(signature) => return Some(signature.to_vec()),
                Err(error) => {
                    task::log(&format!("the browser did not sign: {error}"));
                    self.trouble.set(Some(error.code()));
                    task::sleep(2_000).await;
                }
            }
        }
    }
}
