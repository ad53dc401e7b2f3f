//! Comments on a request: written offline as well, never changed afterwards.

use leptos::prelude::*;
use sync::document::Comment;

use super::Sight;
use crate::parts::button::{Button, ButtonKind};
use crate::parts::cell::Face;
use crate::parts::field::{FieldKind, TextField};
use crate::state::surroundings;
use crate::text::text;

/// The comments and the field for another.
#[component]
pub(in crate::pages) fn Talk(sight: Sight) -> impl IntoView {
    let desk = sight.desk;
    let words = &text().pages.claim;
    let typed = RwSignal::new(String::new());
    let comments = Memo::new(move |_| CommentList(desk.comments(sight.id)));
    let send = move || {
        let comment = typed.get_untracked();
        if !comment.trim().is_empty() {
            desk.comment(sight.id, &comment);
            typed.set(String::new());
        }
    };
    let one = move |comment: Comment| {
        let name = desk.name(comment.by);
        view! {
            <li class="comment" data-test="comment">
                <Face name=name.clone()/>
                <div>
                    <p><strong>{name}</strong>" "<time class="quiet figures">{surroundings::moment(comment.at)}</time></p>
                    <p class="comment-text">{comment.text}</p>
                </div>
            </li>
        }
    };
    let empty = Signal::derive(move || typed.with(|typed| typed.trim().is_empty()));
    view! {
        <h2 class="section-title">{words.comments}</h2>
        <div class="card stack">
            <ul class="comments">{move || comments.get().0.into_iter().map(one).collect_view()}</ul>
            <div class="comment-new">
                <TextField
                    label=text().action.comment kind=FieldKind::Lines placeholder=words.comment_hint
                    value=typed on_input=move |words| typed.set(words) test="comment-text"
                />
                <Button label=text().action.send kind=ButtonKind::Quiet disabled=empty on_press=send test="comment-send"/>
            </div>
        </div>
    }
    .into_any()
}

/// Comments, compared as a whole.
#[derive(Clone, PartialEq)]
struct CommentList(Vec<Comment>);
