//! What this room keeps in memory between requests.

/// Keys and key sets that were read once.
#[derive(Debug, Default)]
pub struct Memory {}
