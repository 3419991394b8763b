-- What ends within the hour is few rows, and forgetting it looks at all of them; an index on its end would cost every
-- sign-in a page in each of these tables.
DROP INDEX login_flows_by_expiry;
DROP INDEX seen_assertions_by_expiry;
DROP INDEX authorization_codes_by_expiry;
DROP INDEX access_tokens_by_expiry;
-- Attempts are in the order of their time already: their ids are.
DROP INDEX login_attempts_by_age;
