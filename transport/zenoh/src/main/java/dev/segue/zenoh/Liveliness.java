package dev.segue.zenoh;

import java.time.Duration;

/**
 * Presence: tokens of a session, and subscribers and queries for those of others.
 *
 * <p>A token that appears is a sample of kind {@link SampleKind#PUT} with its key and no payload;
 * one that is gone, {@link SampleKind#DELETE}.
 *
 * <p>Owner: the session. Lifetime: as the session's. Threads: any.
 */
public final class Liveliness {
  private final Session session;

  Liveliness(Session session) {
    this.session = session;
  }

  /**
   * Declares that this session is there, under a key. Waits for room in full subscribers of the
   * same session ({@link Backlog#hold}), as a put does.
   */
  public LivelinessToken declareToken(KeyExpr keyExpr) throws ZenohException {
    return session.declared(
        address ->
            Handle.owned(
                token -> new LivelinessToken(session, keyExpr, token),
                NativeLiveliness::freeToken,
                NativeLiveliness.declareToken(address, keyExpr)));
  }

  /**
   * Declares a subscriber to tokens, to be polled or pulled.
   *
   * @param history whether the tokens that are there already come first
   * @param options its backlog and its errors; tokens have no origin. With {@code history}, {@link
   *     Backlog#hold} has room for 1,048,576 tokens at least: those that are there come before any
   *     of them can be taken
   */
  public Subscriber declareSubscriber(KeyExpr keyExpr, boolean history, SubscriberOptions options)
      throws ZenohException {
    return session.declared(
        address ->
            Handle.owned(
                subscriber -> new Subscriber(session, keyExpr, options, subscriber),
                NativeSubscriber::end,
                NativeLiveliness.declareSubscriber(address, keyExpr, history, options)));
  }

  /**
   * {@link #declareSubscriber(KeyExpr, boolean, SubscriberOptions)} whose samples a thread of the
   * library gives to a handler.
   */
  public Subscriber declareSubscriber(
      KeyExpr keyExpr, boolean history, SubscriberOptions options, SampleHandler handler)
      throws ZenohException {
    return Declared.started(
        subscriber -> subscriber.dispatchTo(handler), declareSubscriber(keyExpr, history, options));
  }

  /** Asks which tokens are there. All replies are kept until they are taken. */
  public Replies get(KeyExpr keyExpr, Duration timeout) throws ZenohException {
    GetOptions options = GetOptions.defaults().timeout(timeout);
    return session.declared(
        address ->
            Handle.owned(
                replies -> new Replies(session, Selector.of(keyExpr), replies),
                NativeQuery::end,
                NativeLiveliness.get(address, keyExpr, options)));
  }
}
