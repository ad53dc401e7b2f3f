//! A company at work: three claims, two approvers on three platforms, and everything that may happen to them.

mod cards;

use crate::office::stage::{decisions, person, view};
use budget::{PersonId, RequestId, RequestState};
use cards::{Button, Question};
use futures_util::future::join_all;
use server::demo::person as id;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;
use sync::record::Verb;
use tests::botsim::CallFault;
use tests::botsim::dingtalk::{Call, Fault as Broken};
use tests::device::Device;
use tests::fault::{Fault, Result};
use tests::office::Office;

/// Who has a card where.
const BINDINGS: [(&str, &str); 3] = [
    ("dingtalk", "boss=wangqiang,money=caiwu"),
    ("wecom", "boss=wangqiang"),
    ("feishu", "ou_boss=wangqiang,ou_money=caiwu"),
];

/// What happened, so that a world in which little did is noticed.
#[derive(Debug, Clone, Default)]
pub(super) struct Counts {
    steps: u32,
    taps: u32,
    races: u32,
    edits: u32,
    elsewhere: u32,
    faults: u32,
    restarts: u32,
    decisions: usize,
}

impl fmt::Display for Counts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { steps, taps, races, edits, elsewhere, faults, restarts, decisions } = self;
        write!(
            formatter,
            "{steps} steps: {taps} taps, {races} races, {edits} edits, {elsewhere} decisions in the app, {faults} faults, \
             {restarts} restarts; {decisions} decisions"
        )
    }
}

/// A company in which things happen.
pub(super) struct World {
    /// Gone only while the server is being restarted.
    office: Option<Office>,
    clerk: Device,
    approvers: BTreeMap<PersonId, (&'static str, Device)>,
    requests: Vec<RequestId>,
    /// Every button that a phone ever showed.
    buttons: Vec<Button>,
    amount: i64,
    random: u64,
    counts: Counts,
}

impl World {
    pub(super) async fn open(seed: u64) -> Result<Self> {
        let office = Office::open(&BINDINGS, &[]).await?;
        let clerk = person(&office, "zhangwei").await?;
        let mut approvers = BTreeMap::new();
        for login in ["wangqiang", "caiwu"] {
            approvers.insert(id(login), (login, person(&office, login).await?));
        }
        let mut world = Self {
            office: Some(office),
            clerk,
            approvers,
            requests: Vec::new(),
            buttons: Vec::new(),
            amount: 200_000,
            random: seed,
            counts: Counts::default(),
        };
        for number in 0..3 {
            let amount = world.new_amount();
            let request = world.clerk.claim(&format!("出差 {number}"), "MKT", "TRAVEL", amount)?;
            world.hand_in(request).await?;
            world.requests.push(request);
        }
        Ok(world)
    }

    fn office(&self) -> Result<&Office> {
        self.office.as_ref().ok_or_else(|| Fault::new("the server is not running"))
    }

    /// SplitMix64.
    fn below(&mut self, bound: usize) -> usize {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.random ^ (self.random >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) % u64::try_from(bound.max(1)).unwrap_or(1)).unwrap_or_default()
    }

    fn one_of<T: Clone>(&mut self, all: &[T]) -> Option<T> {
        let index = self.below(all.len());
        all.get(index).cloned()
    }

    /// Each amount is another one, so that a revision is known by what its card says.
    fn new_amount(&mut self) -> i64 {
        self.amount += 100;
        self.amount
    }

    async fn hand_in(&mut self, request: RequestId) -> Result<()> {
        self.clerk.submit(request)?;
        self.clerk.push().await?;
        self.clerk.state(request, RequestState::InApproval).await?;
        Ok(())
    }

    /// Lets one thing happen, and checks what must hold after everything.
    pub(super) async fn step(&mut self) -> Result<()> {
        self.counts.steps += 1;
        self.look().await?;
        match self.below(20) {
            0..=7 => self.tap().await?,
            8..=10 => self.race().await?,
            11..=12 => self.edit().await?,
            13 => self.elsewhere().await?,
            14..=16 => self.breaks().await?,
            17..=18 => {
                let seconds = self.below(90);
                self.office()?.advance(Duration::from_secs(u64::try_from(seconds).unwrap_or_default()));
                tokio::time::sleep(Duration::from_millis(60)).await;
            }
            _ => self.restart().await?,
        }
        self.check_decisions().await
    }

