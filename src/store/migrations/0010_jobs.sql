-- What runs by the clock. The sources' standing stays in source_state.

CREATE TABLE job (
  name TEXT PRIMARY KEY,
  state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'dead')),
  -- Null: at the next pass.
  due_at INTEGER,
  -- Failures since the last good run.
  tries INTEGER NOT NULL DEFAULT 0,
  -- Why the last run failed; empty if it did not.
  error TEXT NOT NULL DEFAULT '',
  -- How far the job has come, in its own words.
  cursor TEXT NOT NULL DEFAULT '',
  last_run_at INTEGER,
  last_ok_at INTEGER
) STRICT;
