//! The way of a request through its steps: what was, what is, what comes.

use leptos::prelude::*;

use super::icon::{Glyph, Icon, IconSize};

/// Where a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StepState {
    /// Agreed, done.
    Done,
    /// Waits for this person now.
    Now,
    /// Comes later.
    Ahead,
    /// Refused or returned.
    Refused,
    /// Done on this device; the server does not know yet.
    Held,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// Where it stands.
    pub(crate) state: StepState,
    /// What and who: `部门负责人 · 李明`.
    pub(crate) title: String,
    /// When, already short: `11-23 10:32`; empty when it has not happened.
    pub(crate) time: String,
    /// The role, the rule, "B 代 A".
    pub(crate) note: String,
    /// What the person wrote.
    pub(crate) words: String,
}

/// The steps from the first to the last.
#[component]
pub(crate) fn Timeline(#[prop(into)] steps: Signal<Vec<Step>>) -> impl IntoView {
    let one = |step: Step| {
        let (class, icon) = match step.state {
            StepState::Done => ("step step-done", Some(Icon::Tick)),
            StepState::Now => ("step step-now", Some(Icon::More)),
            StepState::Ahead => ("step", None),
            StepState::Refused => ("step step-refused", Some(Icon::Close)),
            StepState::Held => ("step step-held", Some(Icon::Clock)),
        };
        let filled = |text: &String| (!text.is_empty()).then(|| text.clone());
        view! {
            <li class=class aria-current=(step.state == StepState::Now).then_some("step")>
                <span class="step-bead">{icon.map(|icon| view! { <Glyph icon size=IconSize::Small/> })}</span>
                <div class="step-body">
                    <p class="step-title">
                        {step.title}
                        {filled(&step.time).map(|time| view! { <time>{time}</time> })}
                    </p>
                    {filled(&step.note).map(|note| view! { <p class="step-note">{note}</p> })}
                    {filled(&step.words).map(|words| view! { <p class="step-words">{words}</p> })}
                </div>
            </li>
        }
    };
    view! { <ol class="timeline">{move || steps.get().into_iter().map(one).collect_view()}</ol> }.into_any()
}
