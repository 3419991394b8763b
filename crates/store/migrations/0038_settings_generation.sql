-- Grows with every change of what machines keep in memory: organizations, domains, connections, directories and their tokens.
CREATE TABLE settings_generation (
    id BIGINT NOT NULL PRIMARY KEY,
    generation BIGINT NOT NULL
);
INSERT INTO settings_generation (id, generation) VALUES (1, 0);
