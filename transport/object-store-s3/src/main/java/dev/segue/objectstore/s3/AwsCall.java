package dev.segue.objectstore.s3;

import dev.segue.objectstore.http.HttpCall;
import dev.segue.objectstore.http.HttpEndpoint;
import dev.segue.objectstore.http.ResponseBody;
import dev.segue.objectstore.http.ResponseHead;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import software.amazon.awssdk.http.SdkHttpFullResponse;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.async.AsyncExecuteRequest;

/** A request of the AWS SDK. */
record AwsCall(AsyncExecuteRequest request) implements HttpCall {
  private SdkHttpRequest head() {
    return request.request();
  }

  @Override
  public HttpEndpoint endpoint() {
    return new HttpEndpoint(
        head().protocol().equalsIgnoreCase("https"), head().host(), head().port());
  }

  @Override
  public String method() {
    return head().method().name();
  }

  @Override
  public String target() {
    String path = head().encodedPath().isEmpty() ? "/" : head().encodedPath();
    return head().encodedQueryParameters().map(query -> path + "?" + query).orElse(path);
  }

  @Override
  public void forEachField(BiConsumer<String, String> to) {
    head().forEachHeader((name, values) -> values.forEach(value -> to.accept(name, value)));
  }

  @Override
  public @Nullable Publisher<ByteBuffer> body() {
    return request.requestContentPublisher();
  }

  @Override
  public long bodyByteSize() {
    List<String> declared = head().matchingHeaders("Content-Length");
    if (!declared.isEmpty()) {
      return Long.parseLong(declared.getFirst());
    }
    var publisher = request.requestContentPublisher();
    return publisher == null ? 0 : publisher.contentLength().orElse(-1L);
  }

  /** The end of an upload and copies: S3 may work on large ones for minutes before it answers. */
  @Override
  public boolean isLongWork() {
    boolean isEndOfUpload =
        method().equals("POST") && head().rawQueryParameters().containsKey("uploadId");
    return isEndOfUpload || head().firstMatchingHeader("x-amz-copy-source").isPresent();
  }

  @Override
  public void onResponse(ResponseHead head, ResponseBody body) {
    SdkHttpFullResponse.Builder response =
        SdkHttpFullResponse.builder().statusCode(head.status()).statusText(head.reason());
    head.fields().forEach(field -> response.appendHeader(field.name(), field.value()));
    request.responseHandler().onHeaders(response.build());
    request.responseHandler().onStream(body);
  }

  @Override
  public void onFailure(Throwable failure) {
    request.responseHandler().onError(failure);
  }
}
