//! What whoever keeps rows has to do: one history of steps that every store is led through, on a device and on a server.
//!
//! Promise: a store that passes keeps a batch whole or not at all, keeps its changes in their order, finds what is under a prefix in
//! the order of the keys and nothing beside it, gives bytes back as they were, and has it all after it was opened anew.
//! The history is made from a seed, so that what failed can be tried again, and begins with the cases that stores are known to get
//! wrong: capitals, characters that mean something to `LIKE`, a prefix that is also a key, empty values, names that are not
//! ASCII.

use std::collections::BTreeMap;

/// One change of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Keeps bytes under a key, over what was there.
    Put(String, Vec<u8>),
    /// Removes a key; it need not be there.
    Delete(String),
    /// Removes every key that starts with this.
    DeletePrefix(String),
}

/// What is done next, or what has to be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// All of it is kept, in this order, when the store says so.
    Write(Vec<Change>),
    /// The batch is begun and given up after its last change: nothing of it stays.
    GiveUp(Vec<Change>),
    /// The store is closed and opened again.
    Reopen,
    /// These rows are under the prefix, in this order, and no others.
    Find(String, Vec<(String, Vec<u8>)>),
    /// This is under the key, or nothing is.
    Get(String, Option<Vec<u8>>),
}

/// How many batches of a seed follow the chosen ones.
const BATCHES: usize = 60;
/// The most changes of a batch.
const MOST_CHANGES: u16 = 12;

/// Parts of keys. The order is that of their characters, as in every store of ours.
const PARTS: [&str; 12] = ["%", "-", "0", "10", "9", "A", "Z", "_", "a", "ab", "z", "票"];

/// The history of a seed.
#[must_use]
pub fn steps(seed: u64) -> Vec<Step> {
    let mut history = History { rows: BTreeMap::new(), steps: Vec::new(), state: seed };
    history.chosen();
    for _ in 0..BATCHES {
        history.batch();
    }
    history.reopen();
    history.steps
}

struct History {
    /// What a store that does as it should holds now.
    rows: BTreeMap<String, Vec<u8>>,
    steps: Vec<Step>,
    state: u64,
}

impl History {
    fn chosen(&mut self) {
        let put = |key: &str, bytes: &[u8]| Change::Put(key.to_owned(), bytes.to_vec());
        self.find("");
        self.write(Vec::new());
        // The keys come back in their order, whatever order they went in.
        let keys = [
            "claim/1/b",
            "claim/10/a",
            "claim/1",
            "claim/1/a",
            "claim/1/B",
            "claim/1_a",
            "claim/1%",
            "claim/票",
            "Claim/1/a",
        ];
        self.write(keys.iter().map(|key| put(key, key.as_bytes())).collect());
        for prefix in ["claim/1/", "claim/1", "claim/1_", "claim/1%", "claim/票", "Claim/", "c", "claim/2", ""] {
            self.find(prefix);
        }
        // Of two changes of one key the last one counts, within a batch too.
        self.write(vec![put("claim/1", b"one"), put("claim/1", b"two"), Change::Delete("claim/10/a".to_owned())]);
        self.write(vec![
            Change::Delete("claim/1".to_owned()),
            put("claim/1", b"three"),
            Change::Delete("nobody".to_owned()),
        ]);
        self.write(vec![put("gone/1", b"x"), Change::DeletePrefix("gone/".to_owned()), put("gone/2", b"y")]);
        // Bytes are bytes.
        self.write(vec![put("bytes/none", b""), put("bytes/all", &(0..=u8::MAX).collect::<Vec<_>>())]);
        self.write(vec![put("bytes/many", &vec![0xa5; 1 << 20])]);
        self.give_up(vec![put("claim/1", b"four"), put("new", b"x"), Change::DeletePrefix(String::new())]);
        self.find("");
        self.write((0..500).map(|number| put(&format!("many/{number:04}"), &[7; 40])).collect());
        self.find("many/");
        self.write(vec![Change::DeletePrefix("claim/1_".to_owned()), Change::DeletePrefix("many/".to_owned())]);
        self.reopen();
    }

    fn batch(&mut self) {
        let many = 1 + self.below(MOST_CHANGES);
        let changes: Vec<Change> = (0..many).map(|_| self.change()).collect();
        match self.below(10) {
            0 => self.give_up(changes),
            1 => {
                self.write(changes);
                self.reopen();
            }
            _ => self.write(changes),
        }
        let prefix = self.key();
        self.find(&prefix);
        let key = self.key();
        self.steps.push(Step::Get(key.clone(), self.rows.get(&key).cloned()));
    }

    fn change(&mut self) -> Change {
        let key = self.key();
        match self.below(8) {
            0 => Change::DeletePrefix(key),
            1 | 2 => Change::Delete(key),
            _ => {
                let long = self.below(300);
                Change::Put(key, (0..long).map(|_| self.below(256).to_le_bytes()[0]).collect())
            }
        }
    }

    fn key(&mut self) -> String {
        let parts = 1 + self.below(3);
        let part =
            |history: &mut Self| PARTS.into_iter().cycle().nth(usize::from(history.below(12))).unwrap_or_default();
        (0..parts).map(|_| part(self)).collect::<Vec<_>>().join("/")
    }

    fn write(&mut self, changes: Vec<Change>) {
        for change in &changes {
            match change {
                Change::Put(key, bytes) => drop(self.rows.insert(key.clone(), bytes.clone())),
                Change::Delete(key) => drop(self.rows.remove(key)),
                Change::DeletePrefix(prefix) => self.rows.retain(|key, _| !key.starts_with(prefix.as_str())),
            }
        }
        self.steps.push(Step::Write(changes));
    }

    fn give_up(&mut self, changes: Vec<Change>) {
        self.steps.push(Step::GiveUp(changes));
        self.find("");
    }

    fn reopen(&mut self) {
        self.steps.push(Step::Reopen);
        self.find("");
    }

    fn find(&mut self, prefix: &str) {
        let under = self.rows.iter().filter(|(key, _)| key.starts_with(prefix));
        self.steps
            .push(Step::Find(prefix.to_owned(), under.map(|(key, bytes)| (key.clone(), bytes.clone())).collect()));
    }

    /// SplitMix64, so that a seed is the same history on every machine.
    fn below(&mut self, limit: u16) -> u16 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        u16::try_from((mixed ^ (mixed >> 31)) % u64::from(limit)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_one_history_and_every_kind_of_step_is_in_it() {
        let history = steps(7);
        assert_eq!(history, steps(7));
        assert_ne!(history, steps(8));
        let count = |kind: fn(&Step) -> bool| history.iter().filter(|step| kind(step)).count();
        assert!(count(|step| matches!(step, Step::Write(_))) > 30);
        assert!(count(|step| matches!(step, Step::GiveUp(_))) > 1);
        assert!(count(|step| matches!(step, Step::Reopen)) > 2);
        assert!(count(|step| matches!(step, Step::Find(_, rows) if !rows.is_empty())) > 30);
        assert!(count(|step| matches!(step, Step::Get(_, Some(_)))) > 0);
    }
}
