//! The program: one message after the other, what is told to the page, what is written to the disk.

use std::cell::RefCell;
use std::collections::{BTreeSet, VecDeque};
use std::rc::Rc;

use budget::{PersonId, RequestId};
use sync::replica::{Event, Writes};
use sync::{Replica, Shown};

use super::rows;
use super::word::{Ask, Tell};
use crate::device::key::DeviceKey;
use crate::device::leader::Channel;
use crate::device::queue::{Outcome, Queue};
use crate::device::store::{self, Write};
use crate::device::{scope, task};

/// What the program has of one person.
pub(super) struct Keeper {
    pub(super) person: PersonId,
    pub(super) key: DeviceKey,
    pub(super) held: RefCell<Held>,
    queue: Queue,
}

/// What moves.
pub(super) struct Held {
    pub(super) replica: Replica,
    /// Every intent up to this number was done.
    pub(super) done: u64,
    channel: Option<Channel>,
}

/// Messages wait here while one is being worked on.
#[derive(Default)]
struct Inbox {
    waiting: RefCell<VecDeque<Ask>>,
    working: RefCell<bool>,
    keeper: RefCell<Option<Rc<Keeper>>>,
}

/// Starts to listen to the page.
pub(crate) fn start() {
    let inbox = Rc::new(Inbox::default());
    scope::listen(move |bytes| match minicbor::decode::<Ask>(&bytes) {
        Ok(ask) => {
            inbox.waiting.borrow_mut().push_back(ask);
            if !inbox.working.replace(true) {
                task::spawn(work(Rc::clone(&inbox)));
            }
        }
        Err(error) => task::log(&format!("the page said something that is not understood: {error}")),
    });
}

async fn work(inbox: Rc<Inbox>) {
    loop {
        let next = inbox.waiting.borrow_mut().pop_front();
        let Some(ask) = next else {
            inbox.working.replace(false);
            return;
        };
        if let Ask::Open { login, device, person } = ask {
            let opened = Keeper::open(&login, device, person).await;
            inbox.keeper.replace(opened);
            continue;
        }
        let keeper = inbox.keeper.borrow().clone();
        if let Some(keeper) = keeper {
            keeper.hear(ask).await;
        }
    }
}

/// Says something to the page.
pub(super) fn tell(words: &[Tell]) {
    scope::post(&minicbor::to_vec(words).unwrap_or_default());
}

impl Keeper {
    pub(super) fn new(person: PersonId, key: DeviceKey, replica: Replica) -> Rc<Self> {
        let queue = Queue::new(|outcome| match outcome {
            Outcome::Failed(code) => tell(&[Tell::Trouble(code.to_owned())]),
            Outcome::Mended => tell(&[Tell::Trouble(String::new())]),
            Outcome::Written => tell(&[Tell::Written]),
            Outcome::Busy | Outcome::Idle => {}
        });
        let keeper = Rc::new(Self { person, key, held: RefCell::new(Held { replica, done: 0, channel: None }), queue });
        let listening = Rc::downgrade(&keeper);
        let channel = Channel::join("suanpan-rows", move |word| {
            if let Some(keeper) = listening.upgrade() {
                task::spawn(keeper.hear_tab(word));
            }
        });
        keeper.held.borrow_mut().channel = Some(channel);
        keeper
    }

    async fn hear(self: Rc<Self>, ask: Ask) {
        match ask {
            Ask::Open { .. } => {}
            Ask::Do { number, intent } => self.take(number, intent).await,
            Ask::Greet { connection, token } => self.greet(connection, &token),
            Ask::Frame { connection, bytes } => self.receive(connection, &bytes),
            Ask::Push { connection } => self.push(connection),
            Ask::Ping { connection, number } => Self::ping(connection, number),
            Ask::Lost => self.held.borrow_mut().replica.disconnected(),
        }
    }

    /// One request as it is shown now.
    pub(super) fn shown(&self, request: RequestId) -> Shown {
        Shown::of(&self.held.borrow().replica, request)
    }

