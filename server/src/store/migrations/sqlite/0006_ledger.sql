-- Entries say whether they count tax and what they say of an allowance; balances say what was carried over.
ALTER TABLE ledger_entry ADD COLUMN basis TEXT NOT NULL DEFAULT 'inclusive';
ALTER TABLE ledger_entry ADD COLUMN escrow BLOB;    -- CBOR of budget::ledger::Escrow
ALTER TABLE balance ADD COLUMN carried INTEGER NOT NULL DEFAULT 0;
