//! What became of the messages that the current thread published.

use std::cell::Cell;

/// What a link or a transport did with a message.
#[derive(Clone, Copy)]
pub enum Fate {
    /// Over a link, as a descriptor of shared memory.
    SharedMemory = 8,
    /// Over a link within this machine, as bytes.
    Near = 16,
    /// Over another link, as bytes.
    Far = 24,
    /// Dropped: the link's queue is full.
    Congested = 32,
    /// Dropped by access control, downsampling or a low-pass filter.
    Filtered = 40,
    /// Dropped: the transport has no link.
    NoLink = 48,
    /// By a transport, before its link took it.
    Accepted = 56,
}

/// Counts of one put: a byte for each `Fate`, which stays at its largest value. Bit 1 says that a
/// subscriber of the same session got it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sent(u64);

impl Sent {
    const NONE: Sent = Sent(0);
    const IN_SESSION: u64 = 1 << 1;
    const MOST: u64 = 0xFF;

    pub fn of(self, fate: Fate) -> u64 {
        self.0 >> fate as u32 & Sent::MOST
    }

    fn and(self, fate: Fate) -> Sent {
        match self.of(fate) {
            Sent::MOST => self,
            _ => Sent(self.0 + (1 << fate as u32)),
        }
    }

    /// A subscriber of the same session got it, or will.
    pub fn in_session(self) -> Sent {
        Sent(self.0 | Sent::IN_SESSION)
    }

    /// The counts from bit 8 on, and `IN_SESSION`. In the last byte, which is below 128, those of the accepted that
    /// another thread waits with until their link takes them.
    pub fn bits(self) -> u64 {
        let taken = self.of(Fate::SharedMemory) + self.of(Fate::Near) + self.of(Fate::Far);
        let waiting = self.of(Fate::Accepted).saturating_sub(taken).min(0x7F);
        self.0 & !(Sent::MOST << Fate::Accepted as u32) | waiting << Fate::Accepted as u32
    }
}

thread_local! {
    static SENT: Cell<Sent> = const { Cell::new(Sent::NONE) };
}

#[inline]
pub(crate) fn count(fate: Fate) {
    SENT.set(SENT.get().and(fate));
}

/// A subscriber of the session that puts on this thread got it.
#[inline]
pub fn count_in_session() {
    SENT.set(SENT.get().in_session());
}

/// Runs a put, and returns what became of it on this thread.
#[inline]
pub fn watch<R>(put: impl FnOnce() -> R) -> (R, Sent) {
    let before = SENT.replace(Sent::NONE);
    let result = put();
    (result, SENT.replace(before))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_put_has_its_own_counts() {
        let ((), sent) = watch(|| {
            count(Fate::Accepted);
            count(Fate::Near);
            let ((), inner) = watch(|| count(Fate::Far));
            assert_eq!((inner.of(Fate::Far), inner.of(Fate::Near)), (1, 0));
            count(Fate::Congested);
        });
        assert_eq!((sent.of(Fate::Near), sent.of(Fate::Far), sent.of(Fate::Congested)), (1, 0, 1));
        assert_eq!(sent.bits(), 1 << 16 | 1 << 32);
        assert_eq!(watch(|| ()).1, Sent::NONE);
        assert_eq!(watch(count_in_session).1.bits(), 2);
    }

    #[test]
    fn counts_stay_at_their_largest_value() {
        let ((), sent) = watch(|| (0..1000).for_each(|_| count(Fate::SharedMemory)));
        assert_eq!(sent.bits(), 0xFF << 8);
        let ((), waiting) = watch(|| (0..1000).for_each(|_| count(Fate::Accepted)));
        assert_eq!(waiting.bits(), 0x7F << 56);
    }
}
