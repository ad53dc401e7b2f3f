//! The world: people with devices around one relay, a network that loses, repeats and delays, and a
//! clock that only this world has.

use std::collections::BTreeMap;

use budget::{PersonId, RequestId, RequestState, Timestamp};
use sync::view::codes;
use sync::wire::{self, Audited, Batch, ClientFrame, ServerFrame};

use crate::device::Device;
use crate::hostile::Hostile;
use crate::random::Chance;
use crate::relay::Relay;

/// How much of everything there is, and what goes wrong.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) people: usize,
    pub(crate) devices: usize,
    pub(crate) steps: usize,
    /// Milliseconds that pass at most in one step.
    pub(crate) pause: usize,
    /// In a thousand steps: lost connections and kills.
    pub(crate) faults: u64,
    /// Whether there is a hostile peer, and whether people change offices, devices are revoked and
    /// backups restored.
    pub(crate) troubled: bool,
}

pub(crate) struct World {
    pub(crate) plan: Plan,
    pub(crate) chance: Chance,
    pub(crate) now: Timestamp,
    pub(crate) relay: Relay,
    pub(crate) devices: Vec<Device>,
    backup: Option<Relay>,
    pub(crate) restored: usize,
    /// Frames of connections that are gone and may still arrive.
    ghosts: Vec<(usize, Vec<u8>)>,
    pub(crate) hostile: Hostile,
}

pub(crate) fn person(number: usize) -> PersonId {
    let mut id = [7; 16];
    id[..8].copy_from_slice(&(number as u64).to_be_bytes());
    PersonId(id)
}

impl World {
    pub(crate) fn new(seed: u64, plan: Plan) -> Self {
        let mut chance = Chance::new(seed);
        let mut relay = Relay { epoch: chance.bytes::<16>().to_vec(), ..Relay::default() };
        let mut devices = Vec::new();
        for number in 0..plan.people {
            relay.managers.insert(person(number), person((number + 1) % plan.people));
            for _ in 0..plan.devices {
                let mut device = Device::new(person(number), chance.bytes());
                // Some clocks are off by days.
                device.skew =
                    if chance.happens(20) { i64::from(chance.bytes::<1>()[0]) * 3_600_000 - 400_000_000 } else { 0 };
                relay.devices.insert(device.replica.device(), (person(number), device.public()));
                devices.push(device);
            }
        }
        let hostile = Hostile::new(person(0), chance.bytes());
        relay.devices.insert(hostile.public().device(), (person(0), hostile.public()));
        let now = Timestamp(1_780_000_000_000);
        Self { plan, chance, now, relay, devices, backup: None, restored: 0, ghosts: Vec::new(), hostile }
    }

    /// Everything that is to happen, then peace until everybody is done.
    pub(crate) fn run(&mut self) {
        for _ in 0..self.plan.steps {
            self.step();
        }
        self.make_peace();
    }

    fn step(&mut self) {
        self.now = Timestamp(self.now.0 + i64::try_from(self.chance.below(self.plan.pause)).unwrap());
        let number = self.chance.below(self.devices.len());
        if self.plan.troubled && self.chance.happens(4) {
            let Self { hostile, relay, chance, now, .. } = self;
            hostile.attack(relay, chance, *now);
        }
        if self.chance.next() % 1_000 < self.plan.faults {
            self.fault(number);
            return;
        }
        match self.chance.below(100) {
            0..20 => self.act(number),
            20..40 => self.deliver_up(number),
            40..60 => self.deliver_down(number),
            60..75 => self.serve(number),
            75..90 => self.upload(number),
            _ => {
                let device = &mut self.devices[number];
                if device.link.is_none() && !device.purged {
                    device.connect();
                }
            }
        }
    }

