package dev.segue.zenoh;

import dev.segue.bytes.SegmentedBytes;
import java.time.Duration;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Options of a query, and the data sent with it.
 *
 * @param target which queryables are asked
 * @param consolidation what to do with several replies under the same key
 * @param timeout after which the query ends with the replies received so far; rounded up to whole
 *     milliseconds
 * @param accepted which keys the replies may have
 * @param qos how the query and its replies travel; a query has no reliability, and {@link
 *     Qos#destination()} names the queryables that may be asked
 * @param backlog what to do with replies that Java has not taken yet; {@link
 *     ConsolidationMode#LATEST} keeps all until the end, and so does {@link ConsolidationMode#AUTO}
 *     in most cases
 * @param payload sent with the query, lent as by {@link Publisher#put(SegmentedBytes)}, or null for
 *     none
 * @param encoding what the payload is, or null
 * @param attachment bytes beside the payload, lent like it, or null for none
 */
public record GetOptions(
    QueryTarget target,
    ConsolidationMode consolidation,
    Duration timeout,
    ReplyKeyExpr accepted,
    Qos qos,
    Backlog backlog,
    @Nullable SegmentedBytes payload,
    @Nullable Encoding encoding,
    @Nullable SegmentedBytes attachment) {
  private static final GetOptions DEFAULT =
      new GetOptions(
          QueryTarget.BEST_MATCHING,
          ConsolidationMode.AUTO,
          Duration.ofSeconds(10),
          ReplyKeyExpr.MATCHING_QUERY,
          Qos.defaults().congestionControl(CongestionControl.BLOCK),
          Backlog.hold(256),
          null,
          null,
          null);

  /** Checks the time-out. */
  public GetOptions {
    if (timeout.isNegative()) {
      throw new IllegalArgumentException("timeout=" + timeout + " of a get: at least zero");
    }
  }

  /**
   * Zenoh's defaults: the best matching queryables, the latest reply of each key, 10 s, blocking
   * under congestion. The core keeps all these replies until the query ends; in the modes that keep
   * none, 256 wait for Java, and those that follow push back.
   */
  public static GetOptions defaults() {
    return DEFAULT;
  }

  /** With another target. */
  public GetOptions target(QueryTarget value) {
    return new GetOptions(
        value, consolidation, timeout, accepted, qos, backlog, payload, encoding, attachment);
  }

  /** With another consolidation. */
  public GetOptions consolidation(ConsolidationMode value) {
    return new GetOptions(
        target, value, timeout, accepted, qos, backlog, payload, encoding, attachment);
  }

  /** With another time-out. */
  public GetOptions timeout(Duration value) {
    return new GetOptions(
        target, consolidation, value, accepted, qos, backlog, payload, encoding, attachment);
  }

  /** With other keys that the replies may have. */
  public GetOptions accepted(ReplyKeyExpr value) {
    return new GetOptions(
        target, consolidation, timeout, value, qos, backlog, payload, encoding, attachment);
  }

  /** With another quality of service. */
  public GetOptions qos(Qos value) {
    return new GetOptions(
        target, consolidation, timeout, accepted, value, backlog, payload, encoding, attachment);
  }

  /** With another backlog. */
  public GetOptions backlog(Backlog value) {
    return new GetOptions(
        target, consolidation, timeout, accepted, qos, value, payload, encoding, attachment);
  }

  /** With a payload. */
  public GetOptions payload(SegmentedBytes value) {
    return new GetOptions(
        target, consolidation, timeout, accepted, qos, backlog, value, encoding, attachment);
  }

  /** With an encoding. */
  public GetOptions encoding(Encoding value) {
    return new GetOptions(
        target, consolidation, timeout, accepted, qos, backlog, payload, value, attachment);
  }

  /** With an attachment. */
  public GetOptions attachment(SegmentedBytes value) {
    return new GetOptions(
        target, consolidation, timeout, accepted, qos, backlog, payload, encoding, value);
  }

  void checkSizes() {
    Limits.checkSizes(
        payload == null ? SegmentedBytes.empty() : payload, attachment, qos.destination());
  }

  /** Returns what goes with the payload, as a put takes it. */
  PutOptions put() {
    return new PutOptions(encoding, attachment, null, OptionalInt.empty());
  }
}
