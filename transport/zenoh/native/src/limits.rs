//! What a key may be at most, where a peer or a caller makes it. The core that is built has this file as well.

/// The length of a key is 16 bits on the wire; the core panics beyond it.
pub const MAX_BYTE_SIZE: usize = u16::MAX as usize;
/// The core's matching recurses by the chunk: 16,000 overflow a stack of 1 MiB. Its tables keep the
/// whole text of each prefix: a key of 32,768 chunks takes 1 GiB. And its time grows with the power
/// of the number of wildcards.
pub const MAX_CHUNK_COUNT: usize = 1024;
pub const MAX_WILDCARD_COUNT: usize = 16;

/// The limit that a key is over: what is counted, how many there are, and how many may be.
pub fn exceeded(expr: &str) -> Option<(&'static str, usize, usize)> {
    let chunks = expr.bytes().filter(|&b| b == b'/').count() + 1;
    let wildcards = expr.matches("**").count() + expr.matches("$*").count();
    let limits = [
        ("byteSize", expr.len(), MAX_BYTE_SIZE),
        ("chunkCount", chunks, MAX_CHUNK_COUNT),
        ("wildcardCount", wildcards, MAX_WILDCARD_COUNT),
    ];
    limits.into_iter().find(|(_, found, most)| found > most)
}
