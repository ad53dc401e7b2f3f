//! Allowances: every grant, spend and end in the entries is what its command says, and what a device says is signed by it.

use std::collections::{BTreeMap, BTreeSet};

use budget::ledger::{Action, Entry, EntryKind, Escrow, Spend};
use budget::{AllowanceId, Code, Command, CommandId, Ledger};

use sync::signature::PublicKey;

use super::Report;
use crate::authority::command::signatures_hold;
use crate::identity;
use crate::store::StoreError;
use crate::store::sql::{Connection, OptionalExtension};

/// Checks the entries of allowances against the commands that they answer, and what is set aside
/// against what was granted, spent and given back.
pub(super) fn allowances(
    connection: &Connection,
    ledger: &Ledger,
    entries: &[Entry],
    report: &mut Report,
) -> Result<(), StoreError> {
    let mut known: Option<(CommandId, Option<Command>)> = None;
    let mut keys: BTreeMap<AllowanceId, Option<PublicKey>> = BTreeMap::new();
    let mut found: BTreeSet<AllowanceId> = BTreeSet::new();
    let mut aside: BTreeMap<Code, i128> = BTreeMap::new();
    for entry in entries {
        let Some(escrow) = &entry.escrow else { continue };
        found.insert(escrow.allowance());
        let sign = match entry.kind {
            EntryKind::Allow => 1,
            EntryKind::Settle | EntryKind::Return => -1,
            _ => 0,
        };
        for line in &entry.lines {
            *aside.entry(line.clone()).or_default() += sign * i128::from(entry.amount.fen());
        }
        if let Escrow::Granted { allowance, device, .. } = &**escrow {
            keys.insert(*allowance, identity::find_device(connection, *device)?.map(|device| device.key));
        }
        if known.as_ref().is_none_or(|(id, _)| *id != entry.command) {
            let said = command(connection, entry.command)?;
            let mut actions = said.iter().flat_map(|said| core::iter::once(&said.action).chain(&said.also));
            let key = |action: &Action| match action {
                Action::Settle { allowance, .. } | Action::Close { allowance, .. } => keys.get(allowance)?.as_ref(),
                _ => None,
            };
            if !actions.all(|action| signatures_hold(key(action), action)) {
                let what = format!(
                    "what the device says of the allowance {} in ledger entry {} is not signed by it",
                    escrow.allowance(),
                    entry.sequence
                );
                report.find("allowance_signature", what);
            }
            known = Some((entry.command, said));
        }
        let said = known.as_ref().and_then(|(_, command)| command.as_ref());
        if !said.is_some_and(|command| says(command, entry, escrow)) {
            let what = format!(
                "ledger entry {} of the allowance {} is not what its command says",
                entry.sequence,
                escrow.allowance()
            );
            report.find("allowance", what);
        }
    }
    for (line, balance) in ledger.balances() {
        if aside.remove(line).unwrap_or_default() != i128::from(balance.escrowed.fen()) {
            report.find("allowance_sum", format!("what {line} sets aside is not the sum of its allowances"));
        }
    }
    report.count("额度 allowances", found.len());
    Ok(())
}

fn command(connection: &Connection, id: CommandId) -> Result<Option<Command>, StoreError> {
    let body: Option<Vec<u8>> = connection
        .prepare_cached("SELECT body FROM ledger_command WHERE id = ?1")?
        .query_row([id.bytes()], |row| row.get(0))
        .optional()?;
    Ok(body.and_then(|body| minicbor::decode(&body).ok()))
}

/// Whether one of the command's actions asks for this entry.
fn says(command: &Command, entry: &Entry, escrow: &Escrow) -> bool {
    let mut actions = core::iter::once(&command.action).chain(&command.also);
    match escrow {
        Escrow::Granted { allowance: id, device: to, expires: until, block: purpose } => actions.any(|action| {
            matches!(action, Action::Allow { allowance, device, block, amount, expires }
                if (allowance, device, block, expires) == (id, to, purpose, until) && *amount == entry.amount)
        }),
        Escrow::Spent { allowance: id, sequence, hash, .. } => actions.any(|action| {
            let Action::Settle { allowance, spends } = action else { return false };
            let is_it = |spend: &Spend| {
                spend.hash(*id) == *hash
                    && spend.sequence == *sequence
                    && entry.document == Some(spend.document)
                    && entry.line == Some(spend.line)
                    && entry.amount <= spend.amount
            };
            allowance == id && spends.iter().any(is_it)
        }),
        Escrow::Ended { allowance: id, forced } => actions.any(|action| match action {
            Action::Close { allowance, .. } => allowance == id && !forced,
            Action::ForceClose { allowance } => allowance == id && *forced,
            _ => false,
        }),
        Escrow::Denied { allowance: id } => {
            actions.any(|action| matches!(action, Action::Close { allowance, .. } if allowance == id))
        }
    }
}
