//! From a request as the authority tells it to what one approver's card says.
//!
//! Promise: a card is one request, at one step, as of one revision, for one approver; what it says is
//! made from the authority's view alone, so that making it again gives the same card.

use bot::{CardAction, CardState, CardView, Decision};
use budget::{Dimension, Money, Organisation, PersonId, RequestId, RequestKind, RequestState, Scheme, Timestamp};
use sync::record::Verb;
use sync::view::{Event, RequestView, Warning, What, codes};

/// What a card was sent about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Subject {
    pub(super) request: RequestId,
    pub(super) step: u32,
    pub(super) revision: u32,
    pub(super) approver: PersonId,
    /// The total that it showed.
    pub(super) shown: Money,
}

/// What a card says beside the request itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Surroundings<'a> {
    pub(super) organisation: &'a Organisation,
    pub(super) scheme: &'a Scheme,
    /// What is still available on the tightest budget line that the request draws on; `None` when no
    /// line is known.
    pub(super) available: Option<Money>,
    /// What people type to come here, without a slash at the end.
    pub(super) origin: &'a str,
    /// The moment of all this.
    pub(super) as_of: Timestamp,
}

/// What the card says now.
pub(super) fn view(subject: &Subject, request: &RequestView, around: &Surroundings<'_>) -> CardView {
    let state = state(subject, request, around.organisation);
    let actions = if state == CardState::Pending { CardAction::ALL.to_vec() } else { Vec::new() };
    CardView {
        request: subject.request.to_string(),
        step: subject.step,
        revision: subject.revision,
        title: format!("{}的{}", name(around.organisation, request.claimant), kind_text(request.kind)),
        facts: facts(request, around),
        state,
        actions,
        detail_url: format!("{}/approvals/{}", around.origin, subject.request),
    }
}

fn state(subject: &Subject, request: &RequestView, organisation: &Organisation) -> CardState {
    if let Some((event, verb)) = decision(subject, request) {
        return CardState::Decided { by: who(organisation, event), at_text: clock_text(event.at), decision: verb };
    }
    if request.revision != subject.revision {
        return CardState::Changed { from: subject.shown.grouped(), to: request.total.grouped() };
    }
    let open = request.state == RequestState::InApproval
        && request.step == Some(subject.step)
        && request.decides_for(subject.approver).is_some();
    match request.state {
        _ if open => CardState::Pending,
        RequestState::Withdrawn => CardState::Withdrawn,
        // Somebody else decides in this person's place now, or the step was passed over.
        _ => CardState::Expired,
    }
}

/// The decision of the card's step at the card's revision: the approver's own, and once the step is closed the one
/// that closed it. Of several who have to agree, each keeps an open card until they do.
fn decision<'a>(subject: &Subject, request: &'a RequestView) -> Option<(&'a Event, Decision)> {
    let on_step = |event: &&Event| event.revision == subject.revision && event.number == Some(subject.step);
    let decided = request.history.iter().filter(on_step).filter_map(|event| {
        let decision = match event.what {
            What::Decided(Verb::Approve) => Decision::Approved,
            What::Decided(Verb::Reject) => Decision::Rejected,
            What::Decided(Verb::Return) => Decision::Returned,
            _ => return None,
        };
        Some((event, decision))
    });
    let open = request.revision == subject.revision && request.step == Some(subject.step);
    let own = decided.clone().find(|(event, _)| event.person == subject.approver);
    own.or_else(|| decided.clone().next_back().filter(|_| !open))
}

fn facts(request: &RequestView, around: &Surroundings<'_>) -> Vec<(String, String)> {
    let mut facts = vec![
        ("申请人".to_owned(), name(around.organisation, request.claimant)),
        ("金额".to_owned(), format!("¥{}", request.total.grouped())),
        ("事由".to_owned(), request.title.clone()),
        ("部门".to_owned(), around.scheme.name(Dimension::Department, &request.department).to_owned()),
    ];
    if let Some(available) = around.available {
        let as_of = clock_text(around.as_of);
        facts.push(("预算可用".to_owned(), format!("¥{}（截至 {as_of}）", available.grouped())));
    }
    if !request.warnings.is_empty() {
        let warnings: Vec<String> = request.warnings.iter().map(warning_text).collect();
        facts.push(("提醒".to_owned(), warnings.join("；")));
    }
    facts
}

/// A warning in words; the values that do not agree follow it.
fn warning_text(warning: &Warning) -> String {
    let words = match warning.code.as_str() {
        codes::WARNING_CONFLICT => "发票数据不一致",
        codes::WARNING_UNPROVEN => "金额由本人填写",
        codes::WARNING_NO_INVOICE => "有明细没有发票",
        codes::WARNING_OTHER_BUYER => "发票抬头不是本公司",
        other => other,
    };
    let values: Vec<String> = warning.values.iter().map(|(source, value)| format!("{source} {value}")).collect();
    if values.is_empty() { words.to_owned() } else { format!("{words}（{}）", values.join("，")) }
}

/// The person's name; their id where the company does not know them any more.
pub(super) fn name(organisation: &Organisation, person: PersonId) -> String {
    organisation.people.get(&person).map_or_else(|| person.to_string(), |person| person.name.clone())
}

/// Who decided, `李四 代 王五` for a delegate.
fn who(organisation: &Organisation, event: &Event) -> String {
    let by = name(organisation, event.person);
    match event.in_place_of.filter(|other| *other != event.person) {
        Some(other) => format!("{by} 代 {}", name(organisation, other)),
        None => by,
    }
}

const fn kind_text(kind: RequestKind) -> &'static str {
    match kind {
        RequestKind::ExpenseClaim => "报销",
        RequestKind::PreApproval => "事前申请",
        RequestKind::Advance => "借款",
        RequestKind::Payment => "付款",
        RequestKind::BudgetPlan => "预算编制",
        RequestKind::BudgetAdjustment => "预算调整",
        RequestKind::RuleChange => "审批规则变更",
    }
}

/// `10-12 10:32`, in China Standard Time.
pub(super) fn clock_text(at: Timestamp) -> String {
    let date = at.china_date();
    let minutes = at.0.saturating_add(8 * 3_600_000).div_euclid(60_000).rem_euclid(24 * 60);
    format!("{:02}-{:02} {:02}:{:02}", date.month(), date.day(), minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests;
