//! Comments on a request, each immutable once it is written.

use budget::{PersonId, Timestamp};

use super::{CommentId, Content, Document, Field, Place};

/// The comments, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Thread {
    /// The comments.
    pub comments: Vec<Comment>,
}

/// One comment (评论).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// Its name.
    pub id: CommentId,
    /// Who says they wrote it; the gate holds them to it.
    pub by: PersonId,
    /// When, by the writer's clock.
    pub at: Timestamp,
    /// What.
    pub text: String,
}

impl Thread {
    /// The comments in a document; malformed ones are left out.
    pub fn read(document: &Document) -> Self {
        Self::of(&Content::of(document))
    }

    /// The comments in this content; malformed ones are left out.
    pub fn of(content: &Content) -> Self {
        let comment = |place: &Place| {
            let Place::Comment(id) = place else {
                return None;
            };
            let value = |field| content.values(place, field).last();
            Some(Comment {
                id: id.clone(),
                by: value(Field::CommentBy)?.text()?.parse().ok()?,
                at: Timestamp(value(Field::CommentAt)?.integer()?),
                text: value(Field::CommentText)?.text()?.to_owned(),
            })
        };
        let mut comments: Vec<_> = content.places().filter_map(comment).collect();
        comments.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
        Self { comments }
    }
}
