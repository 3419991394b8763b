-- When a person said that the question for a private address may wait; never where that was not said.
ALTER TABLE accounts ADD COLUMN address_later_at BIGINT;
