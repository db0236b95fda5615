package dev.segue.objectstore.http;

import java.nio.ByteBuffer;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;

/** One request as an SDK asks for it, and who learns of its response. */
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
   * Returns whether the server may work for long before it answers, and is not to be asked again
   * meanwhile.
   */
  default boolean isLongWork() {
    return false;
  }

  /**
   * The response's head has arrived; called on the exchange's thread, which then reads the body.
   */
  void onResponse(ResponseHead head, ResponseBody body);

  /** There is no response, or its body is not whole; called when nothing is in flight any more. */
  void onFailure(Throwable failure);
}
