package dev.segue.zenoh;

import dev.segue.bytes.Loan;
import dev.segue.bytes.SegmentedBytes;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * A query to a queryable, to be answered with any number of replies; closing it notifies the client
 * that no more come.
 *
 * <p>Owner: the receiver; in a handler, the library. Lifetime: until {@link #close()}, or until the
 * handler returns; then {@link IllegalStateException}. The query ends for the client when it and
 * every query {@linkplain #retain() retained} from it are closed. Nothing else closes a query that
 * was received: the client of one that is never closed waits until its timeout. Threads: any; in a
 * handler, only the handler's thread may read the data that came with the query.
 */
public final class Query implements AutoCloseable {
  private final Queryable queryable;
  private final Sample sample;
  private final Parameters parameters;
  private final boolean hasPayload;
  private final boolean acceptsAny;
  private final Handle handle;

  Query(Queryable queryable, Sample sample, NativeQueryable.Taking taking) {
    this(
        queryable,
        sample,
        taking.parameters(),
        taking.hasPayload(),
        taking.acceptsAny(),
        taking.handle());
  }

  private Query(
      Queryable queryable,
      Sample sample,
      Parameters parameters,
      boolean hasPayload,
      boolean acceptsAny,
      long address) {
    this.queryable = queryable;
    this.sample = sample;
    this.parameters = parameters;
    this.hasPayload = hasPayload;
    this.acceptsAny = acceptsAny;
    this.handle =
        new Handle(
            "a query of " + queryable.keyExpr(), address, () -> NativeQueryable.freeQuery(address));
  }

  /**
   * Returns the key expression that it asks for; often it matches several keys, and then it is no
   * key to reply with.
   */
  public KeyExpr keyExpr() {
    return sample.keyExpr();
  }

  /** Returns the parameters of the query. */
  public Parameters parameters() {
    return parameters;
  }

  /** The keys and the parameters. */
  public Selector selector() {
    return new Selector(keyExpr(), parameters);
  }

  /** Returns the payload in place, if there is one. */
  public Optional<SegmentedBytes> payload() {
    return hasPayload ? Optional.of(sample.payload()) : Optional.empty();
  }

  /** Returns the encoding of the payload, if there is one. */
  public Optional<Encoding> encoding() {
    return hasPayload ? Optional.of(sample.encoding()) : Optional.empty();
  }

  /** The bytes beside the payload, in place. */
  public Optional<SegmentedBytes> attachment() {
    return sample.attachment();
  }

  /** Which keys a reply may have. */
  public ReplyKeyExpr accepted() {
    return acceptsAny ? ReplyKeyExpr.ANY : ReplyKeyExpr.MATCHING_QUERY;
  }

  /**
   * Replies with a value, lent as by {@link Publisher#put(SegmentedBytes)}. There is no way to know
   * whether the client is still waiting.
   *
   * @throws ZenohException if the core failed, or the session is closed
   * @throws IllegalArgumentException if the key doesn't match the query's, unless the query accepts
   *     any, or the payload has more than 4 GiB - 1
   */
  public void reply(KeyExpr keyExpr, SegmentedBytes payload) throws ZenohException {
    reply(keyExpr, payload, PutOptions.none());
  }

  /** {@link #reply(KeyExpr, SegmentedBytes)} with options for the value. */
  public void reply(KeyExpr keyExpr, SegmentedBytes payload, PutOptions options)
      throws ZenohException {
    send(NativeQueryable.PUT, keyExpr, payload, options);
  }

  /**
   * Hands over a loan whole, replies with it and closes it: its memory goes back to the pool as
   * soon as no reader holds it.
   */
  public void reply(KeyExpr keyExpr, Loan loan) throws ZenohException {
    try (loan) {
      reply(keyExpr, loan.handOver());
    }
  }

  /** Replies that the key has no value any more. */
  public void replyDel(KeyExpr keyExpr) throws ZenohException {
    replyDel(keyExpr, PutOptions.none());
  }

  /** {@link #replyDel(KeyExpr)} with an attachment, a timestamp or source info. */
  public void replyDel(KeyExpr keyExpr, PutOptions options) throws ZenohException {
    send(NativeQueryable.DELETE, keyExpr, null, options);
  }

  /** Replies that it went wrong; the payload says what. */
  public void replyErr(SegmentedBytes payload) throws ZenohException {
    replyErr(payload, Encoding.ZENOH_BYTES);
  }

  /** {@link #replyErr(SegmentedBytes)} with what the payload is. */
  public void replyErr(SegmentedBytes payload, Encoding encoding) throws ZenohException {
    PutOptions options = new PutOptions(encoding, null, null, OptionalInt.empty());
    send(NativeQueryable.ERROR, null, payload, options);
  }

  private void send(
      int kind, @Nullable KeyExpr keyExpr, @Nullable SegmentedBytes payload, PutOptions options)
      throws ZenohException {
    Limits.checkSizes(
        payload == null ? SegmentedBytes.empty() : payload, options.attachment(), Locality.ANY);
    if (options.timestampStack()) {
      throw new IllegalArgumentException("reply with a timestamp stack: only puts have one");
    }
    long address = handle.enter();
    if (queryable.session().isClosed()) {
      handle.release();
      throw new ZenohException(
          ZenohException.Kind.CLOSED,
          "reply to a query of " + queryable.keyExpr() + ": its session is closed");
    }
    Putter putter = queryable.putters().take();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment key =
          keyExpr == null ? MemorySegment.NULL : Native.utf8(arena, keyExpr.toString());
      putter.lend(
          payload,
          options,
          ZenohException.Kind.QUERY,
          "reply to a query of " + queryable.keyExpr(),
          (put, hold1, hold2, hold3, hold4) ->
              NativeQueryable.reply(address, kind, key, put, hold1, hold2, hold3, hold4));
    } catch (ZenohException e) {
      throw queryable.session().explained(e);
    } finally {
      queryable.putters().giveBack(putter);
      handle.release();
    }
  }

  /**
   * The same query, open until it is closed, for any thread: to answer after the handler has
   * returned, or in several threads.
   */
  public Query retain() {
    long address = handle.enter();
    try {
      Sample retained = sample.retain();
      try {
        return Handle.owned(
            own -> new Query(queryable, retained, parameters, hasPayload, acceptsAny, own),
            NativeQueryable::freeQuery,
            NativeQueryable.retain(address));
      } catch (Throwable e) {
        retained.close();
        throw e;
      }
    } finally {
      handle.release();
    }
  }

  /** Returns whether it is closed. */
  public boolean isClosed() {
    return handle.isClosed();
  }

  /**
   * Ends it, once replies in progress on other threads have finished. Idempotent.
   *
   * @throws WrongThreadException if the query belongs to a handler, and another thread closes it;
   *     it stays open
   */
  @Override
  public void close() {
    sample.checkThread();
    try {
      sample.close();
    } finally {
      handle.close(address -> {});
    }
  }

  @Override
  public String toString() {
    return isClosed() ? "Query[ended]" : "Query[of " + queryable.keyExpr() + "]";
  }
}
