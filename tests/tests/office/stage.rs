//! What these tests do all the time.

use budget::{RequestId, RequestState};
use server::authority::{Answer, Authority};
use server::store::{Stop, Turn};
use std::convert::Infallible;
use std::io::Write;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use sync::view::{Event, RequestView, What};
use tests::device::Device;
use tests::fault::{Fault, Result};
use tests::office::Office;

const PASSWORD: &str = "suanpan-demo";

/// A connected device of somebody in the demo company.
pub(crate) async fn person(office: &Office, login: &str) -> Result<Device> {
    let mut device = Device::sign_in(&office.url(), login, PASSWORD).await?;
    device.connect().await?;
    Ok(device)
}

/// A claim that waits for its approver.
pub(crate) async fn submitted(clerk: &mut Device, title: &str, fen: i64) -> Result<RequestId> {
    let request = clerk.claim(title, "MKT", "TRAVEL", fen)?;
    clerk.submit(request)?;
    clerk.push().await?;
    clerk.state(request, RequestState::InApproval).await?;
    Ok(request)
}

/// What the authority itself says.
pub(crate) async fn asked<T: Send + 'static>(
    office: &Office,
    question: impl FnOnce(&mut Turn<'_, Authority>) -> T + Send + 'static,
) -> Result<T> {
    let asked = office.app.store.writer.run(move |turn| Ok::<_, Stop<Infallible>>(question(turn)));
    asked.await.map_err(|error| Fault::new(error.to_string()))
}

/// Does what is done each minute, without waiting for it.
pub(crate) async fn minute(office: &Office) -> Result<()> {
    let fan_out = office.app.relay.fan_out().clone();
    let done = office.app.store.writer.run(move |turn| {
        let Answer { effects, .. } = turn.state.tick(turn.connection, turn.now)?;
        turn.after_commit(move || fan_out.tell(&effects));
        Ok::<_, Stop<Infallible>>(())
    });
    done.await.map_err(|error| Fault::new(error.to_string()))
}

/// A request as the authority has it.
pub(crate) async fn view(office: &Office, id: RequestId) -> Result<RequestView> {
    let found = asked(office, move |turn| turn.state.request(id).map(|request| request.view.clone())).await?;
    found.ok_or_else(|| Fault::new("the authority does not know the request"))
}

/// The decisions in a request's history.
pub(crate) fn decisions(view: &RequestView) -> Vec<&Event> {
    view.history.iter().filter(|event| matches!(event.what, What::Decided(_))).collect()
}

/// Where everything that is logged in this process goes.
#[derive(Clone, Default)]
pub(crate) struct Paper(Arc<Mutex<Vec<u8>>>);

impl Paper {
    /// The one of this process.
    pub(crate) fn laid() -> Self {
        static PAPER: OnceLock<Paper> = OnceLock::new();
        let laid = PAPER.get_or_init(|| {
            let paper = Self::default();
            let sink = paper.clone();
            tracing_subscriber::fmt()
                .with_writer(move || sink.clone())
                .with_env_filter("warn,bot=info,server=info")
                .init();
            paper
        });
        laid.clone()
    }

    /// How many lines name this.
    pub(crate) fn names(&self, word: &str) -> usize {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).lines().filter(|line| line.contains(word)).count()
    }
}

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
