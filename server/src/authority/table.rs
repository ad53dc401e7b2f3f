//! The company's tables beside its rules: travel standards, tax on tickets, working days, ledger accounts.
//!
//! Promise: each is a text that people read and write, in versions that stay, proposed and agreed to like rules; one that
//! cannot be used is refused with what is wrong. Until a company has its own, the one that comes with the program holds.

use std::collections::BTreeMap;

use budget::calendar::{Calendar, CalendarError};
use budget::travel::{PassengerTax, StandardFault, Standards, TaxError};
use budget::voucher::AccountMap;
use budget::{PersonId, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Answer, Authority, Effect, Refused, Reply};
use crate::store::StoreError;
use crate::store::sql::{Connection, OptionalExtension};
use sync::view::codes;

/// What a proposal would change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Subject {
    /// Who has to agree (审批规则).
    #[default]
    Rules,
    /// What a night and a day may cost (差旅标准).
    Travel,
    /// Input tax on tickets (旅客运输抵扣).
    PassengerTax,
    /// Working days (工作日历).
    Calendar,
    /// Where things are booked (科目对照).
    Accounts,
}

/// What is wrong with a table, in words.
struct Wrong {
    zh: String,
    en: String,
}

/// A version as it is kept.
#[derive(Serialize, Deserialize)]
struct Table {
    text: String,
}

impl Subject {
    /// The tables; rules are published by themselves.
    const TABLES: [Self; 4] = [Self::Travel, Self::PassengerTax, Self::Calendar, Self::Accounts];

    const fn kind(self) -> &'static str {
        match self {
            Self::Rules => "rules",
            Self::Travel => "travelStandards",
            Self::PassengerTax => "passengerTax",
            Self::Calendar => "calendar",
            Self::Accounts => "accounts",
        }
    }

    const fn of_the_program(self) -> &'static str {
        match self {
            Self::Rules => "",
            Self::Travel => Standards::EXAMPLE,
            Self::PassengerTax => PassengerTax::CHINA,
            Self::Calendar => Calendar::CHINA,
            Self::Accounts => AccountMap::EXAMPLE,
        }
    }

    fn wrong(self, text: &str) -> Option<Wrong> {
        match self {
            Self::Rules => None,
            Self::Travel => Standards::parse(text).err().map(|fault| said(standards(&fault), &fault)),
            Self::PassengerTax => PassengerTax::parse(text).err().map(|fault| said(tax(&fault), &fault)),
            Self::Calendar => Calendar::parse(text).err().map(|fault| said(calendar(&fault), &fault)),
            Self::Accounts => AccountMap::parse(text).err().map(|fault| said(unread(&fault.0), &fault)),
        }
    }

    /// What is wrong with a text in Chinese and English; nothing when it may be proposed.
    pub fn faults(self, text: &str) -> Option<(String, String)> {
        self.wrong(text).map(|wrong| (wrong.zh, wrong.en))
    }
}

fn said(zh: String, fault: &impl std::fmt::Display) -> Wrong {
    Wrong { zh, en: fault.to_string() }
}

fn unread(why: &str) -> String {
    format!("无法识别：{why}")
}

fn standards(fault: &StandardFault) -> String {
    match fault {
        StandardFault::Malformed(why) => unread(why),
        StandardFault::DatesReversed { row, to } => format!("第 {row} 条的截止日 {to} 早于起始日"),
        StandardFault::NotPositive { row, amount } => format!("第 {row} 条的金额 {} 不是正数", amount.grouped()),
        StandardFault::Ambiguous { first, second, example } => {
            format!("第 {first} 条与第 {second} 条重叠：{example} 同时适用两条")
        }
        StandardFault::CityTwice(city) => format!("{city} 同时属于两个城市等级"),
    }
}

