//! The demo company's year: who claimed what, and what became of it.

mod script;

use crate::store::sql::Connection;
use budget::{Date, Money, PersonId, RequestId, RequestState, Timestamp};
use sync::document::CommentId;
use sync::record::Verb;
use sync::{DocumentKey, Edit, Field, Place, Scalar};

use super::claim::{Draft, DraftInvoice, DraftLine};
use super::company::{self, person};
use super::invoice::{self, Invoice};
use super::stage::{Hand, Stage, StageError};
use crate::authority::Authority;
use crate::blobs::{self, BlobFolder};
use script::{Fate, SCENES, Scene, Spent, Within};

/// An hour in milliseconds.
const HOUR: i64 = 3_600_000;
/// China Standard Time, in milliseconds ahead of UTC.
const CHINA: i64 = 8 * HOUR;

/// The company's first day: the year's first.
pub(super) fn start_of(today: Date) -> Timestamp {
    morning(Date::new(today.year(), 1, 1).unwrap_or(today)).plus(-2 * HOUR)
}

/// Ten o'clock in China.
fn morning(day: Date) -> Timestamp {
    Timestamp(day.days().saturating_mul(24 * HOUR)).plus(10 * HOUR - CHINA)
}

/// Plays every scene, oldest first.
pub(super) fn play(
    authority: &mut Authority,
    connection: &Connection,
    blobs: &BlobFolder,
    hands: &[Hand],
    now: Timestamp,
) -> Result<(), StageError> {
    let mut play = Play {
        stage: Stage { authority, connection },
        blobs,
        hands,
        today: now.china_date(),
        end: now,
        clock: start_of(now.china_date()),
        serial: 0,
    };
    SCENES.iter().try_for_each(|scene| play.scene(scene))
}

struct Play<'a> {
    stage: Stage<'a>,
    blobs: &'a BlobFolder,
    hands: &'a [Hand],
    today: Date,
    end: Timestamp,
    clock: Timestamp,
    serial: u32,
}

impl<'a> Play<'a> {
    /// The day of a scene, kept inside the year or quarter of today.
    fn day(&self, scene: &Scene) -> Date {
        let first_month = match scene.within {
            Within::Year => 1,
            Within::Quarter => self.today.quarter() * 3 - 2,
        };
        let first = Date::new(self.today.year(), first_month, 1).unwrap_or(self.today);
        Date::from_days(self.today.days() - scene.days_ago).max(first)
    }

    /// Moves the clock on: never back, and not beyond the present while there is room.
    fn wait_until(&mut self, wanted: Timestamp) -> Timestamp {
        self.clock = wanted.min(self.end).max(self.clock.plus(1_000));
        self.clock
    }

    fn later(&mut self, hours: i64) -> Timestamp {
        self.wait_until(self.clock.plus(hours * HOUR))
    }

