-- Messages of ours that were found outside and that no execution knows, as after a database was restored.

CREATE TABLE stray (
  id INTEGER PRIMARY KEY,
  -- With angle brackets.
  message_id TEXT NOT NULL UNIQUE,
  transport TEXT NOT NULL,
  location TEXT NOT NULL,
  -- The recipient's address in lower case.
  to_key TEXT NOT NULL,
  subject TEXT NOT NULL,
  sent_at INTEGER NOT NULL,
  found_at INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'adopted', 'known')),
  -- The execution that took it in.
  execution_id INTEGER REFERENCES execution (id)
) STRICT;

CREATE INDEX stray_open ON stray (id) WHERE state = 'open';
