-- What documents hold, by the budget lines that hold it together: one row where there was one for each line. Which lines
-- those are is said once for all documents.
DROP TABLE holding;
CREATE TABLE holding (
  document    BYTEA NOT NULL,
  lines       TEXT COLLATE "C" NOT NULL,  -- budget lines as a JSON array, sorted, as entries have them
  outstanding BIGINT NOT NULL,
  consumed    BIGINT NOT NULL,
  PRIMARY KEY (document, lines)
);
CREATE INDEX holding_lines ON holding (lines);

CREATE TABLE control_set (
  line  TEXT COLLATE "C" NOT NULL,
  lines TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (line, lines)
);

INSERT INTO holding (document, lines, outstanding, consumed)
SELECT document, lines, outstanding, consumed FROM (
  SELECT document, lines,
    CAST (sum (CASE WHEN kind IN ('reserve', 'settle', 'carryIn') THEN amount
              WHEN kind IN ('release', 'carryOut', 'consume') THEN -amount ELSE 0 END) AS BIGINT) AS outstanding,
    CAST (sum (CASE kind WHEN 'consume' THEN amount WHEN 'reverse' THEN -amount ELSE 0 END) AS BIGINT) AS consumed
  FROM ledger_entry WHERE document IS NOT NULL AND line IS NOT NULL GROUP BY document, lines
) AS sums WHERE outstanding <> 0 OR consumed <> 0;
INSERT INTO control_set (line, lines)
SELECT DISTINCT value, lines FROM (SELECT DISTINCT lines FROM holding) AS sets, json_array_elements_text (lines::json);

-- Nobody asks for entries by document.
DROP INDEX ledger_entry_document;
