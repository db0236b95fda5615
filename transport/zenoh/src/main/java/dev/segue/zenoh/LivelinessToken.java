package dev.segue.zenoh;

/**
 * Says that its session is there, under a key: those who subscribe to liveliness learn when it
 * appears, and when it is closed or its process or the way to it is gone.
 *
 * <p>Owner: the caller; its session closes it at the latest. Lifetime: until {@link #close()}.
 * Threads: any.
 */
public final class LivelinessToken extends Declared implements AutoCloseable {
  private final Session session;
  private final KeyExpr keyExpr;
  private final Handle handle;

  LivelinessToken(Session session, KeyExpr keyExpr, long address) {
    this.session = session;
    this.keyExpr = keyExpr;
    this.handle =
        new Handle(
            "the liveliness token of " + keyExpr,
            address,
            () -> NativeLiveliness.freeToken(address));
  }

  /** Under which key it is there. */
  public KeyExpr keyExpr() {
    return keyExpr;
  }

  /** Returns whether it is closed. */
  public boolean isClosed() {
    return handle.isClosed();
  }

  /**
   * Ends it: subscribers get a sample of kind {@link SampleKind#DELETE}, those of the same session
   * whether they have room for it or not. Idempotent.
   */
  @Override
  public void close() {
    beginClose();
    session.forget(this);
  }

  @Override
  void beginClose() {
    handle.close(address -> {});
  }

  @Override
  boolean awaitClosed(long nanos) throws InterruptedException {
    boolean ended = handle.awaitFreed(nanos);
    session.forget(this);
    return ended;
  }

  @Override
  boolean isRunHere() {
    return false;
  }

  @Override
  public String toString() {
    return "LivelinessToken[" + keyExpr + "]";
  }
}
