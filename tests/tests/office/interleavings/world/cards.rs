//! The cards of this world: the buttons on its phones, the questions behind them, and what they have to show.

use crate::office::stage::{asked, decisions};
use budget::{PersonId, RequestId, RequestState};
use serde_json::{Value, json};
use server::store::StoreError;
use server::store::sql::Connection;
use sync::record::Verb;
use sync::view::{RequestView, What};
use tests::botsim::dingtalk::TapRequest;
use tests::fault::{Fault, Result};
use tests::office::Office;

/// A button that a phone showed at some time, with what it carried.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Button {
    platform: &'static str,
    pub(super) card: String,
    user: String,
    action: &'static str,
    value: Value,
}

/// What a card asks, and whom.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Question {
    pub(super) request: RequestId,
    pub(super) revision: u32,
    pub(super) step: u32,
    pub(super) person: PersonId,
}

/// Every button on every phone.
pub(super) fn buttons(office: &Office) -> Vec<Button> {
    let mut found = Vec::new();
    for shown in office.sim.phones(None) {
        for action in ["approve", "reject"] {
            if !shown.buttons.iter().any(|(known, _)| known == action) {
                continue;
            }
            let (card, user) = (shown.card.clone(), shown.user.clone());
            let value = match shown.platform {
                "dingtalk" => office
                    .sim
                    .dingtalk
                    .card(&card)
                    .map(|held| json!({"action": action, "token": held.seen_by(&user, &format!("tok_{action}"))})),
                "wecom" => office.sim.wecom.card(&card, &user).and_then(|held| {
                    let wanted = if action == "approve" { "同意" } else { "拒绝" };
                    let buttons = held.card["button_list"].as_array()?.clone();
                    buttons.into_iter().find(|button| button["text"] == wanted).map(|button| button["key"].clone())
                }),
                _ => office.sim.feishu.card(&card).and_then(|message| {
                    let elements = message.card["elements"].as_array()?.clone();
                    let actions = elements.iter().filter_map(|element| element["actions"].as_array()).flatten();
                    actions.map(|button| &button["value"]).find(|value| value["action"] == action).cloned()
                }),
            };
            found.extend(value.map(|value| Button { platform: shown.platform, card, user, action, value }));
        }
    }
    found
}

impl Button {
    /// One press. Whatever becomes of it, the person is told something, in time.
    pub(super) async fn press(&self, office: Option<&Office>) -> Result<()> {
        let office = office.ok_or_else(|| Fault::new("the server is not running"))?;
        let (card, user) = (self.card.as_str(), self.user.as_str());
        let (answered, told) = match self.platform {
            "dingtalk" => {
                let tap =
                    TapRequest { params: self.value.as_object().cloned(), ..TapRequest::new(card, user, self.action) };
                let result = office.sim.dingtalk.tap(tap).await.remove(0);
                (result.code == Some(200) && result.response.is_object(), json!(result))
            }
            "wecom" => {
                let pressed = office.sim.wecom.press(card, user, self.action, self.value.as_str()).await;
                let said = pressed.answer["button"].as_str().is_some_and(|text| !text.is_empty());
                (pressed.status == Some(200) && said, json!(pressed.answer))
            }
            _ => {
                let pressed = office.sim.feishu.press(card, user, self.action, Some(self.value.clone())).await;
                let said = pressed.answer["toast"]["content"].as_str().is_some_and(|text| !text.is_empty());
                (pressed.status == Some(200) && said, json!(pressed.answer))
            }
        };
        if answered { Ok(()) } else { Err(Fault::new(format!("a tap was ignored: {self:?} {told}"))) }
    }
}

async fn read<T: Send + 'static>(
    office: &Office,
    question: impl FnOnce(&Connection) -> std::result::Result<T, StoreError> + Send + 'static,
) -> Result<T> {
    office.app.store.readers.read(question).await.map_err(|error| Fault::new(error.to_string()))
}

/// What the server says that a card asks.
pub(super) async fn question(office: &Office, card: &str) -> Result<Question> {
    let card = card.to_owned();
    read(office, move |connection| {
        let row = "SELECT request, revision, step, person FROM outbox WHERE card = ?1 AND creates = 1";
        Ok(connection.query_row(row, [card], |row| {
            let (request, person) = (RequestId(row.get(0)?), PersonId(row.get(3)?));
            Ok(Question { request, revision: row.get(1)?, step: row.get(2)?, person })
        })?)
    })
    .await
}

/// How many views wait, and how many were given up.
pub(super) async fn left(office: &Office) -> Result<(i64, i64)> {
    read(office, |connection| {
        let count = |state: &str| -> std::result::Result<i64, StoreError> {
            Ok(connection.query_row("SELECT count(*) FROM outbox WHERE state = ?1", [state], |row| row.get(0))?)
        };
        Ok((count("waiting")?, count("dead")?))
    })
    .await
}

/// Every card that was ever sent shows how its question stands, on each phone that has it.
pub(super) async fn check_truth(office: &Office) -> Result<()> {
    let sent = read(office, |connection| {
        let mut rows = connection.prepare_cached("SELECT card FROM outbox WHERE creates = 1")?;
        let rows = rows.query_map([], |row| row.get::<String>(0))?;
        Ok(rows.collect::<std::result::Result<Vec<_>, _>>()?)
    });
    for card in sent.await? {
        let question = question(office, &card).await?;
        let (request, person) = (question.request, question.person);
        let known = asked(office, move |turn| {
            let name = turn.state.books().organisation.people.get(&person).map(|person| person.name.clone());
            (turn.state.request(request).map(|request| request.view.clone()), name.unwrap_or_default())
        });
        let (view, name) = known.await?;
        let wanted = truth(&view.ok_or_else(|| Fault::new("a card without a request"))?, &question);
        let shown = office.sim.phones(None).into_iter().find(|shown| shown.card == card);
        let Some(shown) = shown else {
            return Err(Fault::new(format!("no phone shows the card of {question:?} for {name}")));
        };
        // A WeCom card whose codes are all spent is told by a message instead.
        let told =
            shown.platform == "wecom" && office.sim.wecom.texts(&shown.user).iter().any(|text| text.contains(wanted));
        if !shown.status.contains(wanted) && !told {
            return Err(Fault::new(format!("{question:?} of {name} should say {wanted}: {shown:?}")));
        }
        if wanted != "待处理" && !shown.buttons.is_empty() && !told {
            return Err(Fault::new(format!("{question:?} is closed and has buttons: {shown:?}")));
        }
    }
    Ok(())
}

/// What a card about this question has to say, from the history alone.
fn truth(view: &RequestView, question: &Question) -> &'static str {
    let on_step = decisions(view)
        .into_iter()
        .rfind(|event| (event.revision, event.number) == (question.revision, Some(question.step)));
    match on_step.map(|event| event.what) {
        Some(What::Decided(Verb::Approve)) => "已同意",
        Some(What::Decided(Verb::Reject)) => "已拒绝",
        Some(_) => "已退回",
        None if view.revision != question.revision => "单据已变更",
        None if view.state == RequestState::Withdrawn => "已撤回",
        None if view.state == RequestState::InApproval
            && view.step == Some(question.step)
            && view.decides_for(question.person).is_some() =>
        {
            "待处理"
        }
        None => "已过期",
    }
}