    fn hand(&self, id: PersonId) -> Result<&'a Hand, StageError> {
        let found = self.hands.iter().find(|hand| hand.person == id);
        found.ok_or_else(|| StageError::Content(format!("nobody is {id}")))
    }

    fn scene(&mut self, scene: &Scene) -> Result<(), StageError> {
        let day = self.day(scene);
        let now = self.wait_until(morning(day));
        let claimant = self.hand(person(scene.claimant))?;
        let id = Draft::mint(now)?;
        let draft = self.draft(scene, claimant, day, now)?;
        self.stage.write(claimant, now, DocumentKey::Claim(id), &draft.edits(now, claimant.person)?)?;
        if scene.fate == Fate::Draft {
            return Ok(());
        }
        let now = self.later(1);
        self.stage.submit(claimant, now, id)?;
        match scene.fate {
            Fate::Draft => {}
            Fate::Waits => self.comment(claimant, id, scene.reason)?,
            Fate::WaitsAfter(steps) => {
                for _ in 0..steps {
                    self.approve(id)?;
                }
            }
            Fate::Approved => self.approve_all(id)?,
            Fate::Paid => {
                self.approve_all(id)?;
                let now = self.later(20);
                self.stage.pay(self.hand(person("chuna"))?, now, id)?;
            }
            Fate::Rejected => self.decide(id, Verb::Reject, scene.reason)?,
            Fate::Returned => self.decide(id, Verb::Return, scene.reason)?,
            Fate::OverBudget => self.expect(id, RequestState::OverBudget)?,
        }
        Ok(())
    }

    fn draft(&mut self, scene: &Scene, claimant: &Hand, day: Date, now: Timestamp) -> Result<Draft, StageError> {
        let mut lines = Vec::new();
        for spent in scene.lines {
            let amount = Money::from_fen(spent.fen);
            let invoice = match spent.seller {
                Some(seller) => Some(self.invoice(spent, seller, claimant, day, now)?),
                None => None,
            };
            lines.push(DraftLine {
                description: spent.what.into(),
                date: day,
                amount,
                account: spent.account.into(),
                project: scene.project.map(str::to_owned),
                invoice,
            });
        }
        Ok(Draft {
            title: scene.title.into(),
            purpose: scene.purpose.into(),
            department: scene.department.into(),
            lines,
        })
    }

    /// Makes the file, keeps it as an original and reads it.
    fn invoice(
        &mut self,
        spent: &Spent,
        seller: &str,
        claimant: &Hand,
        day: Date,
        now: Timestamp,
    ) -> Result<DraftInvoice, StageError> {
        self.serial += 1;
        let tax_id = company::tax_id();
        let made = Invoice {
            serial: self.serial,
            issued_on: day,
            seller,
            buyer: (company::NAME, &tax_id),
            item: spent.item,
            total: Money::from_fen(spent.fen),
        };
        let xml = made.xml()?;
        let kept = self.blobs.keep(xml.as_bytes()).map_err(|error| StageError::Content(error.to_string()))?;
        blobs::record(self.stage.connection, &kept, claimant.person, now)?;
        Ok(DraftInvoice {
            blob: kept.sha256,
            size: kept.size,
            file_name: made.file_name(),
            reading: invoice::read(&xml, self.today)?,
        })
    }

    /// Whoever decides the open step agrees.
    fn approve(&mut self, id: RequestId) -> Result<(), StageError> {
        self.decide(id, Verb::Approve, "")
    }

    fn approve_all(&mut self, id: RequestId) -> Result<(), StageError> {
        while self.state(id) == Some(RequestState::InApproval) {
            self.approve(id)?;
        }
        self.expect(id, RequestState::Approved)
    }

    fn decide(&mut self, id: RequestId, verb: Verb, reason: &str) -> Result<(), StageError> {
        let now = self.later(3);
        // Time has passed: a delegation may have begun.
        self.stage.authority.tick(self.stage.connection, now)?;
        let decider = self.stage.authority.request(id).and_then(|request| request.view.deciders.first().cloned());
        let decider = decider.ok_or_else(|| StageError::Content(format!("nobody decides {id}")))?;
        self.stage.decide(self.hand(decider.person)?, now, id, verb, reason)?;
        Ok(())
    }

    fn state(&self, id: RequestId) -> Option<RequestState> {
        self.stage.authority.request(id).map(|request| request.view.state)
    }

    fn expect(&self, id: RequestId, state: RequestState) -> Result<(), StageError> {
        match self.state(id) {
            Some(found) if found == state => Ok(()),
            found => Err(StageError::Content(format!("request {id} is {found:?}, not {state:?}"))),
        }
    }

    /// A word to the approver, if there is one.
    fn comment(&mut self, hand: &Hand, id: RequestId, words: &str) -> Result<(), StageError> {
        if words.is_empty() {
            return Ok(());
        }
        let now = self.later(1);
        let values = vec![
            (Field::CommentBy, Scalar::Text(hand.person.to_string())),
            (Field::CommentAt, Scalar::Integer(now.0)),
            (Field::CommentText, Scalar::Text(words.to_owned())),
        ];
        let place = Place::Comment(CommentId { actor: hand.actor(), number: 1 });
        self.stage.write(hand, now, DocumentKey::Thread(id), &[Edit::CreateThread, Edit::Put { place, values }])
    }
}
