//! What every handler can reach.

use std::sync::Arc;
use std::time::Duration;

use super::rate_limit::Limits;
use crate::authority::Authority;
use crate::authority::journal::proof::Groups;
use crate::blobs::{BlobFolder, Bucket};
use crate::chat;
use crate::clock::Clock;
use crate::cluster::{Cluster, Secrets, Turn};
use crate::company::Company;
use crate::config::Config;
use crate::directory::Directory;
use crate::identity::Identity;
use crate::keys::Keys;
use crate::relay::{self, FanOut, Relay};
use crate::store::{Entry, Standing, Stop, Store, StoreError, WriteError, WriterLimits};

/// How often a server that comes to follow looks whether the one that writes has made the keys.
const AGAIN: Duration = Duration::from_millis(100);

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
    /// The other servers of the company, when it has several.
    pub(crate) cluster: Option<Cluster>,
    /// The chat platforms, once they are started.
    pub chat: chat::Current,
    /// How much each address and person may ask.
    pub limits: Limits,
}

/// The place of originals outside this machine, when there is one, once it was found to work.
async fn bucket(config: &Config) -> Result<Option<Bucket>, StoreError> {
    let Some(config) = config.bucket.clone() else { return Ok(None) };
    let opened =
        tokio::task::spawn_blocking(move || Bucket::open(&config).and_then(|bucket| bucket.try_out().map(|()| bucket)));
    let opened = opened.await.map_err(|_| StoreError::Interrupted)?;
    opened.map(Some).map_err(|error| StoreError::Originals(error.to_string()))
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
        let entry = config.cluster.as_ref().map_or(Entry::Alone, |cluster| Entry::Beside(cluster.address.clone()));
        let is_alone = entry == Entry::Alone;
        let store: Store<Authority> = Store::enter(&config.data, &config.database(), clock.clone(), &limits, entry)?;
        let blobs = if is_alone { BlobFolder::open(&config.data) } else { BlobFolder::open_shared(&config.data) }?;
        let blobs = blobs.with_bucket(bucket(&config).await?);
        let (keys, secrets) = own(&store, is_alone).await?;
        let cluster = secrets.map(|secrets| Cluster::new(secrets, store.writer.standing()));
        let fan_out = FanOut::default();
        let relay = Relay::open(&store, relay::Limits::default(), fan_out.clone()).await?;
        let identity = Identity::new(store.clone(), clock.clone(), &keys, &config, Arc::clone(&directory), fan_out);
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
            cluster,
            chat: chat::Current::default(),
        }))
    }

    /// Where something that needs the writer is done.
    pub(crate) async fn turn(&self) -> Turn {
        match &self.cluster {
            Some(cluster) => cluster.turn().await,
            None => Turn::Ours,
        }
    }
}

/// The server's own secrets, and those that it shares with others unless it is alone. A server that writes makes them;
/// one that follows waits until they are made.
async fn own(store: &Store<Authority>, is_alone: bool) -> Result<(Keys, Option<Secrets>), StoreError> {
    let standing = store.writer.standing();
    let mut told = false;
    loop {
        let is_leader = *standing.borrow() == Standing::Leads;
        if is_leader {
            let made = store.writer.run(move |turn| {
                let secrets = if is_alone { None } else { Some(Secrets::load_or_make(turn.connection)?) };
                Ok::<_, Stop<std::convert::Infallible>>((Keys::load_or_make(turn.connection)?, secrets))
            });
            match made.await {
                Ok(own) => return Ok(own),
                Err(WriteError::Unavailable) if !is_alone => {}
                Err(_) => return Err(StoreError::Interrupted),
            }
        } else {
            let made = store.readers.read(|connection| Ok(Keys::made(connection)?.zip(Secrets::made(connection)?)));
            if let Some((keys, secrets)) = made.await? {
                return Ok((keys, Some(secrets)));
            }
            if !told {
                tracing::info!("waiting for the keys that the server that writes makes");
            }
            told = true;
        }
        tokio::time::sleep(AGAIN).await;
    }
}
