//! Taking a photograph or choosing files: our words and looks over the browser's own input, whose words would be in
//! the browser's language.

use leptos::prelude::*;

use super::Handler;
use super::button::named;

/// Where files come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileSource {
    /// The camera, at once (拍照).
    Camera,
    /// Pictures on the phone, several at a time (相册).
    Gallery,
    /// Any invoice file: PDF, OFD, XML, pictures.
    Files,
    /// A rescue file.
    Rescue,
}

/// What may be chosen besides pictures. Extensions, because few systems know the media type of OFD.
const DOCUMENTS: &str = "image/*,.pdf,.ofd,.xml,application/pdf,text/xml,application/xml";

/// Makes its children open the camera or a file dialog. Give the event to `device::capture::chosen`.
#[component]
pub(crate) fn FilePick(
    source: FileSource,
    /// The classes of the visible thing, such as `button button-primary`.
    class: &'static str,
    #[prop(into)] on_pick: Handler<leptos::ev::Event>,
    #[prop(optional)] test: &'static str,
    children: Children,
) -> impl IntoView {
    let (accept, capture, multiple) = match source {
        FileSource::Camera => ("image/*", Some("environment"), false),
        FileSource::Gallery => ("image/*", None, true),
        FileSource::Files => (DOCUMENTS, None, true),
        FileSource::Rescue => (".html,text/html", None, false),
    };
    view! {
        <label class=format!("pick {class}")>
            {children()}
            <input
                type="file" accept=accept capture=capture multiple=multiple data-test=named(test)
                on:change=move |event| on_pick.run(event)
            />
        </label>
    }
    .into_any()
}
