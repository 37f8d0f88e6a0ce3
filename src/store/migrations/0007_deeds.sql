-- What approval carries out besides mail: invitations through a calendar, and records in HubSpot.

-- What limits and answers count is mail alone.
ALTER TABLE execution ADD COLUMN kind TEXT NOT NULL DEFAULT 'mail' CHECK (kind IN ('mail', 'meeting', 'record'));

-- What the operator settled of a move besides the words of its mail: a time, a stage, fields. JSON of the engine's making.
CREATE TABLE move_plan (
    move_id    INTEGER PRIMARY KEY REFERENCES move (id) ON DELETE CASCADE,
    plan       TEXT NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

-- A booked meeting that is being moved: committed before the calendar is asked.
ALTER TABLE booking ADD COLUMN new_start INTEGER;
ALTER TABLE booking ADD COLUMN new_end INTEGER;
ALTER TABLE booking ADD COLUMN moving_at INTEGER;
CREATE INDEX booking_moving ON booking (id) WHERE new_start IS NOT NULL;

-- Everything that metrics read of executions, the kind among it.
DROP INDEX execution_counted;
CREATE INDEX execution_counted ON execution (settled_at, status, contact_id, to_key, action, approved_by, kind) WHERE settled_at IS NOT NULL;

-- When the operator is busy, as the calendars last said, so that drafts can offer times without asking anybody.
CREATE TABLE calendar_busy (
    starts_at INTEGER NOT NULL,
    ends_at   INTEGER NOT NULL,
    PRIMARY KEY (starts_at, ends_at)
) STRICT, WITHOUT ROWID;
-- When that was read, and up to when it reaches; no row before the first time.
CREATE TABLE calendar_busy_read (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    read_at INTEGER NOT NULL,
    until   INTEGER NOT NULL
) STRICT;