fn tax(fault: &TaxError) -> String {
    match fault {
        TaxError::Malformed(why) => unread(why),
        TaxError::DatesReversed { row, to } => format!("第 {row} 条的截止日 {to} 早于起始日"),
        TaxError::Rate { row, rate } => format!("第 {row} 条的税率 {rate} 应在 0 与 1 之间"),
        TaxError::Ambiguous { first, second, example } => {
            format!("第 {first} 条与第 {second} 条重叠：{example} 同时适用两条")
        }
    }
}

fn calendar(fault: &CalendarError) -> String {
    match fault {
        CalendarError::Malformed(why) => unread(why),
        CalendarError::OtherYear(year, day) => format!("{day} 不在 {year} 年"),
        CalendarError::Both(day) => format!("{day} 既是休息日又是工作日"),
        CalendarError::Twice(year) => format!("{year} 年写了两次"),
    }
}

/// The version of a table that is in force and its text; version 0 is the one that comes with the program.
pub fn current(connection: &Connection, what: Subject) -> Result<(u32, String), StoreError> {
    let newest: Option<(i64, String)> = connection
        .prepare_cached("SELECT version, json FROM published WHERE kind = ?1 ORDER BY version DESC LIMIT 1")?
        .query_row([what.kind()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((version, json)) = newest else {
        return Ok((0, what.of_the_program().into()));
    };
    let table: Table = serde_json::from_str(&json).map_err(|error| corrupt(what, &error))?;
    Ok((super::number::small(version), table.text))
}

fn corrupt(what: Subject, error: &impl std::fmt::Display) -> StoreError {
    StoreError::corrupt(format!("published {}: {error}", what.kind()))
}

/// The travel standards in force.
pub fn travel_standards(connection: &Connection) -> Result<Standards, StoreError> {
    Standards::parse(&current(connection, Subject::Travel)?.1).map_err(|error| corrupt(Subject::Travel, &error))
}

/// The tax rules in force.
pub fn passenger_tax(connection: &Connection) -> Result<PassengerTax, StoreError> {
    let text = current(connection, Subject::PassengerTax)?.1;
    PassengerTax::parse(&text).map_err(|error| corrupt(Subject::PassengerTax, &error))
}

/// The ledger accounts in force.
pub fn account_map(connection: &Connection) -> Result<AccountMap, StoreError> {
    AccountMap::parse(&current(connection, Subject::Accounts)?.1).map_err(|error| corrupt(Subject::Accounts, &error))
}

/// The working days in force.
pub(super) fn working_days(connection: &Connection) -> Result<Calendar, StoreError> {
    Calendar::parse(&current(connection, Subject::Calendar)?.1).map_err(|error| corrupt(Subject::Calendar, &error))
}

/// The version of each table that is in force.
pub(super) fn versions(connection: &Connection) -> Result<BTreeMap<Subject, u32>, StoreError> {
    Subject::TABLES.into_iter().map(|what| Ok((what, current(connection, what)?.0))).collect()
}

impl Authority {
    /// The version of the rules or of a table that is in force.
    pub(super) fn version_of(&self, what: Subject) -> u32 {
        match what {
            Subject::Rules => self.books.rules.version,
            table => self.tables.get(&table).copied().unwrap_or_default(),
        }
    }

    /// Publishes a table; deadlines are counted by a new calendar from now on. Returns the version.
    pub fn publish_table(
        &mut self,
        connection: &Connection,
        now: Timestamp,
        by: Option<PersonId>,
        what: Subject,
        text: &str,
    ) -> Reply<u32> {
        if let Some(wrong) = what.wrong(text) {
            return Ok(Answer::refused(Refused::at(codes::INCOMPLETE, what.kind(), wrong.en)));
        }
        let version = self.write_version(connection, now, by, what.kind(), &Table { text: text.into() })?;
        self.tables.insert(what, version);
        if what == Subject::Calendar {
            self.calendar = working_days(connection)?;
        }
        self.overtake_proposals(connection, now)?;
        Ok(Answer::done(version, vec![Effect::Company]))
    }
}