    fn act(&mut self, number: usize) {
        let now = self.now;
        let (device, chance) = (&mut self.devices[number], &mut self.chance);
        if device.purged {
            return;
        }
        let requests: Vec<RequestId> = device.replica.requests().into_iter().collect();
        let me = device.replica.person();
        let is_mine = |device: &Device, id: RequestId| device.replica.claim(id).is_some_and(|claim| claim.owner == me);
        match (chance.below(12), chance.pick(&requests).copied()) {
            (0 | 1, Some(_)) | (_, None) => device.begin(RequestId(chance.bytes()), chance, now),
            (2..=4, Some(id)) if is_mine(device, id) => {
                let lines: Vec<_> = device.replica.claim(id).unwrap().lines.iter().map(|line| line.id).collect();
                let line = chance.pick(&lines).copied().unwrap_or(budget::LineId(chance.bytes()));
                device.line(id, line, chance, now);
            }
            (5 | 6, Some(id)) if is_mine(device, id) => device.submit(id, chance, now),
            (5..=7, Some(id)) if device.replica.status(id).is_some_and(|status| status.needs(me)) => {
                device.decide(id, chance, now);
            }
            (8, Some(id)) => device.comment(id, chance, now),
            (9, _) if chance.happens(30) => device.prefer(chance, now),
            (10, Some(id))
                if is_mine(device, id)
                    && chance.happens(20)
                    && device.replica.status(id).is_some_and(|status| status.state == RequestState::InApproval) =>
            {
                device.withdraw(id, chance, now);
            }
            (11, _) => device.settle_refused(chance, now),
            _ => {}
        }
        device.pump();
    }

    fn fault(&mut self, number: usize) {
        match self.chance.below(20) {
            0..=4 => {
                self.cut(number);
                if !self.devices[number].purged {
                    self.devices[number].kill();
                }
            }
            5 | 6 if self.plan.troubled => {
                let (who, manager) = (self.chance.below(self.plan.people), self.chance.below(self.plan.people));
                if who != manager {
                    self.relay.appoint(person(who), person(manager), self.now);
                }
            }
            7 if self.plan.troubled => {
                if self.backup.is_none() {
                    self.backup = Some(self.relay.clone());
                } else if self.chance.happens(20) {
                    self.restore();
                }
            }
            8 if self.plan.troubled && self.chance.happens(20) => {
                let device = self.devices[number].replica.device();
                // Nobody is left without a device, so that what they wrote stays somebody's.
                let person = self.devices[number].replica.person();
                let left = self.devices.iter().filter(|other| {
                    other.replica.person() == person && !self.relay.revoked.contains(&other.replica.device())
                });
                if left.count() > 1 {
                    self.relay.revoked.insert(device);
                    self.cut(number);
                }
            }
            _ => self.cut(number),
        }
    }

    /// The relay's disk is gone; a backup takes its place under a new epoch.
    fn restore(&mut self) {
        let Some(backup) = self.backup.take() else { return };
        // People and their keys are administered elsewhere.
        let (devices, revoked, managers) =
            (self.relay.devices.clone(), self.relay.revoked.clone(), self.relay.managers.clone());
        self.relay = Relay { devices, revoked, managers, epoch: self.chance.bytes::<16>().to_vec(), ..backup };
        self.restored += 1;
        self.ghosts.clear();
        for number in 0..self.devices.len() {
            self.devices[number].disconnect();
            self.devices[number].send_files_again();
        }
    }

    fn cut(&mut self, number: usize) {
        let lost = self.devices[number].disconnect();
        for frame in lost {
            // It was in the network's hands: it may arrive later, in any order, or twice.
            for _ in 0..self.chance.below(3) {
                self.ghosts.push((number, frame.clone()));
            }
        }
    }

    fn deliver_up(&mut self, number: usize) {
        if !self.ghosts.is_empty() && self.chance.happens(30) {
            let ghost = self.chance.below(self.ghosts.len());
            let (from, bytes) = self.ghosts.swap_remove(ghost);
            if let Ok(ClientFrame::Push(push)) = wire::decode(&bytes) {
                let device = self.devices[from].replica.device();
                // Nobody hears the answer.
                drop(self.relay.push(device, push, self.now));
            }
            return;
        }
        let Some(link) = &mut self.devices[number].link else { return };
        let Some(bytes) = link.up.pop_front() else { return };
        match wire::decode(&bytes).unwrap() {
            ClientFrame::Hello(hello) => self.greet(number, &hello),
            ClientFrame::Push(push) => {
                let device = self.devices[number].replica.device();
                let answers = self.relay.push(device, push, self.now);
                let link = self.devices[number].link.as_mut().unwrap();
                for answer in answers {
                    if let (ServerFrame::Ack(ack), Some(session)) = (&answer, &mut link.session) {
                        session.own.extend(ack.admitted.iter().map(|hash| hash.0));
                    }
                    link.down.push_back(wire::encode(&answer));
                }
            }
            ClientFrame::Want(document) => {
                let person = self.devices[number].replica.person();
                let items = self.relay.whole(person, &document);
                self.tell(number, &ServerFrame::Batch(Batch { items, cursor: 0 }));
            }
            ClientFrame::Ping(fence) => self.tell(number, &ServerFrame::Pong(fence)),
            ClientFrame::Audit(root) => {
                // What is new goes out first, so that both count the same.
                self.serve(number);
                let person = self.devices[number].replica.person();
                for frame in Audited::frames(&root, &self.relay.inventory(person)) {
                    self.tell(number, &frame);
                }
            }
        }
    }

