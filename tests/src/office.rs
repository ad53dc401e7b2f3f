//! A whole server inside the test's own process, with every chat platform simulated and one clock for both.
//!
//! For what a process apart cannot show: a clock that is turned by hours, and every line that is logged.

use crate::botsim::{Botsim, dingtalk, feishu, wechat, wecom};
use crate::fault::{Fault, Result};
use server::background::{self, Background};
use server::clock::Clock;
use server::config::{Config, Layers};
use server::http::{App, AppState, router};
use server::store::Database;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// How often the standing clock is moved.
const STEP: Duration = Duration::from_millis(20);

/// The demo company with its chat platforms.
pub struct Office {
    /// The platforms.
    pub sim: Botsim,
    /// The server's parts.
    pub app: AppState,
    clock: Clock,
    address: SocketAddr,
    background: Option<Background>,
    tasks: Vec<JoinHandle<()>>,
    data: TempDir,
}

impl Office {
    /// Makes the demo company and serves it. `bindings` are `(platform's word, "user=login,…")`; `more` further settings.
    pub async fn open(bindings: &[(&str, &str)], more: &[(&str, &str)]) -> Result<Self> {
        let sim = Botsim::start().await?;
        let data = tempfile::Builder::new().prefix("suanpan-office-").tempdir()?;
        let real = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let clock = Clock::standing_at(budget::Timestamp(i64::try_from(real).unwrap_or_default()));
        let (folder, told) = (data.path().to_owned(), clock.clone());
        tokio::task::spawn_blocking(move || server::demo::create(&folder, &Database::in_folder(&folder), &told))
            .await?
            .map_err(|error| Fault::new(error.to_string()))?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let mut settings = settings(&sim);
        settings.push(("DATA".into(), data.path().display().to_string()));
        settings.push(("PUBLIC_ORIGIN".into(), format!("http://{address}")));
        for (platform, pairs) in bindings {
            settings.push((format!("{}_BINDINGS", platform.to_uppercase()), (*pairs).to_owned()));
        }
        settings.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let find = |name: &str| {
            let wanted = name.strip_prefix("SUANPAN_")?;
            settings.iter().find(|(known, _)| known == wanted).map(|(_, value)| value.clone())
        };
        let config = Config::from_layers(&Layers::defaults().with_environment(find));
        let config = config.map_err(|error| Fault::new(error.to_string()))?;
        // Cards go out as soon as chat starts, and WeCom sends none with buttons before the address is saved.
        sim.wecom.assume_callback(&format!("http://{address}/api/chat/callback/wecom"));
        Self::serve(sim, data, clock, config, listener).await
    }

    /// Serves the company's folder.
    async fn serve(sim: Botsim, data: TempDir, clock: Clock, config: Config, listener: TcpListener) -> Result<Self> {
        let address = listener.local_addr()?;
        let app = App::open(config, clock.clone()).await.map_err(|error| Fault::new(error.to_string()))?;
        let background = background::start(&app).await.map_err(|error| Fault::new(error.to_string()))?;
        let service = router(AppState::clone(&app)).into_make_service_with_connect_info::<SocketAddr>();
        let served = tokio::spawn(async move { drop(axum::serve(listener, service).await) });
        let turned = clock.clone();
        let turning = tokio::spawn(async move {
            let mut step = tokio::time::interval(STEP);
            loop {
                step.tick().await;
                turned.advance(20);
            }
        });
        let tasks = vec![served, turning];
        let office = Self { sim, app, clock, address, background: Some(background), tasks, data };
        office.set_callbacks().await?;
        Ok(office)
    }

    async fn set_callbacks(&self) -> Result<()> {
        let callback = |platform: &str| format!("{}/api/chat/callback/{platform}", self.url());
        self.sim.wecom.set_callback(&callback("wecom")).await.map_err(Fault::new)?;
        self.sim.feishu.set_callback(&callback("feishu")).await.map_err(Fault::new)?;
        Ok(())
    }

