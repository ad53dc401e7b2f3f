//! Where a value was read from (来源), beside the value itself.

use leptos::prelude::*;

use super::icon::{Glyph, Icon, IconSize};
use crate::text::text;

/// What a value was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SourceKind {
    /// The invoice's XML.
    Xml,
    /// An OFD file.
    Ofd,
    /// The text of a PDF.
    Pdf,
    /// A QR code (二维码).
    Code,
    /// Recognised on a photograph (识别).
    Recognised,
    /// A person typed it (手填).
    Typed,
}

/// Whether the sources bear each other out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SourceCheck {
    /// Two independent sources agree, or a person confirmed it.
    Agreed,
    /// Only one source; a person has to look.
    Alone,
    /// Sources differ.
    Conflict,
}

impl SourceKind {
    /// The source in a word.
    pub(crate) fn word(self) -> &'static str {
        let words = &text().source;
        match self {
            Self::Xml => words.xml,
            Self::Ofd => words.ofd,
            Self::Pdf => words.pdf,
            Self::Code => words.qr,
            Self::Recognised => words.recognised,
            Self::Typed => words.typed,
        }
    }

    /// The source as a drawing.
    pub(crate) const fn icon(self) -> Icon {
        match self {
            Self::Xml | Self::Ofd | Self::Pdf => Icon::File,
            Self::Code => Icon::Code,
            Self::Recognised => Icon::Scan,
            Self::Typed => Icon::Pen,
        }
    }
}

/// `✓ XML · 二维码`: the sources of one value and whether they agree.
#[component]
pub(crate) fn SourceTag(sources: Vec<SourceKind>, check: SourceCheck) -> impl IntoView {
    let words = &text().source;
    let (class, icon, judgement) = match check {
        SourceCheck::Agreed => ("source source-agreed", Icon::Tick, words.agreed),
        SourceCheck::Alone => {
            let icon = sources.first().copied().map_or(Icon::Info, SourceKind::icon);
            ("source source-alone", icon, words.alone)
        }
        SourceCheck::Conflict => ("source source-conflict", Icon::Alert, words.conflict),
    };
    let names: Vec<&str> = sources.iter().map(|source| source.word()).collect();
    view! {
        <span class=class>
            <Glyph icon size=IconSize::Small/>
            <span class="unseen">{judgement}"："</span>
            {names.join(" · ")}
            {(check == SourceCheck::Alone).then(|| format!(" · {judgement}"))}
        </span>
    }
    .into_any()
}
