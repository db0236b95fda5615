package dev.segue.http2;

import dev.segue.bytes.spi.PeerClock;
import io.netty.util.concurrent.EventExecutor;
import java.time.Duration;

/** One exchange as its protocol has it: a stream of HTTP/2, or a turn of HTTP/1.1. Loop only. */
interface ProtocolExchange {
  EventExecutor loop();

  void writeResponse(int status, Headers headers, boolean endStream);

  void writeData(LentRegion lease, int padByteSize, boolean endStream);

  /** The application has begun to read the body. */
  default void wanted() {}

  /** The application is done with that many bytes of the body. */
  void consumed(int byteSize);

  /**
   * The application wants no more of the body.
   *
   * @param isMuch whether much of it has come since
   */
  void unwanted(boolean isMuch);

  void reset(Http2Error error);

  String describe();

  /** Returns how long its connection may be quiet. */
  Duration idle();

  /** The {@link PeerClock} of its connection. */
  PeerClock clock();

  /** Now, by that clock, which only the loop may look at. Any thread. */
  default long nanoTime() {
    return loop().inEventLoop() ? clock().nanoTime() : clock().peek();
  }

  /** {@link ConnectionWatch#lastTakenNanos} of its connection. */
  long lastTakenNanos();

  /** Answers that both sides may speak what they agreed on: 101, or 200 in HTTP/2. */
  void upgrade(Headers headers);
}
