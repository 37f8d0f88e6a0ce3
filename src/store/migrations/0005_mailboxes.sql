-- What a provider made of a message that left, or of its draft: its names for it, and the Message-ID that it really carries.
CREATE TABLE remote_message (
    execution_id INTEGER PRIMARY KEY REFERENCES execution (id) ON DELETE CASCADE,
    message_id   TEXT NOT NULL DEFAULT '',
    remote_id    TEXT NOT NULL,
    thread       TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX remote_message_by_message_id ON remote_message (message_id) WHERE message_id <> '';
CREATE INDEX remote_message_by_thread ON remote_message (thread) WHERE thread <> '';

-- The thread in the provider's words, so that an answer goes into it and is known by it.
ALTER TABLE message ADD COLUMN remote_thread TEXT NOT NULL DEFAULT '';
CREATE INDEX message_by_remote_thread ON message (remote_thread, sent_at) WHERE remote_thread <> '';

-- The operator's own addresses as the mailboxes tell them.
CREATE TABLE own_address (
    source  TEXT NOT NULL,
    address TEXT NOT NULL,
    PRIMARY KEY (source, address)
) STRICT, WITHOUT ROWID;

-- The events of the calendars that are read, as they were last seen; what changed is found by comparing.
CREATE TABLE calendar_event (
    calendar   TEXT NOT NULL,
    event      TEXT NOT NULL,
    -- The meeting's name, which invitations by mail carry too.
    uid        TEXT NOT NULL,
    series     TEXT NOT NULL DEFAULT '',
    contact_id INTEGER REFERENCES contact (id),
    email      TEXT NOT NULL DEFAULT '',
    title      TEXT NOT NULL DEFAULT '',
    starts_at  INTEGER NOT NULL,
    ends_at    INTEGER NOT NULL,
    -- Where it stands: invited, agreed, declined, cancelled, held, no_show.
    state      TEXT NOT NULL CHECK (state IN ('invited', 'agreed', 'declined', 'cancelled', 'held', 'no_show')),
    -- The full reading that saw it last.
    seen_in    INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (calendar, event)
) STRICT, WITHOUT ROWID;
CREATE INDEX calendar_event_by_end ON calendar_event (ends_at) WHERE state = 'agreed';
CREATE INDEX calendar_event_by_series ON calendar_event (series) WHERE series <> '';
CREATE INDEX calendar_event_by_uid ON calendar_event (uid);

-- Meetings that were booked from here. The row is committed before the calendar is asked.
CREATE TABLE booking (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    once       TEXT NOT NULL UNIQUE,
    calendar   TEXT NOT NULL,
    event      TEXT NOT NULL UNIQUE,
    contact_id INTEGER NOT NULL REFERENCES contact (id),
    starts_at  INTEGER NOT NULL,
    ends_at    INTEGER NOT NULL,
    content    TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('booking', 'booked', 'failed', 'taken_back')),
    error      TEXT NOT NULL DEFAULT '',
    at         INTEGER NOT NULL
) STRICT;
