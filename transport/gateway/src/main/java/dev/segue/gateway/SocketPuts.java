package dev.segue.gateway;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import dev.segue.zenoh.Encoding;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Qos;
import dev.segue.zenoh.ZenohException;
import java.util.function.Consumer;

/**
 * Publishes what comes in messages of one WebSocket, in their order, from the memory that they were
 * received in.
 *
 * <p>Owner: the connection. Lifetime: the same; what was taken is put all the same. Threads: the
 * connection's event loop.
 */
final class SocketPuts {
  private final GatewayExchange call;
  private final TopicAccess access;
  private final Publishing publishing;
  private final Publishing.Lane lane;
  private final long maxByteSize;

  SocketPuts(GatewayExchange call, TopicAccess access, Publishing publishing, long maxByteSize) {
    this.call = call;
    this.access = access;
    this.publishing = publishing;
    this.lane = publishing.lane();
    this.maxByteSize = maxByteSize;
  }

  /** Returns whether the client may write anything at all. */
  boolean isAllowed() {
    return access.allowsWriting(call);
  }

  /**
   * The key to write.
   *
   * @throws HttpException if it is none, or may not be written
   */
  KeyExpr checked(String key) throws HttpException {
    KeyExpr expr = TopicAccess.parse(key);
    access.checkWritable(call, expr);
    return expr;
  }

  /**
   * Work with the core: what it gives is the outcome.
   *
   * @see Publishing#putForOutcome
   */
  interface Work {
    String run() throws ZenohException;
  }

  /** Receives the outcome of work. */
  interface Outcome {
    void done(String outcome);

    void failed(HttpException fault);
  }

  /**
   * Puts a payload, which is lent meanwhile.
   *
   * @param room what the message takes of the budget of bodies; closed here, whatever happens
   * @param told whether the outcome is wanted, which costs more
   */
  void put(
      KeyExpr key,
      SegmentedBytes payload,
      Encoding encoding,
      Qos qos,
      boolean told,
      ClientSlots.Taken room,
      Outcome outcome) {
    if (payload.byteSize() > maxByteSize) {
      room.close();
      outcome.failed(
          new HttpException(
              413, "payload of byteSize=" + payload.byteSize() + ": larger than " + maxByteSize));
      return;
    }
    Lend.begin(payload);
    Runnable end =
        () -> {
          Lend.end(payload);
          room.close();
        };
    run(
        () -> {
          if (told) {
            return publishing.putForOutcome(key, payload, encoding, qos);
          }
          publishing.put(key, payload, encoding, qos);
          return "";
        },
        end,
        outcome);
  }

  void delete(KeyExpr key, Qos qos, ClientSlots.Taken room, Outcome outcome) {
    run(
        () -> {
          publishing.delete(key, qos);
          return "";
        },
        room::close,
        outcome);
  }

  private void run(Work work, Runnable end, Outcome outcome) {
    boolean given = false;
    try {
      call.checkStillAllowed();
      lane.execute(
          () -> {
            try {
              String done = work.run();
              outcome.done(done);
            } catch (ZenohException | IllegalStateException e) {
              outcome.failed(new HttpException(503, String.valueOf(e.getMessage())));
            } catch (IllegalArgumentException e) {
              outcome.failed(HttpException.badRequest(String.valueOf(e.getMessage())));
            } catch (Throwable e) {
              System.getLogger("dev.segue.gateway").log(System.Logger.Level.WARNING, "put", e);
              outcome.failed(new HttpException(503, "the gateway failed; its log says why"));
            } finally {
              end.run();
            }
          });
      given = true;
    } catch (HttpException e) {
      outcome.failed(e);
    } finally {
      if (!given) {
        end.run();
      }
    }
  }

  /** An outcome of which only faults are of interest. */
  static Outcome onFault(Consumer<HttpException> receiver) {
    return new Outcome() {
      @Override
      public void done(String outcome) {}

      @Override
      public void failed(HttpException fault) {
        receiver.accept(fault);
      }
    };
  }
}
