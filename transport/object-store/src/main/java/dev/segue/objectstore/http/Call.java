package dev.segue.objectstore.http;

import java.nio.ByteBuffer;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;

/** One request as an SDK asks for it, and who learns of its response. */
interface Call {
  Connection.Endpoint endpoint();

  String method();

  /** Path and query, encoded. */
  String target();

  /** Tells each field of the request's head. */
  void forEachField(BiConsumer<String, String> to);

  /** The request's body, null if it has none. */
  @Nullable Publisher<ByteBuffer> body();

  /** How long the body is, or -1 if that is unknown. */
  long bodyByteSize();

  /**
   * The response's head has arrived; called on the exchange's thread, which then reads the body.
   */
  void onResponse(ResponseHead head, ResponseBody body);

  /** There is no response, or its body is not whole; called when nothing is in flight any more. */
  void onFailure(Throwable failure);
}
