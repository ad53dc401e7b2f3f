//! Random interleavings of taps, edits, decisions elsewhere, redeliveries, faults and restarts, over three platforms.
//!
//! Whatever happens in whatever order: a step is decided at most once, never on a revision that its approver did not see,
//! every tap gets an answer, and once the platforms work again every card shows how its question stands.

#[cfg(test)]
mod interleavings {
    use bot::ladder::{self, Known};
    use bot::outbox::{self, Row, RowState};
    use bot::surface::SendError;
    use bot::{ActionToken, CardAction, Platform, Secret, Tap, TokenKeys};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    const PLATFORMS: [Platform; 3] = [Platform::DingTalk, Platform::WeCom, Platform::Feishu];
    const DAY: u64 = 24 * 3_600_000;

    /// One thing that happens.
    #[derive(Debug, Clone)]
    enum Happening {
        /// Somebody presses a button of some card, delivered so many times.
        Tap { card: usize, approver: bool, reject: bool, times: u8 },
        /// The claimant edits: a new revision.
        Edit,
        /// Somebody decides in the app.
        Elsewhere,
        /// The outbox sends what is due; each send ends like this.
        Send(Fault),
        /// Time passes.
        Wait(u32),
        /// The server dies between a send and its result, and comes back.
        Restart,
    }

    #[derive(Debug, Clone, Copy)]
    enum Fault {
        None,
        /// The platform did it, but its answer was lost.
        Lost,
        /// The platform was down.
        Down,
        /// The rate or quota was used up.
        Quota,
    }

    fn happening() -> impl Strategy<Value = Happening> {
        let fault = prop_oneof![4 => Just(Fault::None), 1 => Just(Fault::Lost), 1 => Just(Fault::Down), 1 => Just(Fault::Quota)];
        prop_oneof![
            4 => (0..12_usize, any::<bool>(), any::<bool>(), 1..4_u8)
                .prop_map(|(card, approver, reject, times)| Happening::Tap { card, approver, reject, times }),
            1 => Just(Happening::Edit),
            1 => Just(Happening::Elsewhere),
            5 => fault.prop_map(Happening::Send),
            3 => (1..600_000_u32).prop_map(Happening::Wait),
            1 => Just(Happening::Restart),
        ]
    }

    /// A card as the world has it: what it was sent about, and what its phone shows.
    #[derive(Debug, Clone)]
    struct Card {
        key: String,
        revision: u32,
        /// `None` until it was delivered.
        shown: Option<String>,
    }

    /// A server and its platforms in memory.
    struct World {
        keys: TokenKeys,
        now: u64,
        revision: u32,
        /// Who decided, and the revision that they decided on.
        decided: Option<(String, u32)>,
        decisions: usize,
        cards: Vec<Card>,
        rows: BTreeMap<i64, Row>,
        version: u64,
    }

    impl World {
        fn new() -> Self {
            let mut world = Self {
                keys: TokenKeys::new([3; 32], None),
                now: 1_794_000_000_000,
                revision: 1,
                decided: None,
                decisions: 0,
                cards: Vec::new(),
                rows: BTreeMap::new(),
                version: 0,
            };
            world.changed();
            world
        }

        /// What a card says about its question now.
        fn truth(&self, card: &Card) -> String {
            match &self.decided {
                Some((by, revision)) if *revision == card.revision => format!("decided by {by}"),
                _ if card.revision != self.revision => format!("changed to {}", self.revision),
                _ => "pending".into(),
            }
        }

        /// Writes the rows that the transaction of a change writes.
        fn changed(&mut self) {
            self.version += 1;
            let keys: Vec<String> = self.cards.iter().map(|card| card.key.clone()).collect();
            for key in keys {
                self.queue(key, false);
            }
            if self.decided.is_none() {
                for platform in PLATFORMS {
                    let key = format!("{}-{}", platform.word(), self.revision);
                    if !self.cards.iter().any(|card| card.key == key) {
                        self.cards.push(Card { key: key.clone(), revision: self.revision, shown: None });
                        self.queue(key, true);
                    }
                }
            }
        }

        fn queue(&mut self, card: String, creates: bool) {
            let id = i64::try_from(self.rows.len()).unwrap() + 1;
            let next_at = if creates { self.now } else { self.now + 3_000 };
            let row = Row {
                id,
                card,
                version: self.version,
                creates,
                sends_once: true,
                queued_at: self.now,
                next_at,
                attempts: 0,
                lease_until: None,
                state: RowState::Waiting,
                last_error: None,
            };
            self.rows.insert(id, row);
        }

        fn store(&mut self, rows: Vec<Row>) {
            self.rows.extend(rows.into_iter().map(|row| (row.id, row)));
        }

