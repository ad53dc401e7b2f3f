//! OA to-dos (OA 待办): an open request as a line with a link among the approver's to-dos, for companies that live there.
//!
//! A to-do is a courtesy: it decides nothing, and whether it could be made or ended never delays or fails a card.
//! Off unless [`super::DingTalkConfig::to_do`] names the process that the administrator registered for it.

use super::DingTalk;
use crate::surface::{Delivery, SurfaceHandle};
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// What ends a to-do later; kept as [`SurfaceHandle::details`].
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ToDo {
    instance: String,
    tasks: Vec<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Instance {
    result: InstanceResult,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct InstanceResult {
    process_instance_id: String,
}

#[derive(Deserialize)]
struct Tasks {
    #[serde(default)]
    result: Vec<Task>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Task {
    task_id: i64,
}

const INSTANCES: &str = "/v1.0/workflow/processCentres/instances";
const TASKS: &str = "/v1.0/workflow/processCentres/tasks";

impl DingTalk {
    /// Makes the to-do of a new card; what is needed to end it, if there is one.
    pub(super) async fn create_to_do(&self, delivery: &Delivery) -> Option<String> {
        let process = self.client.config().to_do.as_deref()?;
        if !delivery.view.is_open() {
            return None;
        }
        match self.try_create(process, delivery).await {
            Ok(to_do) => serde_json::to_string(&to_do).ok(),
            Err(error) => {
                tracing::warn!(code = error.code(), %error, "an OA to-do was not made");
                None
            }
        }
    }

    async fn try_create(&self, process: &str, delivery: &Delivery) -> Result<ToDo, crate::SendError> {
        let url = &delivery.view.detail_url;
        let users: Vec<&str> = delivery.recipients.iter().map(|one| one.identity.user.as_str()).collect();
        let body = json!({
            "processCode": process,
            "originatorUserId": users.first(),
            "title": delivery.view.title,
            "url": url,
            "formComponentValueList": delivery.view.facts.iter()
                .map(|(name, value)| json!({"name": name, "value": value})).collect::<Vec<_>>(),
        });
        let made: Instance = self.client.call(Method::POST, INSTANCES, &body).await?;
        let instance = made.result.process_instance_id;
        let body = json!({
            "processInstanceId": instance,
            "tasks": users.iter().map(|user| json!({"userId": user, "url": url})).collect::<Vec<_>>(),
        });
        let tasks: Tasks = self.client.call(Method::POST, TASKS, &body).await?;
        Ok(ToDo { instance, tasks: tasks.result.into_iter().map(|task| task.task_id).collect() })
    }

    /// Ends the to-do of a card that is no longer open.
    pub(super) async fn update_to_do(&self, handle: &SurfaceHandle, delivery: &Delivery) {
        let to_do = handle.details.as_deref().and_then(|json| serde_json::from_str::<ToDo>(json).ok());
        let Some(to_do) = to_do.filter(|_| !delivery.view.is_open()) else {
            return;
        };
        let result = if delivery.view.state.code() == "approved" { "AGREE" } else { "REFUSE" };
        let tasks: Vec<_> =
            to_do.tasks.iter().map(|task| json!({"taskId": task, "status": "COMPLETED", "result": result})).collect();
        let body = json!({"processInstanceId": to_do.instance, "tasks": tasks});
        let ended: Result<serde::de::IgnoredAny, _> = self.client.call(Method::PUT, TASKS, &body).await;
        if let Err(error) = ended {
            tracing::warn!(code = error.code(), %error, "an OA to-do was not ended");
        }
    }
}
