package dev.segue.zenoh;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A subscriber that also gets samples published before its declaration, and those that it missed,
 * from the caches of publishers declared by {@link Session#declareAdvancedPublisher}.
 *
 * <p>While it waits for these samples, at most {@link AdvancedSubscriberOptions#queryTimeout()},
 * newer samples of that publisher wait in the core, without a limit; then they are delivered in
 * order, each once.
 *
 * <p>Owner, lifetime and threads as for any {@link Subscriber}.
 */
public final class AdvancedSubscriber extends Subscriber {
  private final AdvancedSubscriberOptions advanced;
  private final Set<Listener<?>> listeners;

  AdvancedSubscriber(
      Session session, KeyExpr keyExpr, AdvancedSubscriberOptions options, long address) {
    this(session, keyExpr, options, ConcurrentHashMap.newKeySet(), address);
  }

  private AdvancedSubscriber(
      Session session,
      KeyExpr keyExpr,
      AdvancedSubscriberOptions options,
      Set<Listener<?>> listeners,
      long address) {
    super(
        session,
        keyExpr,
        options.options(),
        address,
        () -> listeners.forEach(Listener::endWithOwner));
    this.advanced = options;
    this.listeners = listeners;
  }

  /** Returns the options that it was declared with. */
  public AdvancedSubscriberOptions options() {
    return advanced;
  }

  /** Returns the number of samples it missed permanently since its declaration. */
  public long missedCount() {
    return call(NativeAdvanced::missedCount);
  }

  /** Declares a listener that learns what is missed from now on. */
  public SampleMissListener declareSampleMissListener() {
    return call(
        address ->
            session()
                .remember(
                    Handle.owned(
                        listener ->
                            new SampleMissListener(session(), toString(), listeners, listener),
                        new NativeAdvanced.Misses()::end,
                        NativeAdvanced.listen(address))));
  }

  /** {@link #declareSampleMissListener()} with a handler on a virtual thread of the library. */
  public SampleMissListener declareSampleMissListener(MissHandler handler) {
    return Declared.started(listener -> listener.dispatchTo(handler), declareSampleMissListener());
  }

  /**
   * Declares a subscriber of the tokens of matching publishers: those that were declared {@link
   * AdvancedPublisherOptions#detectable()}. It is the session's, not this subscriber's.
   *
   * @param history whether those that are there already come first
   */
  public Subscriber detectPublishers(boolean history, SubscriberOptions options)
      throws ZenohException {
    return session()
        .liveliness()
        .declareSubscriber(keyExpr().join("@adv/pub/**"), history, options);
  }

  @Override
  public String toString() {
    return "AdvancedSubscriber[" + keyExpr() + "]";
  }
}
