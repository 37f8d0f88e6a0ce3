//! When something may happen: windows, business days and holidays in the other person's time zone.
