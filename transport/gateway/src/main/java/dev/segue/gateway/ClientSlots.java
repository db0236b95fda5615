package dev.segue.gateway;

import dev.segue.http2.Headers;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Bounds how much of something goes on at a time, for all clients together and for each client's
 * address.
 *
 * <p>Owner: the gateway. Lifetime: the same. Threads: any.
 */
final class ClientSlots {
  private final String what;
  private final long count;
  private final long countPerClient;
  private final int retrySeconds;
  private final Map<InetAddress, Long> byClient = new HashMap<>();
  private long taken;

  /**
   * Makes slots.
   *
   * @param what what they are of, for the message
   * @param countPerClient how many one address may have
   * @param retrySeconds when who got none should ask again
   */
  ClientSlots(String what, long count, long countPerClient, int retrySeconds) {
    this.retrySeconds = retrySeconds;
    this.what = what;
    this.count = count;
    this.countPerClient = countPerClient;
  }

  /** Slots that were taken, until they are closed. */
  final class Taken implements AutoCloseable {
    private final InetAddress client;

    /** Guarded by the slots, as all of them. */
    private boolean closed;

    private long mine;

    private Taken(InetAddress client) {
      this.client = client;
    }

    /**
     * Takes more.
     *
     * @throws HttpException 503 if there are not so many, or they were given back: who takes them
     *     on another thread than the request's may be late
     */
    void more(long wanted) throws HttpException {
      if (!tryMore(wanted)) {
        throw refusal();
      }
    }

    private HttpException refusal() {
      synchronized (ClientSlots.this) {
        if (closed) {
          return new HttpException(503, what + ": given back, as the request has ended");
        }
      }
      return new HttpException(
          503,
          "all of " + what + "=" + count + " are taken, or as many by this address as it may have",
          Headers.of("retry-after", Integer.toString(retrySeconds)));
    }

    /** {@link #more} where to get none is usual; false if there are not so many. */
    boolean tryMore(long wanted) {
      synchronized (ClientSlots.this) {
        long ofClient = byClient.getOrDefault(client, 0L);
        if (closed || taken + wanted > count || ofClient + wanted > countPerClient) {
          return false;
        }
        taken += wanted;
        mine += wanted;
        byClient.put(client, ofClient + wanted);
        return true;
      }
    }

    /** Gives them back. Idempotent. */
    @Override
    public void close() {
      synchronized (ClientSlots.this) {
        if (closed) {
          return;
        }
        closed = true;
        taken -= mine;
        long left = byClient.getOrDefault(client, 0L) - mine;
        if (left > 0) {
          byClient.put(client, left);
        } else {
          byClient.remove(client);
        }
      }
    }
  }

  /**
   * Takes some for a client.
   *
   * @throws HttpException 503 if there are not so many
   */
  Taken take(InetAddress client, long wanted) throws HttpException {
    Taken slots = new Taken(client);
    slots.more(wanted);
    return slots;
  }

  /** {@link #take} where to get none is usual; null if there are not so many. */
  @Nullable Taken tryTake(InetAddress client, long wanted) {
    Taken slots = new Taken(client);
    return slots.tryMore(wanted) ? slots : null;
  }

  synchronized long takenCount() {
    return taken;
  }
}
