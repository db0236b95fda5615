package dev.segue.objectstore.http;

import java.lang.foreign.MemorySegment;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import software.amazon.awssdk.core.async.SdkPublisher;
import software.amazon.awssdk.http.SdkHttpFullRequest;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpResponse;
import software.amazon.awssdk.http.async.AsyncExecuteRequest;
import software.amazon.awssdk.http.async.SdkAsyncHttpResponseHandler;
import software.amazon.awssdk.http.async.SdkHttpContentPublisher;

/** Sends requests as the SDK does, without the SDK. */
final class Requests {
  private Requests() {}

  /** A GET into a region; completes with the response when the thread has left the region. */
  static CompletableFuture<SdkHttpResponse> get(
      DirectHttpClient client, URI uri, RegionSink<SdkHttpResponse> sink) {
    CompletableFuture<SdkHttpResponse> result = sink.prepare();
    SdkHttpFullRequest request =
        SdkHttpFullRequest.builder().method(SdkHttpMethod.GET).uri(uri).build();
    CompletableFuture<Void> _ =
        client.execute(
            AsyncExecuteRequest.builder()
                .request(request)
                .requestContentPublisher(new Empty())
                .responseHandler(
                    new SdkAsyncHttpResponseHandler() {
                      @Override
                      public void onHeaders(SdkHttpResponse headers) {
                        sink.onResponse(headers);
                      }

                      @Override
                      public void onStream(Publisher<ByteBuffer> stream) {
                        sink.onStream(SdkPublisher.adapt(stream));
                      }

                      @Override
                      public void onError(Throwable failure) {
                        sink.exceptionOccurred(failure);
                      }
                    })
                .build());
    return result;
  }

  static CompletableFuture<SdkHttpResponse> get(
      DirectHttpClient client, URI uri, MemorySegment region) {
    return get(client, uri, RegionSink.into(region));
  }

  private static final class Empty implements SdkHttpContentPublisher {
    @Override
    public Optional<Long> contentLength() {
      return Optional.of(0L);
    }

    @Override
    public void subscribe(Subscriber<? super ByteBuffer> subscriber) {
      SdkPublisher.<ByteBuffer>fromIterable(List.of()).subscribe(subscriber);
    }
  }
}
