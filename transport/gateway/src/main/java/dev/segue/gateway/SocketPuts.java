package dev.segue.gateway;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.zenoh.Encoding;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.PutOptions;
import dev.segue.zenoh.Qos;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ZenohException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;

/** Publishes what comes in messages of a WebSocket, if its client may. */
final class SocketPuts {
  private final Session session;
  private final GatewayOptions options;
  private final Executor publishing;
  private final ClientSlots bodies;

  SocketPuts(Session session, GatewayOptions options, Executor publishing, ClientSlots bodies) {
    this.session = session;
    this.options = options;
    this.publishing = publishing;
    this.bodies = bodies;
  }

  /** Whether a client may write anything at all. */
  boolean isAllowed(Call call) {
    return !options.writable.isEmpty() && !call.grant().writable().isEmpty();
  }

  /**
   * The key to write.
   *
   * @throws HttpException if it is none, or may not be written
   */
  KeyExpr checked(Call call, String key) throws HttpException {
    KeyExpr expr;
    try {
      expr = KeyExpr.of(key);
    } catch (IllegalArgumentException e) {
      throw HttpException.badRequest(String.valueOf(e.getMessage()));
    }
    if (!Grant.includes(options.writable, expr) || !call.grant().allowsWrite(expr)) {
      throw new HttpException(403, key + ": not among what may be written (--allow-write)");
    }
    if (expr.isWild()) {
      throw HttpException.badRequest(key + ": one key is needed to write");
    }
    return expr;
  }

  /**
   * Puts a payload that is only valid during this call, so that it is copied.
   *
   * @param done gets an empty text, or why it was not put
   * @throws HttpException if there is no room for it now
   */
  void put(Call call, KeyExpr key, SegmentedBytes payload, Encoding encoding, Consumer<String> done)
      throws HttpException {
    if (payload.byteSize() > options.maxPutByteSize) {
      throw new HttpException(413, "the payload is larger than " + options.maxPutByteSize);
    }
    ClientSlots.Taken room = bodies.take(call.client(), Math.max(1, payload.byteSize()));
    SegmentedBytes copy = SegmentedBytes.fromSegments(payload.segments(), true);
    try {
      publishing.execute(
          () -> {
            try (room) {
              session.put(key, copy, Qos.defaults(), PutOptions.none().encoding(encoding));
              done.accept("");
            } catch (ZenohException | RuntimeException e) {
              done.accept(String.valueOf(e.getMessage()));
            }
          });
    } catch (RejectedExecutionException e) {
      room.close();
      throw new HttpException(503, "too many puts are under way");
    }
  }
}
