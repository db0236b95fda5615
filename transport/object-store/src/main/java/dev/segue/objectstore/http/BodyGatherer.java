package dev.segue.objectstore.http;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.Consumer;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/** Gathers a small body, and delivers it when its connection is free again. */
public final class BodyGatherer implements Subscriber<ByteBuffer> {
  private final byte[] bytes;
  private final Consumer<byte[]> whole;
  private int count;

  public BodyGatherer(int byteSize, Consumer<byte[]> whole) {
    this.bytes = new byte[byteSize];
    this.whole = whole;
  }

  @Override
  public void onSubscribe(Subscription subscription) {
    subscription.request(Long.MAX_VALUE);
  }

  @Override
  public void onNext(ByteBuffer part) {
    int byteSize = part.remaining();
    part.get(bytes, count, byteSize);
    count += byteSize;
  }

  @Override
  public void onError(Throwable failure) {
    // The exchange has told of it already.
  }

  @Override
  public void onComplete() {
    whole.accept(count == bytes.length ? bytes : Arrays.copyOf(bytes, count));
  }
}
