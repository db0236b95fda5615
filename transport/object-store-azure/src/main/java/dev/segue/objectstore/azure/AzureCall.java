package dev.segue.objectstore.azure;

import com.azure.core.http.HttpHeaderName;
import com.azure.core.http.HttpHeaders;
import com.azure.core.http.HttpRequest;
import com.azure.core.http.HttpResponse;
import com.azure.core.util.BinaryData;
import dev.segue.objectstore.http.BodyGatherer;
import dev.segue.objectstore.http.HttpCall;
import dev.segue.objectstore.http.HttpEndpoint;
import dev.segue.objectstore.http.HttpExchange;
import dev.segue.objectstore.http.ResponseBody;
import dev.segue.objectstore.http.ResponseHead;
import java.io.IOException;
import java.net.URL;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.MonoSink;

/** A request of the Azure SDK. */
final class AzureCall implements HttpCall {
  /** Up to here a response that nobody gave a region to is read before its reader learns of it. */
  private static final long GATHERED_BYTE_SIZE = 64 << 10;

  private final HttpRequest request;
  private final @Nullable AzureRegionSink region;
  private final MonoSink<HttpResponse> answer;
  private boolean answered;

  AzureCall(HttpRequest request, @Nullable AzureRegionSink region, MonoSink<HttpResponse> answer) {
    this.request = request;
    this.region = region;
    this.answer = answer;
  }

  @Override
  public HttpEndpoint endpoint() {
    URL url = request.getUrl();
    int port = url.getPort() < 0 ? url.getDefaultPort() : url.getPort();
    return new HttpEndpoint(url.getProtocol().equals("https"), url.getHost(), port);
  }

  @Override
  public String method() {
    return request.getHttpMethod().toString();
  }

  @Override
  public String target() {
    String file = request.getUrl().getFile();
    return file.startsWith("/") ? file : "/" + file;
  }

  @Override
  public void forEachField(BiConsumer<String, String> to) {
    request
        .getHeaders()
        .forEach(header -> header.getValuesList().forEach(v -> to.accept(header.getName(), v)));
    boolean bodyless = method().equals("GET") || method().equals("HEAD");
    if (!bodyless && bodyByteSize() == 0 && declared() == null) {
      to.accept("Content-Length", "0");
    }
  }

  @Override
  public @Nullable Publisher<ByteBuffer> body() {
    BinaryData body = request.getBodyAsBinaryData();
    return body == null ? null : body.toFluxByteBuffer();
  }

  private @Nullable String declared() {
    return request.getHeaders().getValue(HttpHeaderName.CONTENT_LENGTH);
  }

  @Override
  public long bodyByteSize() {
    String declared = declared();
    if (declared != null) {
      return Long.parseLong(declared);
    }
    BinaryData body = request.getBodyAsBinaryData();
    Long known = body == null ? Long.valueOf(0) : body.getLength();
    return known == null ? -1 : known;
  }

  @Override
  public void onResponse(ResponseHead head, ResponseBody body) {
    HttpHeaders headers = new HttpHeaders();
    head.fields()
        .forEach(field -> headers.add(HttpHeaderName.fromString(field.name()), field.value()));
    if (region != null && (head.status() == 200 || head.status() == 206)) {
      intoRegion(region, head, headers, body);
    } else if (body.declaredByteSize() >= 0 && body.declaredByteSize() <= GATHERED_BYTE_SIZE) {
      body.subscribe(
          new BodyGatherer(
              (int) body.declaredByteSize(),
              bytes -> answer(new AzureResponse(request, head.status(), headers, bytes))));
    } else {
      answer(new AzureResponse(request, head.status(), headers, Flux.from(body), body::cancel));
    }
  }

  private void intoRegion(
      AzureRegionSink sink, ResponseHead head, HttpHeaders headers, ResponseBody body) {
    try {
      sink.admit(headers);
    } catch (IOException | RuntimeException refusal) {
      // The exchange's thread reports it when it is done with this attempt.
      Objects.requireNonNull(HttpExchange.current()).abort(refusal);
      return;
    }
    Flux<ByteBuffer> views = Flux.from(body).doOnNext(sink::filled);
    answer(new AzureResponse(request, head.status(), headers, views, body::cancel));
  }

  private void answer(HttpResponse response) {
    answered = true;
    answer.success(response);
  }

  @Override
  public void onFailure(Throwable failure) {
    // Later failures go to who reads the body.
    if (!answered) {
      answer.error(failure);
    }
  }
}
