package dev.segue.objectstore.azure;

import com.azure.core.http.HttpHeaderName;
import com.azure.core.http.HttpHeaders;
import dev.segue.objectstore.checksum.StoredChecksum;
import dev.segue.objectstore.internal.GetAnswer;
import dev.segue.objectstore.internal.RemoteObjects;
import dev.segue.objectstore.internal.Transfer;
import java.nio.ByteBuffer;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Reads blobs of a container. */
final class AzureObjects extends RemoteObjects {
  private static final HttpHeaderName VERSION_ID = HttpHeaderName.fromString("x-ms-version-id");

  private final AzureStore store;
  private final AzureRequests requests;

  AzureObjects(AzureStore store, AzureRequests requests) {
    super(store);
    this.store = store;
    this.requests = requests;
  }

  @Override
  public CompletableFuture<Optional<StoredChecksum>> stored(String key, String etag) {
    return store.stored(key, etag);
  }

  @Override
  public CompletableFuture<Long> fetch(
      Transfer transfer, Wanted wanted, Chooser chooser, Consumer<ByteBuffer> arrived) {
    AzureRegionSink sink =
        AzureRegionSink.choosing(headers -> chooser.regionFor(answer(headers)), arrived);
    Runnable eviction = sink::evict;
    transfer.entering(eviction);
    return AzureFaults.sent(
            () -> requests.get(store.nameOf(wanted.key()), wanted.range(), wanted.etag(), sink))
        .thenApply(nothing -> sink.filledByteSize())
        .whenComplete(
            (filled, failure) -> {
              if (failure != null) {
                // The SDK may have given it up before its thread was out of the region.
                sink.evict();
              }
              transfer.left(eviction);
            });
  }

  static GetAnswer answer(HttpHeaders headers) {
    String length = headers.getValue(HttpHeaderName.CONTENT_LENGTH);
    return new GetAnswer(
        headers.getValue(HttpHeaderName.CONTENT_RANGE),
        length == null ? null : Long.valueOf(length),
        quoted(headers.getValue(HttpHeaderName.ETAG)),
        instant(headers.getValue(HttpHeaderName.LAST_MODIFIED)),
        AzureChecksums.stored(headers),
        null,
        orEmpty(headers.getValue(VERSION_ID)));
  }

  private static @Nullable Instant instant(@Nullable String httpDate) {
    try {
      return httpDate == null
          ? null
          : Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(httpDate));
    } catch (DateTimeException e) {
      return null;
    }
  }

  static String orEmpty(@Nullable String text) {
    return text == null ? "" : text;
  }

  /** An ETag as HTTP writes it; the SDK and listings leave the quotes away. */
  static @Nullable String quoted(@Nullable String etag) {
    return etag == null || etag.startsWith("\"") || etag.startsWith("W/")
        ? etag
        : "\"" + etag + "\"";
  }
}
