package dev.segue.objectstore.http;

import java.nio.ByteBuffer;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;

/** The body of a request that has none. */
final class NoBody implements Publisher<ByteBuffer> {
  @Override
  public void subscribe(Subscriber<? super ByteBuffer> subscriber) {}
}
