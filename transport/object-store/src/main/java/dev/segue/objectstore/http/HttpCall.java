package dev.segue.objectstore.http;

import java.nio.ByteBuffer;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;

/** A request of an SDK, and the receiver of its response. */
public interface HttpCall {
  /** The endpoint that it goes to. */
  HttpEndpoint endpoint();

  /** Such as GET. */
  String method();

  /** Path and query, encoded. */
  String target();

  /** Tells each field of the request's head. */
  void forEachField(BiConsumer<String, String> to);

  /** The request's body, null if it has none. */
  @Nullable Publisher<ByteBuffer> body();

  /** Returns how long the body is, or -1 if that is unknown. */
  long bodyByteSize();

  /**
   * Returns whether the server may take long to answer, and must not be asked again in that time.
   */
  default boolean isLongWork() {
    return false;
  }

  /**
   * The response's head has arrived; called on the exchange's thread, which then reads the body.
   */
  void onResponse(ResponseHead head, ResponseBody body);

  /**
   * Called when there is no response or its body is incomplete, once nothing is in flight any more.
   */
  void onFailure(Throwable failure);
}
