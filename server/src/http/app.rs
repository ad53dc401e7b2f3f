//! What every handler can reach.

use std::sync::{Arc, OnceLock};

use super::rate_limit::Limits;
use crate::authority::Authority;
use crate::authority::journal::proof::Groups;
use crate::blobs::BlobFolder;
use crate::chat::Chat;
use crate::clock::Clock;
use crate::company::Company;
use crate::config::Config;
use crate::directory::Directory;
use crate::identity::Identity;
use crate::keys::Keys;
use crate::relay::{self, Relay};
use crate::store::{Stop, Store, StoreError, WriterLimits};

/// The running server, shared by all handlers.
pub type AppState = Arc<App>;

/// The parts of a running server.
pub struct App {
    /// What it was told.
    pub config: Config,
    /// The time.
    pub clock: Clock,
    /// Changes and questions.
    pub store: Store<Authority>,
    /// Its secrets.
    pub keys: Keys,
    /// Who people are and what they may read.
    pub directory: Arc<dyn Directory>,
    /// Where originals lie.
    pub blobs: BlobFolder,
    /// Who is asking.
    pub identity: Identity,
    /// What is in force at the company, for questions.
    pub company: Company,
    /// What proofs about the journal are made of.
    pub proofs: Arc<Groups>,
    /// Connected devices, and what they are told.
    pub relay: Relay,
    /// The chat platform, once it is started.
    pub chat: OnceLock<Chat>,
    /// How much each address and person may ask.
    pub limits: Limits,
}

impl App {
    /// Opens the data folder and puts the parts together.
    pub async fn open(config: Config, clock: Clock) -> Result<AppState, StoreError> {
        let company = Company::default();
        let directory = Arc::new(company.clone());
        Self::open_for(config, clock, company, directory).await
    }

    /// The same with another directory: tests of the edge bring their own people.
    pub(crate) async fn open_for(
        config: Config,
        clock: Clock,
        company: Company,
        directory: Arc<dyn Directory>,
    ) -> Result<AppState, StoreError> {
        let limits = WriterLimits { queue: config.queue, ..WriterLimits::default() };
        let store: Store<Authority> = Store::open(&config.data, &config.database(), clock.clone(), &limits)?;
        let blobs = BlobFolder::open(&config.data)?;
        let keys = store
            .writer
            .run(|turn| Ok::<_, Stop<StoreError>>(Keys::load_or_make(turn.connection)?))
            .await
            .map_err(|_| StoreError::Interrupted)?;
        let identity = Identity::new(store.clone(), clock.clone(), &keys, &config, Arc::clone(&directory));
        let relay = Relay::open(&store, relay::Limits::default()).await?;
        Ok(Arc::new(Self {
            limits: Limits::new(&config.rates),
            config,
            clock,
            store,
            keys,
            directory,
            blobs,
            identity,
            company,
            proofs: Arc::default(),
            relay,
            chat: OnceLock::new(),
        }))
    }
}