        fn send(&mut self, fault: Fault, dies: bool) {
            let rows: Vec<Row> = self.rows.values().cloned().collect();
            let plan = outbox::next(self.now, 8, &rows);
            self.store(plan.settle);
            for send in plan.sends {
                self.store(std::iter::once(send.newest.clone()).chain(send.covers.clone()).collect());
                if matches!(fault, Fault::None | Fault::Lost) {
                    let card = self.cards.iter().position(|card| card.key == send.card).unwrap();
                    let truth = self.truth(&self.cards[card]);
                    self.cards[card].shown = Some(truth);
                }
                if dies {
                    continue;
                }
                let result = match fault {
                    Fault::None => Ok(()),
                    Fault::Lost => Err(SendError::Ambiguous("lost".into())),
                    Fault::Down => Err(SendError::Retry { after: None, reason: "503".into() }),
                    Fault::Quota => Err(SendError::QuotaExhausted("90020".into())),
                };
                let after = outbox::after(self.now, 128, send, &result);
                self.store(after);
            }
        }

        fn token(&self, card: &Card, action: CardAction) -> String {
            let token = ActionToken {
                request: "request".into(),
                step: 0,
                revision: card.revision,
                approver: "li".into(),
                action,
                expires_at: u64::MAX,
            };
            self.keys.sign(&token).unwrap()
        }

        /// One delivery of a tap: an answer, always.
        fn tap(&mut self, card: &Card, approver: bool, reject: bool) -> String {
            let action = if reject { CardAction::Reject } else { CardAction::Approve };
            let platform = Platform::DingTalk;
            let tap = Tap {
                platform,
                corporation: "c".into(),
                user: "u".into(),
                card: card.key.clone(),
                token: self.token(card, action),
                delivery_key: "1".into(),
                details: None,
                evidence: Secret::new("{}"),
            };
            let person = if approver { "li" } else { "zhang" };
            let known = Known { corporation: "c", person: Some(person), active: true, now: self.now };
            let token = match ladder::climb(&tap, &known, &self.keys, |_| Some(card.key.clone())) {
                Ok(token) => token,
                Err(stopped) => return stopped.code().to_owned(),
            };
            // The compare-and-set of the authority.
            if self.decided.is_some() {
                return "already".into();
            }
            if token.revision != self.revision {
                return "tap.changed".into();
            }
            self.decided = Some((person.to_owned(), token.revision));
            self.decisions += 1;
            self.changed();
            "applied".into()
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(
            std::env::var("SUANPAN_CHAT_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(400)
        ))]

        #[test]
        fn at_most_one_decision_and_every_card_ends_with_the_truth(
            happenings in prop::collection::vec(happening(), 1..60),
        ) {
            let mut world = World::new();
            for happening in happenings {
                match happening {
                    Happening::Tap { card, approver, reject, times } => {
                        let delivered: Vec<Card> = world.cards.iter().filter(|card| card.shown.is_some()).cloned().collect();
                        let Some(card) = delivered.get(card % delivered.len().max(1)) else { continue };
                        for _ in 0..times {
                            let before = world.decided.clone();
                            let answer = world.tap(card, approver, reject);
                            prop_assert!(!answer.is_empty(), "a tap is never silently ignored");
                            if world.decided != before {
                                prop_assert!(approver && answer == "applied");
                                prop_assert_eq!(card.revision, world.revision, "decided on what was not seen");
                            }
                        }
                    }
                    Happening::Edit => {
                        if world.decided.is_none() {
                            world.revision += 1;
                            world.changed();
                        }
                    }
                    Happening::Elsewhere => {
                        if world.decided.is_none() {
                            world.decided = Some(("wang".into(), world.revision));
                            world.decisions += 1;
                            world.changed();
                        }
                    }
                    Happening::Send(fault) => world.send(fault, false),
                    Happening::Wait(milliseconds) => world.now += u64::from(milliseconds),
                    Happening::Restart => world.send(Fault::None, true),
                }
                prop_assert!(world.decisions <= 1);
            }
            // The platforms work again. Less than the day after which a view is given up.
            let end = world.now + DAY / 2;
            while world.now < end {
                world.now += 60_000;
                world.send(Fault::None, false);
            }
            for card in &world.cards {
                prop_assert_eq!(card.shown.clone(), Some(world.truth(card)), "{} at {:?}", &card.key, &world.decided);
            }
            let waiting = world.rows.values().filter(|row| row.state == RowState::Waiting).count();
            prop_assert_eq!(waiting, 0, "nothing is forgotten");
            prop_assert!(world.rows.values().all(|row| row.state != RowState::Dead));
        }
    }
}
