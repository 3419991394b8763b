//! The REST API as it is promised: names, statuses, problems (RFC 9457), cursors.

mod bad;
mod feeds;
mod mappings;
mod program;
mod push;
mod receiver;
mod shapes;
mod streams;
mod stuck;
