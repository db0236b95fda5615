package dev.segue.objectstore.azure;

import com.azure.core.exception.HttpResponseException;
import com.azure.core.http.HttpHeaderName;
import com.azure.core.http.HttpHeaders;
import com.azure.core.http.HttpMethod;
import com.azure.core.http.HttpRequest;
import com.azure.core.http.HttpResponse;
import com.azure.core.util.FluxUtil;
import com.azure.storage.blob.BlobContainerAsyncClient;
import com.azure.storage.common.Utility;
import dev.segue.objectstore.WriteOptions;
import dev.segue.objectstore.http.RegionBody;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The requests that carry an object's bytes: Get Blob, Put Blob, Put Block. They go through the
 * SDK's pipeline, which dates and signs them, but not through its methods: those resume a download
 * by themselves, log each fault of a range as an error, and can't say a block's CRC-64.
 */
final class AzureRequests {
  private static final HttpHeaderName VERSION = HttpHeaderName.fromString("x-ms-version");
  private static final HttpHeaderName RANGE = HttpHeaderName.fromString("x-ms-range");
  private static final HttpHeaderName COPY_SOURCE = HttpHeaderName.fromString("x-ms-copy-source");
  private static final HttpHeaderName SOURCE_IF_MATCH =
      HttpHeaderName.fromString("x-ms-source-if-match");
  private static final HttpHeaderName BLOB_TYPE = HttpHeaderName.fromString("x-ms-blob-type");

  private final BlobContainerAsyncClient container;

  AzureRequests(BlobContainerAsyncClient container) {
    this.container = container;
  }

  /**
   * Reads a blob or a range of it to where a sink says.
   *
   * @param range such as {@code bytes=0-9}, null for the whole
   */
  Mono<Void> get(String name, @Nullable String range, @Nullable String etag, AzureRegionSink sink) {
    // The SDK signs the word "null" where there is no length.
    HttpRequest request =
        request(HttpMethod.GET, name, "").setHeader(HttpHeaderName.CONTENT_LENGTH, "0");
    if (range != null) {
      request.setHeader(RANGE, range);
    }
    if (etag != null) {
      request.setHeader(HttpHeaderName.IF_MATCH, etag);
    }
    return sink.with(sent(Set.of(200, 206), request))
        .flatMap(response -> response.getBody().then());
  }

  /**
   * Writes a blob by one request; tells the response's head.
   *
   * @param crc CRC-64/NVME of the body, null for none
   */
  Mono<HttpHeaders> putBlob(
      String name, RegionBody body, @Nullable Long crc, WriteOptions options) {
    HttpRequest request = request(HttpMethod.PUT, name, "").setHeader(BLOB_TYPE, "BlockBlob");
    AzureMetadata.put(request, options);
    if (crc != null) {
      request.setHeader(AzureChecksums.OF_BLOB, AzureChecksums.ofBlob(crc));
    }
    return put(request, body, crc);
  }

  /** Stages a block, which is not a part of the blob until a list with its id is committed. */
  Mono<HttpHeaders> putBlock(String name, String id, RegionBody body, @Nullable Long crc) {
    return put(
        request(HttpMethod.PUT, name, "?comp=block&blockid=" + Utility.urlEncode(id)), body, crc);
  }

  /** Begins a copy of the version of a blob that has this ETag; tells the response's head. */
  Mono<HttpHeaders> copy(String name, String sourceUrl, String etag) {
    return sent(
            Set.of(202),
            request(HttpMethod.PUT, name, "")
                .setHeader(HttpHeaderName.CONTENT_LENGTH, "0")
                .setHeader(COPY_SOURCE, sourceUrl)
                .setHeader(SOURCE_IF_MATCH, etag))
        .map(
            response -> {
              try (response) {
                return response.getHeaders();
              }
            });
  }

  private Mono<HttpHeaders> put(HttpRequest request, RegionBody body, @Nullable Long crc) {
    if (crc != null) {
      request.setHeader(AzureChecksums.OF_REQUEST, AzureChecksums.ofRequest(crc));
    }
    request.setHeader(HttpHeaderName.CONTENT_TYPE, body.contentType());
    request.setHeader(HttpHeaderName.CONTENT_LENGTH, Long.toString(body.byteSize()));
    return sent(Set.of(201), request.setBody(Flux.from(body)))
        .map(
            response -> {
              try (response) {
                return response.getHeaders();
              }
            });
  }

  private HttpRequest request(HttpMethod method, String name, String query) {
    String url = container.getBlobContainerUrl() + "/" + Utility.urlEncode(name) + query;
    return new HttpRequest(method, url)
        .setHeader(VERSION, container.getServiceVersion().getVersion())
        // Faults are described in it.
        .setHeader(HttpHeaderName.ACCEPT, "application/xml");
  }

  /** Another status of success is that of somebody else, who did not do what was asked. */
  private Mono<HttpResponse> sent(Set<Integer> done, HttpRequest request) {
    return FluxUtil.withContext(context -> container.getHttpPipeline().send(request, context))
        .flatMap(
            response ->
                done.contains(response.getStatusCode())
                    ? Mono.just(response)
                    : response
                        .getBodyAsString()
                        .defaultIfEmpty("")
                        .flatMap(body -> Mono.error(new HttpResponseException(body, response))));
  }
}
