package dev.segue.objectstore.azure;

import com.azure.core.http.HttpHeaderName;
import com.azure.core.http.HttpHeaders;
import com.azure.core.http.HttpRequest;
import com.azure.core.http.HttpResponse;
import com.azure.core.util.CoreUtils;
import com.azure.core.util.FluxUtil;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A response as azure-core wants it. */
final class AzureResponse extends HttpResponse {
  private final int status;
  private final HttpHeaders headers;
  private final Flux<ByteBuffer> body;
  private final Runnable drop;

  AzureResponse(
      HttpRequest request, int status, HttpHeaders headers, Flux<ByteBuffer> body, Runnable drop) {
    super(request);
    this.status = status;
    this.headers = headers;
    this.body = body;
    this.drop = drop;
  }

  AzureResponse(HttpRequest request, int status, HttpHeaders headers, byte[] body) {
    this(
        request,
        status,
        headers,
        body.length == 0
            ? Flux.empty()
            : Flux.defer(() -> Flux.just(ByteBuffer.wrap(body).asReadOnlyBuffer())),
        () -> {});
  }

  @Override
  public int getStatusCode() {
    return status;
  }

  @Override
  @Deprecated
  public @Nullable String getHeaderValue(String name) {
    return headers.getValue(HttpHeaderName.fromString(name));
  }

  @Override
  public HttpHeaders getHeaders() {
    return headers;
  }

  @Override
  public Flux<ByteBuffer> getBody() {
    return body;
  }

  @Override
  public Mono<byte[]> getBodyAsByteArray() {
    return FluxUtil.collectBytesFromNetworkResponse(body, headers);
  }

  @Override
  public Mono<String> getBodyAsString() {
    return getBodyAsByteArray()
        .map(
            bytes ->
                CoreUtils.bomAwareToString(bytes, headers.getValue(HttpHeaderName.CONTENT_TYPE)));
  }

  @Override
  public Mono<String> getBodyAsString(Charset charset) {
    return getBodyAsByteArray().map(bytes -> new String(bytes, charset));
  }

  /** Lets go of the connection; without effect on a body that was read. */
  @Override
  public void close() {
    drop.run();
  }
}
