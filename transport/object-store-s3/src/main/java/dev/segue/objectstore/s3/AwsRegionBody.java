package dev.segue.objectstore.s3;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.objectstore.http.RegionBody;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.function.LongConsumer;
import org.reactivestreams.Subscriber;
import software.amazon.awssdk.core.async.AsyncRequestBody;

/**
 * A request body of the AWS SDK that consists of regions, which are written one after another and
 * never joined. It can be sent again, so a retry needs nothing more.
 *
 * <p>Owner: the caller, who keeps the memory open and unchanged until the request is done. Threads:
 * the memory must be accessible by any thread.
 */
public final class AwsRegionBody implements AsyncRequestBody {
  private final RegionBody body;

  private AwsRegionBody(RegionBody body) {
    this.body = body;
  }

  /** The body that consists of {@code bytes}. */
  public static AwsRegionBody of(SegmentedBytes bytes) {
    return new AwsRegionBody(RegionBody.of(bytes));
  }

  /**
   * Like {@link #of(SegmentedBytes)}, but reports progress; see {@link
   * RegionBody#of(SegmentedBytes, LongConsumer)}.
   */
  public static AwsRegionBody of(SegmentedBytes bytes, LongConsumer moved) {
    return new AwsRegionBody(RegionBody.of(bytes, moved));
  }

  /** Ends an attempt that still reads the regions, and returns when none does nor ever will. */
  public void evict() {
    body.evict();
  }

  /** Returns how many bytes it has. */
  public long byteSize() {
    return body.byteSize();
  }

  @Override
  public Optional<Long> contentLength() {
    return Optional.of(body.byteSize());
  }

  @Override
  public String contentType() {
    return body.contentType();
  }

  @Override
  public void subscribe(Subscriber<? super ByteBuffer> subscriber) {
    body.subscribe(subscriber);
  }
}
