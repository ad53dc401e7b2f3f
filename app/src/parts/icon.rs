//! The app's own drawings: one line, 24 by 24, in the colour of the text beside them. Emoji are boxes on some machines.

use leptos::prelude::*;

/// A drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Icon {
    Receipt,
    Stamp,
    Camera,
    Abacus,
    Person,
    Back,
    Chevron,
    Close,
    Plus,
    Search,
    Clock,
    Tick,
    Alert,
    Info,
    File,
    Picture,
    More,
    Trash,
    Pen,
    Code,
    Scan,
}

impl Icon {
    /// All of them, for the gallery.
    #[cfg(debug_assertions)]
    pub(crate) const ALL: [Self; 21] = [
        Self::Receipt,
        Self::Stamp,
        Self::Camera,
        Self::Abacus,
        Self::Person,
        Self::Back,
        Self::Chevron,
        Self::Close,
        Self::Plus,
        Self::Search,
        Self::Clock,
        Self::Tick,
        Self::Alert,
        Self::Info,
        Self::File,
        Self::Picture,
        Self::More,
        Self::Trash,
        Self::Pen,
        Self::Code,
        Self::Scan,
    ];

    const fn path(self) -> &'static str {
        match self {
            Self::Receipt => "M6 3.5h12v17l-3-2-3 2-3-2-3 2zM9.5 8.5h5M9.5 12.5h5",
            Self::Stamp => {
                "M9.5 13.5c.6-3-1.5-4-1.5-6.5a4 4 0 0 1 8 0c0 2.5-2.1 3.5-1.5 6.5H18a1.5 1.5 0 0 1 1.5 1.5v2.5h-15V15A1.5 1.5 0 0 1 6 13.5zM5 20.5h14"
            }
            Self::Camera => {
                "M4.5 8H7.5l1.8-2.8h5.4L16.5 8h3A1.5 1.5 0 0 1 21 9.5v8.5a1.5 1.5 0 0 1-1.5 1.5h-15A1.5 1.5 0 0 1 3 18V9.5A1.5 1.5 0 0 1 4.5 8zM12 16.8a3.4 3.4 0 1 0 0-6.8 3.4 3.4 0 0 0 0 6.8z"
            }
            Self::Abacus => {
                "M4 4.5h16v15H4zM4 10h16M9 4.5v15M15 4.5v15M7.8 7.3h2.4M13.8 7.3h2.4M7.8 13h2.4M7.8 16.2h2.4M13.8 16.2h2.4"
            }
            Self::Person => "M12 11.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20.5c0-3.5 3.4-5.5 7.5-5.5s7.5 2 7.5 5.5",
            Self::Back => "M15 5l-7 7 7 7",
            Self::Chevron => "M9.5 6l6 6-6 6",
            Self::Close => "M6 6l12 12M18 6L6 18",
            Self::Plus => "M12 5v14M5 12h14",
            Self::Search => "M10.8 17.5a6.7 6.7 0 1 0 0-13.4 6.7 6.7 0 0 0 0 13.4zM20 20l-4.4-4.4",
            Self::Clock => "M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17zM12 7.5V12l3 2",
            Self::Tick => "M5 12.5l4.5 4.5L19 7.5",
            Self::Alert => "M12 4.5l8.5 15h-17zM12 10.5v4M12 17v.01",
            Self::Info => "M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17zM12 11.5v4.5M12 8v.01",
            Self::File => "M6.5 3.5h7.5l4 4v13h-11.5zM13.5 3.5v4.5h4.5",
            Self::Picture => "M4 5h16v14H4zM4 16l4.5-4.5 4 4 2.5-2.5 5 4.5M15.5 9v.01",
            Self::More => {
                "M6.5 12a.8.8 0 1 1-1.6 0 .8.8 0 0 1 1.6 0zM12.8 12a.8.8 0 1 1-1.6 0 .8.8 0 0 1 1.6 0zM19.1 12a.8.8 0 1 1-1.6 0 .8.8 0 0 1 1.6 0z"
            }
            Self::Trash => "M4.5 7h15M9.5 7V4.5h5V7M6.5 7l.8 13h9.4l.8-13",
            Self::Pen => "M4.5 19.5l1-4L16 5l3 3L8.5 18.5zM14 7l3 3",
            Self::Code => {
                "M4.5 4.5h5.5v5.5H4.5zM14 4.5h5.5v5.5H14zM4.5 14h5.5v5.5H4.5zM14 14h2v2M19.5 14v.01M14 19.5h2M19.5 17.5v2"
            }
            Self::Scan => {
                "M4 8.5V5.5A1.5 1.5 0 0 1 5.5 4h3M15.5 4h3A1.5 1.5 0 0 1 20 5.5v3M20 15.5v3a1.5 1.5 0 0 1-1.5 1.5h-3M8.5 20h-3A1.5 1.5 0 0 1 4 18.5v-3M4 12h16"
            }
        }
    }
}

/// How large a drawing is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum IconSize {
    /// 16, inside a line of text.
    Small,
    /// 20, inside a notice.
    Medium,
    /// 24.
    #[default]
    Normal,
    /// 40, alone on an empty page.
    Large,
}

/// Shows a drawing. It is never read aloud: the words beside it say the same.
#[component]
pub(crate) fn Glyph(icon: Icon, #[prop(optional)] size: IconSize) -> impl IntoView {
    let class = match (size, icon) {
        (_, Icon::Chevron) => "icon icon-medium icon-chevron",
        (IconSize::Small, _) => "icon icon-small",
        (IconSize::Medium, _) => "icon icon-medium",
        (IconSize::Normal, _) => "icon",
        (IconSize::Large, _) => "icon icon-large",
    };
    view! {
        <svg class=class viewBox="0 0 24 24" aria-hidden="true">
            <path d=icon.path()></path>
        </svg>
    }
}

/// The product's mark (an abacus), the same as its icon on the home screen.
#[component]
pub(crate) fn Mark() -> impl IntoView {
    view! { <img class="mark" src="/favicon.svg" alt="" width="32" height="32"/> }
}