    /// Tells the page how these requests are now.
    pub(super) fn tell_requests(&self, requests: &BTreeSet<RequestId>) {
        let held = self.held.borrow();
        let shown = requests.iter().map(|request| Shown::of(&held.replica, *request)).collect();
        tell(&[Tell::Requests { done: held.done, requests: shown }]);
    }

    /// Tells the page what these events changed; the requests among it.
    pub(super) fn tell_events(&self, events: &[Event]) -> BTreeSet<RequestId> {
        let mut requests = BTreeSet::new();
        {
            let held = self.held.borrow();
            for event in events {
                match event {
                    Event::Document(key) => requests.extend(key.request()),
                    Event::Status(request) => drop(requests.insert(*request)),
                    Event::View(name) => {
                        if let Some(view) = held.replica.view(name) {
                            tell(&[Tell::View(view.clone())]);
                        }
                    }
                    Event::Refused(order) => {
                        let refused = held.replica.refused().find(|(other, _)| other == order);
                        requests.extend(refused.and_then(|(_, work)| work.request()));
                    }
                    Event::UpToDate | Event::Closing(_) | Event::Alive => {}
                }
            }
        }
        if !requests.is_empty() {
            self.tell_requests(&requests);
        }
        requests
    }

    /// Keeps rows of the replica, and how these requests are shown, in one transaction; then tells the other tabs.
    pub(super) fn keep(
        self: &Rc<Self>,
        writes: Writes,
        requests: &BTreeSet<RequestId>,
    ) -> impl Future<Output = ()> + use<> {
        let mut batch = Vec::with_capacity(writes.put.len() + writes.delete.len() + requests.len());
        let put: Vec<String> = writes.put.iter().map(|(key, _)| key.clone()).collect();
        for key in &writes.delete {
            batch.push(Write::Delete(rows::store_of(key), rows::own(self.person, key)));
        }
        for (key, value) in writes.put {
            batch.push(Write::put(rows::store_of(&key), rows::own(self.person, &key), value));
        }
        batch.extend(requests.iter().map(|request| rows::keep_shown(self.person, &self.shown(*request))));
        let written = self.queue.write(batch);
        let keeper = Rc::clone(self);
        async move {
            written.await;
            keeper.tell_tabs(&put, &writes.delete);
        }
    }

    /// Gives writes to the disk without waiting.
    pub(super) fn write(&self, batch: Vec<Write>) {
        drop(self.queue.write(batch));
    }

    /// The device's signature. A browser that fails to sign is asked again: the change is on the screen already.
    pub(super) async fn sign(&self, message: &[u8]) -> Vec<u8> {
        loop {
            match self.key.sign(message).await {
                Ok(signature) => return signature.to_vec(),
                Err(error) => {
                    task::log(&format!("the browser did not sign: {error}"));
                    tell(&[Tell::Trouble(error.code().to_owned())]);
                    task::sleep(2_000).await;
                }
            }
        }
    }

    fn tell_tabs(&self, put: &[String], deleted: &[String]) {
        if put.is_empty() && deleted.is_empty() {
            return;
        }
        if let Ok(word) = serde_json::to_string(&(self.person.to_string(), put, deleted))
            && let Some(channel) = &self.held.borrow().channel
        {
            channel.say(&word);
        }
    }

    /// Takes over what another tab wrote.
    async fn hear_tab(self: Rc<Self>, word: String) {
        type Told = (String, Vec<String>, Vec<String>);
        let Ok((person, put, deleted)) = serde_json::from_slice::<Told>(word.as_bytes()) else {
            return;
        };
        if person != self.person.to_string() {
            return;
        }
        let mut rows = Vec::with_capacity(put.len());
        for key in put {
            if let Ok(Some(bytes)) = store::get(rows::store_of(&key), &rows::own(self.person, &key)).await {
                rows.push((key, bytes.to_vec()));
            }
        }
        let events = self.held.borrow_mut().replica.adopt(rows, &deleted);
        self.tell_events(&events);
        // What another tab did waits here as well; the page that leads sends it.
        tell(&[Tell::Adopted]);
    }
}
