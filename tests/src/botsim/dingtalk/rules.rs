//! DingTalk's published rules for card requests, as pure checks.
//!
//! Source: open.dingtalk.com, create-and-deliver-cards, interactive-card-update-interface,
//! instructions-for-filling-in-api-card-data. The codes are the vendor's.

use super::TEMPLATE;
use super::world::{Card, Params, Violation};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The longest value of a variable, in bytes.
const LONGEST_VALUE: usize = 1024;
/// The longest name of a variable, in bytes.
const LONGEST_NAME: usize = 100;

/// Why a request is refused, with the vendor's code and what is wrong.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) code: &'static str,
    pub(super) message: String,
    /// Whether a correct caller can run into it, so that it is no violation.
    pub(super) innocent: bool,
}

fn refuse<T>(code: &'static str, message: impl Into<String>) -> Result<T, Refused> {
    Err(Refused { code, message: message.into(), innocent: false })
}

/// The card that a `createAndDeliver` body makes.
pub(super) fn new_card(body: &Value, known: &BTreeMap<String, Card>) -> Result<Card, Refused> {
    let template = required(body, "cardTemplateId", "param.cardTemplateIdEmpty")?;
    let key = required(body, "outTrackId", "param.outTrackIdEmpty")?;
    let spaces = required(body, "openSpaceId", "param.openSpaceIdEmpty")?;
    if template != TEMPLATE {
        return refuse("param.templateNotExist", format!("no template {template}"));
    }
    match body.get("callbackType").and_then(Value::as_str) {
        Some("STREAM") => {}
        Some("HTTP") if text(body, "callbackRouteKey").is_some() => {}
        other => return refuse("param.invalid", format!("callbackType {other:?}")),
    }
    check_user_id_type(body)?;
    let recipients = recipients(body, spaces)?;
    let card_data = match body.get("cardData") {
        Some(data) => variables(data, "cardData")?,
        None => return refuse("param.empty", "cardData is missing"),
    };
    if known.contains_key(key) {
        // A retry after a lost answer: exactly what the key is for.
        return Err(Refused {
            code: "param.cardAlreadyExist",
            message: format!("outTrackId {key} was used before"),
            innocent: true,
        });
    }
    Ok(Card { out_track_id: key.to_owned(), card_data, private_data: private(body)?, recipients, changes: 0 })
}

/// Applies a `PUT card/instances` body.
pub(super) fn update(body: &Value, known: &mut BTreeMap<String, Card>) -> Result<(), Refused> {
    let key = required(body, "outTrackId", "param.outTrackIdEmpty")?;
    check_user_id_type(body)?;
    let private = private(body)?;
    let public = body.get("cardData").map(|data| variables(data, "cardData")).transpose()?;
    let Some(card) = known.get_mut(key) else {
        return refuse("param.cardNotExist", format!("no card {key}"));
    };
    let options = body.get("cardUpdateOptions");
    if let Some(public) = public {
        replace(&mut card.card_data, public, by_key(options, "updateCardDataByKey"));
    }
    for (user, params) in private {
        let mine = card.private_data.entry(user).or_default();
        replace(mine, params, by_key(options, "updatePrivateDataByKey"));
    }
    card.changes += 1;
    Ok(())
}

/// Applies the `response` of a callback's answer to the card that was tapped.
pub(super) fn respond(response: &Value, card: &mut Card, user: &str) -> Result<(), Violation> {
    let broken = |refused: Refused| Violation { code: "BAD_RESPONSE", detail: refused.message };
    if response.is_null() {
        return Ok(());
    }
    let options = response.get("cardUpdateOptions");
    if let Some(data) = response.get("cardData") {
        let public = variables(data, "cardData").map_err(broken)?;
        replace(&mut card.card_data, public, by_key(options, "updateCardDataByKey"));
    }
    if let Some(data) = response.get("userPrivateData") {
        let mine = variables(data, "userPrivateData").map_err(broken)?;
        let private = card.private_data.entry(user.to_owned()).or_default();
        replace(private, mine, by_key(options, "updatePrivateDataByKey"));
    }
    card.changes += 1;
    Ok(())
}

/// The documented default drops every variable that an update does not name.
fn replace(current: &mut Params, new: Params, by_key: bool) {
    if !by_key {
        current.clear();
    }
    current.extend(new);
}

fn by_key(options: Option<&Value>, name: &str) -> bool {
    options.and_then(|options| options.get(name)).and_then(Value::as_bool) == Some(true)
}

fn text<'a>(body: &'a Value, name: &str) -> Option<&'a str> {
    body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

fn required<'a>(body: &'a Value, name: &str, code: &'static str) -> Result<&'a str, Refused> {
    text(body, name).map_or_else(|| refuse(code, format!("{name} is missing")), Ok)
}

fn check_user_id_type(body: &Value) -> Result<(), Refused> {
    match body.get("userIdType") {
        None => Ok(()),
        Some(kind) if matches!(kind.as_i64(), Some(1 | 2)) => Ok(()),
        Some(kind) => refuse("param.invalid", format!("userIdType {kind}")),
    }
}

/// Who gets the card: `dtv1.card//TYPE.id;TYPE.id`, each type with the model that says how it is delivered.
fn recipients(body: &Value, spaces: &str) -> Result<Vec<String>, Refused> {
    let Some(list) = spaces.strip_prefix("dtv1.card//") else {
        return refuse("param.openSpaceIdInvalid", format!("openSpaceId {spaces}"));
    };
    let mut users = Vec::new();
    for space in list.split(';') {
        let (kind, id) = space.split_once('.').unwrap_or_default();
        let model = match kind {
            "IM_ROBOT" => "imRobotOpenDeliverModel",
            "IM_GROUP" => "imGroupOpenDeliverModel",
            _ => return refuse("param.openSpaceIdInvalid", format!("space {space}")),
        };
        if id.is_empty() || id.contains(char::is_whitespace) {
            return refuse("param.openSpaceIdInvalid", format!("space {space}"));
        }
        let Some(model) = body.get(model) else {
            return refuse("param.openDeliverModelEmpty", format!("{model} is missing"));
        };
        let fits = match kind {
            "IM_ROBOT" => text(model, "spaceType") == Some("IM_ROBOT"),
            _ => text(model, "robotCode").is_some(),
        };
        if !fits {
            return refuse("param.openDeliverModelError", format!("{model} for {kind}"));
        }
        users.push(id.to_owned());
    }
    Ok(users)
}

fn private(body: &Value) -> Result<BTreeMap<String, Params>, Refused> {
    let nobody = Map::new();
    let users = match body.get("privateData") {
        None | Some(Value::Null) => &nobody,
        Some(Value::Object(users)) => users,
        Some(_) => return refuse("param.invalid", "privateData is not an object"),
    };
    users.iter().map(|(user, data)| Ok((user.clone(), variables(data, "privateData")?))).collect()
}

/// The variables of a `{"cardParamMap": {…}}`: strings only, short names, short values.
fn variables(data: &Value, place: &str) -> Result<Params, Refused> {
    let Some(map) = data.get("cardParamMap").and_then(Value::as_object) else {
        return refuse("param.invalid", format!("{place} has no cardParamMap"));
    };
    map.iter()
        .map(|(name, value)| {
            let Some(value) = value.as_str() else {
                return refuse("param.invalid", format!("{place}.{name} is not a string"));
            };
            if name.len() > LONGEST_NAME || value.len() > LONGEST_VALUE {
                return refuse("param.invalid", format!("{place}.{name} is too long"));
            }
            Ok((name.clone(), value.to_owned()))
        })
        .collect()
}

#[cfg(test)]
mod tests;
