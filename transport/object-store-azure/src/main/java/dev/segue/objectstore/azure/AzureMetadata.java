package dev.segue.objectstore.azure;

import com.azure.core.http.HttpHeaderName;
import com.azure.core.http.HttpRequest;
import com.azure.storage.blob.models.BlobHttpHeaders;
import com.azure.storage.blob.models.BlobItem;
import com.azure.storage.blob.models.BlobProperties;
import com.azure.storage.common.Utility;
import dev.segue.objectstore.ObjectMetadata;
import dev.segue.objectstore.WriteOptions;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The metadata that Azure keeps with a blob, without this module's own entries. */
final class AzureMetadata {
  /** The metadata that tells who wrote a blob. */
  static final String MARK = "segue_write";

  /** Azure takes 8 KiB of names and values; the checksum is among them. */
  static final int BYTE_SIZE_LIMIT =
      (8 << 10) - AzureChecksums.METADATA.length() - AzureChecksums.OF_BLOB_LENGTH;

  private AzureMetadata() {}

  /**
   * Returns whether a blob without a byte stands for a folder: those of accounts with a
   * hierarchical namespace, and of Hadoop, have the folder's name, so that nothing could lie below
   * it in files.
   */
  static boolean isFolder(BlobItem item) {
    Map<String, String> metadata = item.getMetadata();
    return metadata != null
        && item.getProperties() != null
        && Long.valueOf(0).equals(item.getProperties().getContentLength())
        && metadata.entrySet().stream()
            .anyMatch(
                each ->
                    each.getKey().equalsIgnoreCase("hdi_isfolder")
                        && "true".equalsIgnoreCase(each.getValue()));
  }

  static ObjectMetadata of(BlobProperties properties) {
    Map<String, String> user = new HashMap<>();
    properties
        .getMetadata()
        .forEach((name, value) -> user.put(name.toLowerCase(Locale.ROOT), value));
    user.keySet().removeAll(Set.of(AzureChecksums.METADATA, MARK));
    return new ObjectMetadata(
        orEmpty(properties.getContentType()),
        orEmpty(properties.getContentEncoding()),
        orEmpty(properties.getContentLanguage()),
        orEmpty(properties.getContentDisposition()),
        orEmpty(properties.getCacheControl()),
        user);
  }

  private static String orEmpty(@Nullable String text) {
    return text == null ? "" : text;
  }

  /** The headers of a list of blocks; the one that is not set is none. */
  static BlobHttpHeaders headers(ObjectMetadata metadata) {
    return new BlobHttpHeaders()
        .setContentType(orNull(metadata.contentType()))
        .setContentEncoding(orNull(metadata.contentEncoding()))
        .setContentLanguage(orNull(metadata.contentLanguage()))
        .setContentDisposition(orNull(metadata.contentDisposition()))
        .setCacheControl(orNull(metadata.cacheControl()));
  }

  /** The same, and the conditions, for a blob that is put by one request. */
  static void put(HttpRequest request, WriteOptions options) {
    ObjectMetadata metadata = options.metadata();
    set(request, "x-ms-blob-content-type", metadata.contentType());
    set(request, "x-ms-blob-content-encoding", metadata.contentEncoding());
    set(request, "x-ms-blob-content-language", metadata.contentLanguage());
    set(request, "x-ms-blob-content-disposition", metadata.contentDisposition());
    set(request, "x-ms-blob-cache-control", metadata.cacheControl());
    metadata.user().forEach((name, value) -> set(request, "x-ms-meta-" + name, value));
    set(request, "If-None-Match", options.isIfAbsent() ? "*" : "");
    set(request, "If-Match", options.ifMatchEtag());
    set(request, "x-ms-access-tier", options.storageClass());
    set(request, "x-ms-tags", tags(options.tags()));
  }

  /** As the header wants them: a query. */
  private static String tags(Map<String, String> tags) {
    return tags.entrySet().stream()
        .map(tag -> Utility.urlEncode(tag.getKey()) + "=" + Utility.urlEncode(tag.getValue()))
        .collect(Collectors.joining("&"));
  }

  private static void set(HttpRequest request, String name, String value) {
    if (!value.isEmpty()) {
      request.setHeader(HttpHeaderName.fromString(name), value);
    }
  }

  private static @Nullable String orNull(String text) {
    return text.isEmpty() ? null : text;
  }
}
