package dev.segue.objectstore.s3;

import dev.segue.objectstore.http.BodyGatherer;
import java.lang.foreign.MemorySegment;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
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

  /** A PUT of a body; completes with the response's head when the response has ended. */
  static CompletableFuture<SdkHttpResponse> put(
      DirectHttpClient client, URI uri, AwsRegionBody body) {
    return send(client, SdkHttpMethod.PUT, uri, body);
  }

  /** The same by another method. */
  static CompletableFuture<SdkHttpResponse> send(
      DirectHttpClient client, SdkHttpMethod method, URI uri, AwsRegionBody body) {
    CompletableFuture<SdkHttpResponse> result = new CompletableFuture<>();
    AtomicReference<SdkHttpResponse> head = new AtomicReference<>();
    SdkHttpFullRequest request =
        SdkHttpFullRequest.builder()
            .method(method)
            .uri(uri)
            .putHeader("Content-Length", Long.toString(body.byteSize()))
            .build();
    CompletableFuture<Void> _ =
        client.execute(
            AsyncExecuteRequest.builder()
                .request(request)
                .requestContentPublisher(
                    new SdkHttpContentPublisher() {
                      @Override
                      public Optional<Long> contentLength() {
                        return body.contentLength();
                      }

                      @Override
                      public void subscribe(Subscriber<? super ByteBuffer> subscriber) {
                        body.subscribe(subscriber);
                      }
                    })
                .responseHandler(
                    new SdkAsyncHttpResponseHandler() {
                      @Override
                      public void onHeaders(SdkHttpResponse headers) {
                        head.set(headers);
                      }

                      @Override
                      public void onStream(Publisher<ByteBuffer> stream) {
                        stream.subscribe(
                            new BodyGatherer(1 << 16, bytes -> result.complete(head.get())));
                      }

                      @Override
                      public void onError(Throwable failure) {
                        result.completeExceptionally(failure);
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
