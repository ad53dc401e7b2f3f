-- What documents hold, by the budget lines that hold it together: one row where there was one for each line. Which lines
-- those are is said once for all documents.
DROP TABLE holding;
CREATE TABLE holding (
  document    BLOB NOT NULL,
  lines       TEXT NOT NULL,  -- budget lines as a JSON array, sorted, as entries have them
  outstanding INTEGER NOT NULL,
  consumed    INTEGER NOT NULL,
  PRIMARY KEY (document, lines)
) STRICT, WITHOUT ROWID;
CREATE INDEX holding_lines ON holding (lines);

CREATE TABLE control_set (
  line  TEXT NOT NULL,
  lines TEXT NOT NULL,
  PRIMARY KEY (line, lines)
) STRICT, WITHOUT ROWID;

INSERT INTO holding (document, lines, outstanding, consumed)
SELECT document, lines, outstanding, consumed FROM (
  SELECT document, lines,
    sum (CASE WHEN kind IN ('reserve', 'settle', 'carryIn') THEN amount
              WHEN kind IN ('release', 'carryOut', 'consume') THEN -amount ELSE 0 END) AS outstanding,
    sum (CASE kind WHEN 'consume' THEN amount WHEN 'reverse' THEN -amount ELSE 0 END) AS consumed
  FROM ledger_entry WHERE document IS NOT NULL AND line IS NOT NULL GROUP BY document, lines
) AS sums WHERE outstanding <> 0 OR consumed <> 0;
INSERT INTO control_set (line, lines)
SELECT DISTINCT value, lines FROM (SELECT DISTINCT lines FROM holding) AS sets, json_each (lines);

-- Nobody asks for entries by document.
DROP INDEX ledger_entry_document;
