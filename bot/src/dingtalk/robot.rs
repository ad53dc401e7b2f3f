//! The robot's own words, and the files that people send it.

use super::client::Client;
use super::wire::RobotSent;
use crate::surface::{Notice, SendError};
use crate::text::plain_in_markdown;
use reqwest::Method;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;
use std::time::Duration;

/// How long to wait for a user who gets too many messages.
const FLOW_WAIT: Duration = Duration::from_mins(1);

impl Client {
    /// Writes to one user (`robot/oToMessages/batchSend`). A success that names the user as flow-controlled is none.
    pub(super) async fn say(&self, user: &str, notice: &Notice) -> Result<(), SendError> {
        let mut text: Vec<String> = vec![format!("**{}**", plain_in_markdown(&notice.title))];
        text.extend(notice.lines.iter().map(|line| plain_in_markdown(line)));
        if !notice.url.is_empty() {
            text.push(format!("[打开算盘]({})", notice.url));
        }
        let body = json!({
            "robotCode": self.config().robot_code,
            "userIds": [user],
            "msgKey": "sampleMarkdown",
            "msgParam": json!({"title": notice.title, "text": text.join("\n\n")}).to_string(),
        });
        let sent: RobotSent = self.call(Method::POST, "/v1.0/robot/oToMessages/batchSend", &body).await?;
        if sent.flow_controlled_staff_id_list.iter().any(|known| known == user) {
            return Err(SendError::Retry { after: Some(FLOW_WAIT), reason: "flow control".into() });
        }
        if sent.invalid_staff_id_list.iter().any(|known| known == user) {
            return Err(SendError::Permanent("dingtalk.user_invalid".into()));
        }
        Ok(())
    }

    /// Writes to a group that the robot is in (`robot/groupMessages/send`), as plain text: what is written is what people
    /// can copy.
    pub(super) async fn say_to_group(&self, group: &str, notice: &Notice) -> Result<(), SendError> {
        let content = format!("{}\n\n{}", notice.title, notice.lines.join("\n"));
        let body = json!({
            "robotCode": self.config().robot_code,
            "openConversationId": group,
            "msgKey": "sampleText",
            "msgParam": json!({ "content": content }).to_string(),
        });
        let _sent: IgnoredAny = self.call(Method::POST, "/v1.0/robot/groupMessages/send", &body).await?;
        Ok(())
    }

    /// A file that somebody sent to the robot.
    pub(super) async fn robot_file(&self, code: &str, limit: usize) -> Result<Vec<u8>, SendError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Place {
            download_url: String,
        }
        let body = json!({"downloadCode": code, "robotCode": self.config().robot_code});
        let place: Place = self.call(Method::POST, "/v1.0/robot/messageFiles/download", &body).await?;
        self.fetch(&place.download_url, limit).await
    }
}
