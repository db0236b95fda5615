package dev.segue.bench.peer;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import software.amazon.awssdk.core.async.AsyncResponseTransformer;
import software.amazon.awssdk.core.async.SdkPublisher;

/** Copies a body into memory as its buffers come: the cheapest that the SDK's clients allow. */
final class MemorySink<R> implements AsyncResponseTransformer<R, R>, Subscriber<ByteBuffer> {
  private final MemorySegment memory;
  private CompletableFuture<R> result = new CompletableFuture<>();
  private @Nullable R response;
  private long at;

  MemorySink(MemorySegment memory) {
    this.memory = memory;
  }

  @Override
  public CompletableFuture<R> prepare() {
    at = 0;
    result = new CompletableFuture<>();
    return result;
  }

  @Override
  public void onResponse(R head) {
    response = head;
  }

  @Override
  public void onStream(SdkPublisher<ByteBuffer> publisher) {
    publisher.subscribe(this);
  }

  @Override
  public void exceptionOccurred(Throwable failure) {
    result.completeExceptionally(failure);
  }

  @Override
  public void onSubscribe(Subscription subscription) {
    subscription.request(Long.MAX_VALUE);
  }

  @Override
  public void onNext(ByteBuffer bytes) {
    MemorySegment from = MemorySegment.ofBuffer(bytes);
    MemorySegment.copy(from, 0, memory, at, from.byteSize());
    at += from.byteSize();
  }

  @Override
  public void onError(Throwable failure) {
    result.completeExceptionally(failure);
  }

  @Override
  public void onComplete() {
    result.complete(response);
  }
}
