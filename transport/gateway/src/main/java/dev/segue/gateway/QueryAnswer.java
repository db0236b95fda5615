package dev.segue.gateway;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.http2.Headers;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Replies;
import dev.segue.zenoh.Reply;
import dev.segue.zenoh.ReplyHandler;
import dev.segue.zenoh.Sample;
import dev.segue.zenoh.SampleKind;
import java.util.Locale;

/**
 * Makes a response of the replies to a query.
 *
 * <p>Owner: the query. Lifetime: until its end. Threads: the one of its replies.
 */
abstract class QueryAnswer implements ReplyHandler {
  private static final int LONGEST_ERROR = 4096;

  final GatewayExchange call;
  final KeyExpr key;
  final Asking asking;
  private String error = "";
  private long errorCount;
  private long replyCount;
  private boolean ended;

  QueryAnswer(GatewayExchange call, KeyExpr key, Asking asking) {
    this.call = call;
    this.key = key;
    this.asking = asking;
  }

  @Override
  public final void onReply(Reply reply) {
    if (ended || call.isOver()) {
      return;
    }
    switch (reply) {
      case Reply.Success success -> {
        Sample sample = success.sample();
        if (sample.kind() == SampleKind.PUT && asking.isShown(call, key, sample.keyExpr())) {
          replyCount++;
          onSample(sample);
        }
      }
      case Reply.Failure failure -> {
        if (errorCount++ == 0) {
          error = textOf(failure.payload());
        }
      }
    }
  }

  private static String textOf(SegmentedBytes payload) {
    return payload.slice(0, Math.min(payload.byteSize(), LONGEST_ERROR)).copyToUtf8String();
  }

  /** Takes a reply that has a value. */
  abstract void onSample(Sample sample);

  /**
   * Answers, if there is something to answer with, and lets go of what it has when that is sent.
   *
   * @return the outcome, for the metrics; empty if there was nothing
   * @throws HttpException to answer with instead
   */
  abstract String respond(Replies.State state) throws HttpException;

  /** Answers now with what there is; more replies are not looked at. */
  final void limit() {
    onEnd(Replies.State.OPEN);
  }

  /** Lets go of what it has. */
  abstract void discard();

  @Override
  public final void onEnd(Replies.State state) {
    if (ended) {
      discard();
      return;
    }
    ended = true;
    if (call.isOver()) {
      asking.record("gone");
      discard();
      return;
    }
    try {
      call.checkStillAllowed(); // It may have waited for long.
      String outcome = state == Replies.State.CLOSED ? "" : respond(state);
      if (outcome.isEmpty()) {
        discard();
        refuse(state);
      } else {
        asking.record(outcome);
      }
    } catch (HttpException e) {
      discard();
      asking.record("failed");
      call.refuse(e);
    } catch (Throwable e) {
      discard();
      onError(e);
    }
  }

  private void refuse(Replies.State state) {
    if (errorCount > 0) {
      asking.record("error");
      call.respondText(502, stateOf(state), error);
      return;
    }
    switch (state) {
      case TIMED_OUT -> {
        asking.record("timed-out");
        call.respondText(504, stateOf(state), key + ": nobody answered in time");
      }
      case CLOSED, OPEN -> {
        asking.record("failed");
        call.respondText(503, Headers.empty(), key + ": the Zenoh session was closed");
      }
      case FINISHED -> {
        asking.record("nobody");
        call.respondText(404, stateOf(state), key + ": no value seen, and nobody has one");
      }
    }
  }

  @Override
  public final void onError(Throwable failure) {
    ended = true;
    asking.record("failed");
    call.fail("query of " + key, failure);
  }

  /** Returns how many values came. */
  final long replyCount() {
    return replyCount;
  }

  /** Returns how many errors came. */
  final long errorCount() {
    return errorCount;
  }

  /** The first error; empty if there was none. */
  final String error() {
    return error;
  }

  /** Returns what the header says of a query's end. */
  static String nameOf(Replies.State state) {
    return state.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static Headers stateOf(Replies.State state) {
    return Headers.of("segue-query", nameOf(state));
  }
}
