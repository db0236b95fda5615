package dev.segue.objectstore.s3;

import dev.segue.objectstore.http.EngineSettings;
import dev.segue.objectstore.http.HttpEngine;
import java.util.concurrent.CompletableFuture;
import software.amazon.awssdk.http.async.AsyncExecuteRequest;
import software.amazon.awssdk.http.async.SdkAsyncHttpClient;

/**
 * An HTTP/1.1 client for the AWS SDK: blocking sockets, one thread per exchange, bodies read
 * straight into the memory that a {@link RegionSink} names and written from the regions of a {@link
 * AwsRegionBody}. With any other transformer or body it works as every client does.
 *
 * <p>{@code Expect: 100-continue} is left out of requests; redirects are the SDK's business.
 *
 * <p>Owner: the caller. Lifetime: {@link #close()} ends all exchanges. Threads: any.
 */
public final class DirectHttpClient implements SdkAsyncHttpClient {
  private final HttpEngine engine;

  private DirectHttpClient(Builder settings) {
    this.engine = new HttpEngine(settings);
  }

  /** A builder with the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  @Override
  public CompletableFuture<Void> execute(AsyncExecuteRequest request) {
    return engine.execute(new AwsCall(request)).done();
  }

  int idleConnectionCount() {
    return engine.idleConnectionCount();
  }

  @Override
  public String clientName() {
    return "SegueDirect";
  }

  /** Ends all exchanges with an error and closes all connections. Idempotent. */
  @Override
  public void close() {
    engine.close();
  }

  /** Settings of a {@link DirectHttpClient}. */
  public static final class Builder extends EngineSettings<Builder>
      implements SdkAsyncHttpClient.Builder<Builder> {
    private Builder() {}

    private Builder(Builder other) {
      super(other);
    }

    @Override
    protected Builder self() {
      return this;
    }

    @Override
    public DirectHttpClient buildWithDefaults(software.amazon.awssdk.utils.AttributeMap defaults) {
      return new DirectHttpClient(new Builder(this));
    }

    @Override
    public DirectHttpClient build() {
      return new DirectHttpClient(new Builder(this));
    }
  }
}