    /// The time on its clock, Unix milliseconds.
    pub fn now(&self) -> i64 {
        self.clock.now().0
    }

    /// Its address, with no slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Turns the server's clock and the platforms' forward.
    pub fn advance(&self, by: Duration) {
        self.clock.advance(i64::try_from(by.as_millis()).unwrap_or(i64::MAX));
        self.sim.clock.advance(by);
    }

    /// Waits until somebody's phone shows such a card.
    pub async fn shown(
        &self,
        what: &str,
        wanted: impl Fn(&crate::botsim::Shown) -> bool,
    ) -> Result<crate::botsim::Shown> {
        for _ in 0..1_200 {
            if let Some(found) = self.sim.phones(None).into_iter().find(&wanted) {
                return Ok(found);
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        Err(Fault::new(format!("no phone shows {what}: {:#?}", self.sim.phones(None))))
    }

    /// Waits until something is so.
    pub async fn eventually(&self, what: &str, so: impl Fn(&Self) -> bool) -> Result<()> {
        for _ in 0..1_200 {
            if so(self) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        Err(Fault::new(format!("never: {what}")))
    }

    /// Stops the server and starts it anew at another port, on the files that it left. A copy of them: this process keeps
    /// the lock of a folder until it ends, as a server does.
    pub async fn restart(mut self) -> Result<Self> {
        self.stop().await;
        let Self { sim, app, clock, data, .. } = self;
        let writer = app.store.writer.clone();
        tokio::task::spawn_blocking(move || writer.close()).await?;
        let mut config = app.config.clone();
        let left = data;
        let data = tempfile::Builder::new().prefix("suanpan-office-").tempdir()?;
        copy(left.path(), data.path())?;
        config.data = data.path().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        config.public_origin = Some(format!("http://{}", listener.local_addr()?));
        Self::serve(sim, data, clock, config, listener).await
    }

    /// Stops everything that it started.
    pub async fn close(mut self) {
        self.stop().await;
    }

    async fn stop(&mut self) {
        if let Some(background) = self.background.take() {
            background.stop().await;
        }
        for task in self.tasks.drain(..) {
            task.abort();
            // It ends as one that was told to.
            drop(task.await);
        }
    }
}

/// Copies the files of a folder that nobody writes to any more.
fn copy(from: &Path, to: &Path) -> Result<()> {
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            std::fs::create_dir_all(&target)?;
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// What the server is told of the simulated platforms.
fn settings(sim: &Botsim) -> Vec<(String, String)> {
    let base = sim.base_url();
    [
        ("DINGTALK_CLIENT_ID", dingtalk::CLIENT_ID),
        ("DINGTALK_CLIENT_SECRET", dingtalk::CLIENT_SECRET),
        ("DINGTALK_CARD_TEMPLATE_ID", dingtalk::TEMPLATE),
        ("DINGTALK_CORPORATION", dingtalk::CORPORATION),
        ("DINGTALK_API_BASE", &base),
        ("WECOM_AGENT", &wecom::AGENT.to_string()),
        ("WECOM_CORPORATION", wecom::CORPORATION),
        ("WECOM_SECRET", wecom::SECRET),
        ("WECOM_TOKEN", wecom::TOKEN),
        ("WECOM_ENCODING_AES_KEY", wecom::AES_KEY),
        ("WECOM_API_BASE", &base),
        ("FEISHU_APP_ID", feishu::APP_ID),
        ("FEISHU_APP_SECRET", feishu::APP_SECRET),
        ("FEISHU_ENCRYPT_KEY", feishu::ENCRYPT_KEY),
        ("FEISHU_VERIFICATION_TOKEN", feishu::VERIFICATION_TOKEN),
        ("FEISHU_TENANT", feishu::TENANT),
        ("FEISHU_API_BASE", &base),
        ("WECHAT_APP_ID", wechat::APP_ID),
        ("WECHAT_APP_SECRET", wechat::APP_SECRET),
        ("WECHAT_TEMPLATE_ID", wechat::TEMPLATE),
        ("WECHAT_API_BASE", &base),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}
