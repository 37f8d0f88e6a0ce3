-- What the console's screens page by.

-- The timeline of a person or a deal: everything about them by time.
CREATE INDEX message_by_signal ON message (signal_id) WHERE signal_id IS NOT NULL;
CREATE INDEX move_timeline ON move (contact_id, created_at) WHERE contact_id IS NOT NULL;
CREATE INDEX move_closed_timeline ON move (contact_id, closed_at) WHERE contact_id IS NOT NULL AND closed_at IS NOT NULL;
CREATE INDEX move_of_deal ON move (deal_id, created_at) WHERE deal_id IS NOT NULL;
CREATE INDEX execution_timeline ON execution (contact_id, approved_at) WHERE contact_id IS NOT NULL;

-- The list of people, those in touch last first.
CREATE INDEX contact_in_touch ON contact (coalesce(last_contact_at, 0), id);
