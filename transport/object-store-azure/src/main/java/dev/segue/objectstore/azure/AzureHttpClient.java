package dev.segue.objectstore.azure;

import com.azure.core.http.HttpClient;
import com.azure.core.http.HttpRequest;
import com.azure.core.http.HttpResponse;
import com.azure.core.util.Context;
import dev.segue.objectstore.http.EngineSettings;
import dev.segue.objectstore.http.HttpEngine;
import dev.segue.objectstore.http.HttpExchange;
import dev.segue.objectstore.http.RegionBody;
import java.io.IOException;
import reactor.core.publisher.Mono;

/**
 * The same HTTP/1.1 client for the Azure SDK: bodies are read straight into the memory that an
 * {@link AzureRegionSink} in the request's context names, and written from the regions of a {@link
 * RegionBody}. With any other body it works as every client does.
 *
 * <p>Owner: the caller. Lifetime: {@link #close()} ends all exchanges. Threads: any.
 */
public final class AzureHttpClient implements HttpClient, AutoCloseable {
  private final HttpEngine engine;

  private AzureHttpClient(Builder settings) {
    this.engine = new HttpEngine(settings);
  }

  /** A builder with the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  @Override
  public Mono<HttpResponse> send(HttpRequest request) {
    return send(request, Context.NONE);
  }

  @Override
  public Mono<HttpResponse> send(HttpRequest request, Context context) {
    return Mono.create(
        answer -> {
          AzureCall call = new AzureCall(request, AzureRegionSink.in(context), answer);
          HttpExchange exchange = engine.execute(call);
          answer.onCancel(() -> exchange.abort(new IOException("the request was cancelled")));
        });
  }

  /** Ends all exchanges with an error and closes all connections. Idempotent. */
  @Override
  public void close() {
    engine.close();
  }

  /** Settings of an {@link AzureHttpClient}. */
  public static final class Builder extends EngineSettings<Builder> {
    private Builder() {}

    private Builder(Builder other) {
      super(other);
    }

    @Override
    protected Builder self() {
      return this;
    }

    /** The client; the builder may be changed and used again. */
    public AzureHttpClient build() {
      return new AzureHttpClient(new Builder(this));
    }
  }
}