    /// Looks at every phone, and remembers its buttons for ever.
    async fn look(&mut self) -> Result<()> {
        // Something to press, unless everything is broken just now.
        for _ in 0..20 {
            for button in cards::buttons(self.office()?) {
                if !self.buttons.contains(&button) {
                    self.buttons.push(button);
                }
            }
            if !self.buttons.is_empty() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    /// Somebody presses a button, now and then one of long ago, once or as often as the platform repeats itself.
    async fn tap(&mut self) -> Result<()> {
        let Some(button) = self.one_of(&self.buttons.clone()) else { return Ok(()) };
        let times = 1 + self.below(3);
        let before = self.all_decisions().await?;
        for answer in join_all((0..times).map(|_| button.press(self.office.as_ref()))).await {
            self.counts.taps += 1;
            answer?;
        }
        let after = self.all_decisions().await?;
        let new: Vec<_> = after.iter().filter(|decided| !before.contains(decided)).collect();
        let question = self.question(&button).await?;
        match new.as_slice() {
            [] => Ok(()),
            [(request, revision, step, who)]
                if (*request, *revision, *step) == (question.request, question.revision, question.step)
                    && *who == question.person =>
            {
                Ok(())
            }
            more => Err(Fault::new(format!("{button:?} about {question:?} led to {more:?}"))),
        }
    }

    /// Several presses about one open question at once, and a decision in the app beside them.
    async fn race(&mut self) -> Result<()> {
        let Some(request) = self.open_request().await? else { return Ok(()) };
        let mut racing = Vec::new();
        for button in self.buttons.clone() {
            if self.question(&button).await?.request == request && self.below(2) == 0 {
                racing.push(button);
            }
        }
        racing.truncate(6);
        self.counts.races += 1;
        let app = if self.below(2) == 0 { self.decider(request).await? } else { None };
        let office = self.office.as_ref();
        let presses = join_all(racing.iter().map(|button| button.press(office)));
        let Some(person) = app else {
            return presses.await.into_iter().collect();
        };
        let Some((login, device)) = self.approvers.get_mut(&person) else { return Ok(()) };
        device.decide(request, Verb::Approve, "")?;
        let (answers, pushed) = tokio::join!(presses, device.push());
        if pushed.is_err() {
            // A tap was quicker; the app was told so by name. A new device knows how it stands.
            let office = self.office.as_ref().ok_or_else(|| Fault::new("the server is not running"))?;
            *device = crate::office::stage::person(office, login).await?;
        }
        self.counts.taps += u32::try_from(answers.len()).unwrap_or_default();
        answers.into_iter().collect()
    }

    /// The claimant takes it back, writes another amount and hands it in again.
    async fn edit(&mut self) -> Result<()> {
        let Some(request) = self.open_request().await? else { return Ok(()) };
        let revision = view(self.office()?, request).await?.revision;
        let amount = self.new_amount();
        self.clerk.status(request, |status| status.state == RequestState::InApproval).await?;
        self.clerk.withdraw(request)?;
        self.clerk.push().await?;
        self.clerk.state(request, RequestState::Withdrawn).await?;
        self.clerk.amount(request, amount)?;
        self.hand_in(request).await?;
        self.clerk.status(request, |status| status.revision > revision).await?;
        self.counts.edits += 1;
        Ok(())
    }

    /// An approver decides in the app.
    async fn elsewhere(&mut self) -> Result<()> {
        let Some(request) = self.open_request().await? else { return Ok(()) };
        let Some(person) = self.decider(request).await? else { return Ok(()) };
        let verb = if self.below(3) == 0 { Verb::Reject } else { Verb::Approve };
        let Some((_, device)) = self.approvers.get_mut(&person) else { return Ok(()) };
        device.decide(request, verb, "金额不对")?;
        device.push().await?;
        self.counts.elsewhere += 1;
        Ok(())
    }

    /// A platform fails at its next call, forgets its tokens, or cuts the connection.
    async fn breaks(&mut self) -> Result<()> {
        self.counts.faults += 1;
        let kind = self.below(9);
        let sim = &self.office()?.sim;
        let answer = |call, status, after_commit| Broken::Answer { call, status, code: None, after_commit };
        match kind {
            0 => sim.dingtalk.fault(answer(Call::Update, 502, true)),
            1 => sim.dingtalk.fault(answer(Call::Create, 502, true)),
            2 => sim.dingtalk.fault(answer(Call::Update, 503, false)),
            3 => sim.dingtalk.fault(Broken::ExpireTokens),
            4 => sim.wecom.expire_tokens(),
            5 => sim.fault(CallFault::lost_answer("/message/send")),
            6 => sim.fault(CallFault::answer("/update_template_card", 502, None)),
            7 => sim.fault(CallFault::lost_answer("/im/v1/messages")),
            _ => {
                sim.dingtalk.fault(Broken::Cut);
                // Who presses while nobody is connected is told so by DingTalk itself.
                tokio::time::sleep(Duration::from_millis(50)).await;
                self.office()?.eventually("connected again", |office| office.sim.dingtalk.sockets() > 0).await?;
            }
        }
        Ok(())
    }

    /// The server ends and comes back on the files that it left.
    async fn restart(&mut self) -> Result<()> {
        if self.counts.restarts == 2 {
            return Ok(());
        }
        self.counts.restarts += 1;
        if let Some(office) = self.office.take() {
            self.office = Some(office.restart().await?);
        }
        let address = self.office()?.url();
        let devices = self.approvers.values_mut().map(|(_, device)| device).chain([&mut self.clerk]);
        for device in devices {
            device.turn_to(&address);
            device.connect().await?;
        }
        self.office()?.eventually("connected again", |office| office.sim.dingtalk.sockets() > 0).await
    }

    async fn open_request(&mut self) -> Result<Option<RequestId>> {
        let mut open = Vec::new();
        for request in self.requests.clone() {
            if view(self.office()?, request).await?.state == RequestState::InApproval {
                open.push(request);
            }
        }
        Ok(self.one_of(&open))
    }

    /// Who of the approvers may decide, once their device knows what it is about.
    async fn decider(&mut self, request: RequestId) -> Result<Option<PersonId>> {
        let truth = view(self.office()?, request).await?;
        let who = truth.deciders.iter().map(|decider| decider.person).find(|who| self.approvers.contains_key(who));
        if let Some((_, device)) = who.and_then(|who| self.approvers.get_mut(&who)) {
            let same = |seen: &sync::view::RequestView| {
                (seen.revision, seen.step, seen.state) == (truth.revision, truth.step, truth.state)
            };
            device.status(request, same).await?;
        }
        Ok(who)
    }

    async fn question(&self, button: &Button) -> Result<Question> {
        cards::question(self.office()?, &button.card).await
    }

    /// Every decision: request, revision, step and who.
    async fn all_decisions(&self) -> Result<BTreeSet<(RequestId, u32, u32, PersonId)>> {
        let mut all = BTreeSet::new();
        for request in &self.requests {
            let seen = view(self.office()?, *request).await?;
            for event in decisions(&seen) {
                all.insert((*request, event.revision, event.number.unwrap_or_default(), event.person));
            }
        }
        Ok(all)
    }

    async fn check_decisions(&self) -> Result<()> {
        let mut steps = BTreeSet::new();
        for (request, revision, step, who) in self.all_decisions().await? {
            if !steps.insert((request, revision, step)) {
                return Err(Fault::new(format!("{who} decided step {step} of {request} a second time")));
            }
        }
        Ok(())
    }

    /// Lets everything be sent that waits, on a clock that goes faster, and looks at every phone. What happened.
    pub(super) async fn settle(mut self) -> Result<Counts> {
        let mut waiting = None;
        for _ in 0..3_000 {
            self.office()?.advance(Duration::from_secs(3));
            tokio::time::sleep(Duration::from_millis(20)).await;
            let (waits, dead) = cards::left(self.office()?).await?;
            if dead > 0 {
                return Err(Fault::new(format!("{dead} views were given up")));
            }
            // A tap's own update waits for three seconds more, so nothing twice in a row.
            if waits == 0 && waiting == Some(0) {
                break;
            }
            waiting = Some(waits);
        }
        if waiting != Some(0) {
            return Err(Fault::new(format!("{waiting:?} views wait for ever")));
        }
        cards::check_truth(self.office()?).await?;
        self.check_decisions().await?;
        self.counts.decisions = self.all_decisions().await?.len();
        let mut broken = self.office()?.sim.violations();
        // How somebody whose answer was lost learns that the card is there: the view changed before it was sent again.
        broken.retain(|rule| rule.detail != "42014: task_id was used before");
        if !broken.is_empty() {
            return Err(Fault::new(format!("rules of the platforms were broken: {broken:?}")));
        }
        if let Some(office) = self.office.take() {
            office.close().await;
        }
        Ok(self.counts)
    }
}
