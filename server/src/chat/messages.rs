//! Messages to the bot: from what somebody wrote to what they are answered.

use bot::{ChatAdapter, ChatMessage, MessageContent, Notice, SentFile};
use budget::PersonId;
use futures_util::future::BoxFuture;

use super::commands::{self, Command};
use super::desk::Desk;
use super::draft::{self, Receipt};
use super::{accounts, rows};
use crate::http::AppState;
use crate::store::{Stop, StoreError};

/// Answers one message. A message that comes twice is answered once.
pub(super) async fn answer(app: &AppState, adapter: &dyn ChatAdapter, desk: &Desk, message: ChatMessage) {
    let from = message.from.clone();
    let notice = match notice(app, adapter, desk, message).await {
        Ok(Some(notice)) => notice,
        Ok(None) => return,
        Err(error) => {
            tracing::error!(code = error.code(), %error, "a message to the bot could not be answered");
            Notice { title: "暂时无法处理，请稍后重试".into(), lines: Vec::new(), url: String::new() }
        }
    };
    if let Err(error) = adapter.notify(&from, &notice).await {
        tracing::warn!(code = error.code(), %error, "an answer in chat was not sent");
    }
}

async fn notice(
    app: &AppState,
    adapter: &dyn ChatAdapter,
    desk: &Desk,
    message: ChatMessage,
) -> Result<Option<Notice>, StoreError> {
    if message.from.corporation != desk.corporation {
        tracing::warn!(code = "chat.other_company", corporation = message.from.corporation, "a message was refused");
        return Ok(None);
    }
    let (identity, platform, id) = (message.from.clone(), desk.platform, message.id.clone());
    let seen = app.store.writer.run(move |turn| {
        let fresh = id.is_empty() || rows::meet(turn.connection, platform, &id, turn.now)?;
        let person = accounts::person(turn.connection, &identity)?;
        let active = person.filter(|person| turn.state.books().organisation.active(*person).is_some());
        Ok::<_, Stop<std::convert::Infallible>>((fresh, active))
    });
    let Ok((fresh, person)) = seen.await else {
        return Err(StoreError::Interrupted);
    };
    if !fresh {
        return Ok(None);
    }
    let origin = desk.origin.clone();
    let command = match &message.content {
        MessageContent::Text(text) => commands::parse(text),
        MessageContent::File(_) => Command::Claim,
        MessageContent::Other => Command::Help,
    };
    if let Command::Bind(code) = &command {
        return bind(app, &message, code.clone()).await.map(Some);
    }
    let Some(person) = person else {
        tracing::info!(code = "chat.unbound", platform = platform.word(), "a message from somebody who is not bound");
        return Ok(Some(commands::bind_first(&origin)));
    };
    Ok(Some(match (command, message.content) {
        (Command::Claim, MessageContent::File(file)) => receipt(app, adapter, desk, person, message.id, file).await?,
        (Command::Claim, _) => commands::claim_how(&origin),
        (Command::Pending, _) => ask(app, move |turn| commands::pending(turn.state, person, &origin)).await?,
        (Command::Balance(name), _) => {
            ask(app, move |turn| commands::balance(turn.state, person, &name, turn.now, &origin)).await?
        }
        (Command::Help | Command::Bind(_), _) => commands::help(&origin),
    }))
}

/// A question that the authority's own state answers.
fn ask(
    app: &AppState,
    question: impl FnOnce(&crate::store::Turn<'_, crate::authority::Authority>) -> Notice + Send + 'static,
) -> BoxFuture<'static, Result<Notice, StoreError>> {
    let app = AppState::clone(app);
    Box::pin(async move {
        let asked = app.store.writer.run(move |turn| Ok::<_, Stop<std::convert::Infallible>>(question(turn)));
        asked.await.map_err(|_| StoreError::Interrupted)
    })
}

/// Binds the account that sent a code which a signed-in person was shown.
async fn bind(app: &AppState, message: &ChatMessage, code: String) -> Result<Notice, StoreError> {
    let (identity, fan_out) = (message.from.clone(), app.relay.fan_out().clone());
    let bound = app.store.writer.run(move |turn| {
        let Some(person) = accounts::take_link(turn.connection, &code, turn.now)? else {
            return Ok(None);
        };
        accounts::welcome(turn, fan_out, &identity, person)?;
        let name = super::card::name(&turn.state.books().organisation, person);
        Ok::<_, Stop<std::convert::Infallible>>(Some(name))
    });
    let title = match bound.await {
        Ok(Some(name)) => format!("已绑定：{name}"),
        Ok(None) => "绑定码不对或已失效，请重新获取".to_owned(),
        Err(_) => return Err(StoreError::Interrupted),
    };
    Ok(Notice { title, lines: Vec::new(), url: String::new() })
}

/// Stores the original, reads it, and writes the draft.
async fn receipt(
    app: &AppState,
    adapter: &dyn ChatAdapter,
    desk: &Desk,
    person: PersonId,
    message: String,
    file: SentFile,
) -> Result<Notice, StoreError> {
    let limit = usize::try_from(app.config.blob_bytes).unwrap_or(usize::MAX);
    let said = |title: &str| Notice { title: title.into(), lines: Vec::new(), url: desk.origin.clone() };
    let bytes = match adapter.download(&file, limit).await {
        Ok(bytes) => bytes,
        Err(error) => {
            tracing::warn!(code = error.code(), %error, "a file sent to the bot could not be fetched");
            return Ok(said("没有收到文件，请重新发送"));
        }
    };
    let name = if file.name.is_empty() { "票据".to_owned() } else { file.name };
    let (folder, for_reading, named) = (app.blobs.clone(), bytes.clone(), name.clone());
    let kept = tokio::task::spawn_blocking(move || folder.keep(&bytes)).await;
    let Ok(Ok(kept)) = kept else {
        return Ok(said("文件无法保存，请重新发送"));
    };
    // What cannot be read is kept all the same: the person fills it in.
    let reading = crate::api::read_file(app, named, for_reading).await.ok();
    let receipt = Receipt { platform: desk.platform, message, person, name, kept, reading, wish: None };
    let key = draft::chat_key(app.keys.card_token.reveal(), person);
    let (notice, fan_out) = (receipt.notice(&desk.origin), app.relay.fan_out().clone());
    let written = app.store.writer.run(move |turn| {
        let draft::Written { effects, .. } = receipt.write(turn, &key)?;
        turn.after_commit(move || fan_out.tell(&effects));
        Ok::<_, Stop<std::convert::Infallible>>(())
    });
    written.await.map_err(|_| StoreError::Interrupted)?;
    Ok(notice)
}
