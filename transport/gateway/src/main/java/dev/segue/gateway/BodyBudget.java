package dev.segue.gateway;

import dev.segue.http2.Headers;
import dev.segue.http2.Http2Error;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * How many bytes of request bodies may be held at a time, by all requests together.
 *
 * <p>Owner: the gateway. Lifetime: the same. Threads: any.
 */
final class BodyBudget {
  private final long byteSize;
  private final AtomicLong taken = new AtomicLong();

  BodyBudget(long byteSize) {
    this.byteSize = byteSize;
  }

  /** What one request may hold, until it is closed. */
  final class Share implements AutoCloseable {
    private final long shareByteSize;
    private final AtomicBoolean closed = new AtomicBoolean();

    private Share(long shareByteSize) {
      this.shareByteSize = shareByteSize;
    }

    @Override
    public void close() {
      if (closed.compareAndSet(false, true)) {
        long _ = taken.addAndGet(-shareByteSize);
      }
    }
  }

  /**
   * As much as the request says that it has, or {@code maxByteSize} if it doesn't say.
   *
   * @throws HttpException 413 if it is larger than that, 503 if there is no room now
   */
  Share take(Call call, long maxByteSize) throws HttpException {
    long wanted = contentLength(call, maxByteSize);
    if (wanted > maxByteSize) {
      throw tooLarge(maxByteSize);
    }
    if (taken.addAndGet(wanted) > byteSize) {
      long _ = taken.addAndGet(-wanted);
      throw new HttpException(
          503,
          "body of byteSize=" + wanted + ": no room for it now",
          Headers.of("retry-after", "1"));
    }
    return new Share(wanted);
  }

  private static long contentLength(Call call, long otherwise) throws HttpException {
    String text = call.header("content-length");
    if (text.isEmpty()) {
      return otherwise;
    }
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw HttpException.badRequest("content-length=" + text + ": no number");
    }
  }

  private static HttpException tooLarge(long maxByteSize) {
    return new HttpException(413, "the body is larger than byteSize=" + maxByteSize);
  }

  /** Answers a request whose body did not come whole. */
  static void answer(Call call, @Nullable Throwable fault, long maxByteSize) {
    Throwable cause = fault instanceof CompletionException ? fault.getCause() : fault;
    String message = cause == null ? "" : String.valueOf(cause.getMessage());
    if (message.contains("maxByteSize=")) {
      call.exchange().body().cancel();
      call.refuse(tooLarge(maxByteSize));
    } else {
      call.exchange().reset(Http2Error.CANCEL);
    }
  }
}
