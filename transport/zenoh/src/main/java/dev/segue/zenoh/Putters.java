package dev.segue.zenoh;

import java.util.concurrent.atomic.AtomicReference;

/** One spare {@link Putter}; threads that put at the same time make their own. */
final class Putters {
  private final AtomicReference<Putter> spare = new AtomicReference<>(new Putter());

  Putter take() {
    Putter putter = spare.getAndSet(null);
    return putter == null ? new Putter() : putter;
  }

  void giveBack(Putter putter) {
    spare.set(putter);
  }
}
