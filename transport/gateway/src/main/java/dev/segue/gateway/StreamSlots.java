package dev.segue.gateway;

import dev.segue.http2.Headers;
import java.util.concurrent.Semaphore;

/**
 * How many responses may go on for long at a time: streams, and requests that wait for a value.
 *
 * <p>Owner: the gateway. Lifetime: the same. Threads: any.
 */
final class StreamSlots {
  private final Semaphore free;
  private final int count;

  StreamSlots(int count) {
    this.count = count;
    this.free = new Semaphore(count);
  }

  /**
   * Takes one until the exchange ends.
   *
   * @throws HttpException 503 if there is none
   */
  void take(Call call) throws HttpException {
    if (!free.tryAcquire()) {
      throw new HttpException(
          503, "all streamCount=" + count + " streams are taken", Headers.of("retry-after", "5"));
    }
    var _ = call.exchange().closed().whenComplete((_, _) -> free.release());
  }

  int takenCount() {
    return count - free.availablePermits();
  }
}