    fn deliver_down(&mut self, number: usize) {
        let twice = self.chance.happens(3);
        let device = &mut self.devices[number];
        let Some(bytes) = device.link.as_mut().and_then(|link| link.down.pop_front()) else { return };
        device.receive(&bytes);
        if twice && !device.purged {
            device.receive(&bytes);
        }
    }

    /// A piece of a file goes up; the piece or its answer may be lost.
    fn upload(&mut self, number: usize) {
        let device = &mut self.devices[number];
        if device.link.is_none() {
            return;
        }
        let Some((hash, offset)) = device.uploads.iter().next().map(|(hash, offset)| (*hash, *offset)) else { return };
        let bytes = device.files.get(&hash).cloned().unwrap_or_default();
        let faulty = self.plan.faults > 0;
        if faulty && self.chance.happens(10) {
            return;
        }
        let end = (offset + 1 + self.chance.below(2_000)).min(bytes.len());
        let mut piece = bytes.get(offset..end).unwrap_or_default().to_vec();
        if faulty
            && self.chance.happens(5)
            && let Some(byte) = piece.first_mut()
        {
            // Damaged on its way: the whole file is refused at its end and sent anew.
            *byte ^= 1;
        }
        let stands = self.relay.upload(hash, offset, &piece, end == bytes.len());
        if faulty && self.chance.happens(10) {
            return;
        }
        if stands >= bytes.len() {
            device.uploads.remove(&hash);
            device.pump();
        } else {
            device.uploads.insert(hash, stands);
        }
    }

    /// Nothing goes wrong any more: everybody connects and works until nobody has anything to say.
    fn make_peace(&mut self) {
        self.plan.faults = 0;
        self.ghosts.clear();
        for number in 0..self.devices.len() {
            self.devices[number].disconnect();
            if !self.devices[number].purged {
                self.devices[number].connect();
            }
        }
        for round in 0.. {
            assert!(round < 2_000, "the world never comes to rest");
            self.now = Timestamp(self.now.0 + 1_000);
            let mut busy = false;
            for number in 0..self.devices.len() {
                while self.devices[number].link.as_ref().is_some_and(|link| !link.up.is_empty()) {
                    busy = true;
                    self.deliver_up_quietly(number);
                }
                self.serve(number);
                while self.devices[number].link.as_ref().is_some_and(|link| !link.down.is_empty()) {
                    busy = true;
                    self.deliver_down(number);
                }
                while self.devices[number].link.is_some() && !self.devices[number].uploads.is_empty() {
                    busy = true;
                    self.upload(number);
                }
                self.devices[number].pump();
                busy |= self.devices[number].link.as_ref().is_some_and(|link| !link.up.is_empty());
            }
            if !busy {
                break;
            }
        }
    }

    pub(crate) fn deliver_up_quietly(&mut self, number: usize) {
        debug_assert!(self.ghosts.is_empty());
        self.deliver_up(number);
    }

    /// The devices that are honest and were not taken out.
    pub(crate) fn honest(&self) -> impl Iterator<Item = &Device> {
        self.devices.iter().filter(|device| !device.purged && !self.relay.revoked.contains(&device.replica.device()))
    }

    /// What every device has of refusals that name a file which is missing.
    pub(crate) fn codes(&self) -> BTreeMap<String, usize> {
        let mut codes: BTreeMap<String, usize> = BTreeMap::new();
        for (_, work) in self.devices.iter().flat_map(|device| device.replica.refused()) {
            *codes.entry(work.code.clone()).or_default() += 1;
        }
        debug_assert!(codes.keys().all(|code| code != codes::BAD_SIGNATURE));
        codes
    }
}
