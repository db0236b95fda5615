package dev.segue.objectstore.internal;

import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectStoreException.Reason;
import dev.segue.objectstore.checksum.StoredChecksum;
import java.time.Instant;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The description of a body in its response's head, to be checked against the request before a byte
 * of the body enters memory.
 *
 * @param contentLength null if the answer doesn't say
 * @param stored the checksum of the whole object, null where it is not known
 * @param sha256 the same of another kind, in base64
 * @param versionId empty where the bucket keeps no versions
 */
public record GetAnswer(
    @Nullable String contentRange,
    @Nullable Long contentLength,
    @Nullable String etag,
    @Nullable Instant lastModified,
    @Nullable StoredChecksum stored,
    @Nullable String sha256,
    String versionId) {
  private static final Pattern CONTENT_RANGE =
      Pattern.compile("bytes (\\d{1,18})-(\\d{1,18})/(\\d{1,18})");

  /**
   * Returns what a ranged answer says of its object, if it does not contradict the request or
   * itself.
   */
  public ObjectInfo checkRange(
      String key, long byteOffset, long byteSize, @Nullable ObjectInfo pinned)
      throws ObjectStoreException {
    Matcher matcher = CONTENT_RANGE.matcher(contentRange == null ? "" : contentRange);
    if (!matcher.matches()) {
      throw lie(
          "a range from byteOffset="
              + byteOffset
              + " was asked for, Content-Range="
              + contentRange);
    }
    long first = Long.parseLong(matcher.group(1));
    long last = Long.parseLong(matcher.group(2));
    long total = Long.parseLong(matcher.group(3));
    if (first != byteOffset
        || last != Math.min(byteOffset + byteSize, total) - 1
        || (contentLength != null && contentLength != last - first + 1)) {
      throw lie(
          "byteOffset="
              + byteOffset
              + " byteSize="
              + byteSize
              + " were asked for, Content-Range=\""
              + contentRange
              + "\" Content-Length="
              + contentLength);
    }
    return info(key, total, pinned);
  }

  /** Returns what an answer with a whole object says of it. */
  public ObjectInfo checkWhole(String key) throws ObjectStoreException {
    if (contentLength == null || contentRange != null) {
      throw lie(
          "a whole object was asked for, Content-Range="
              + contentRange
              + " Content-Length="
              + contentLength);
    }
    return info(key, contentLength, null);
  }

  private ObjectInfo info(String key, long total, @Nullable ObjectInfo pinned)
      throws ObjectStoreException {
    if (etag == null) {
      throw lie("the response has no ETag");
    }
    if (pinned != null && !pinned.etag().equals(etag)) {
      // The server let If-Match pass, so the object is another one now, or the server is wrong.
      throw new ObjectStoreException(
          Reason.CHANGED,
          "the object changed while it was read: ETag=" + etag + " after " + pinned.etag());
    }
    if (pinned != null && pinned.byteSize() != total) {
      throw lie("one version has byteSize=" + pinned.byteSize() + " and byteSize=" + total);
    }
    return version(key, total);
  }

  /** The object of a known size that the answer is about. */
  public ObjectInfo version(String key, long byteSize) {
    return new ObjectInfo(
        key,
        byteSize,
        etag == null ? "" : etag,
        lastModified == null ? Instant.EPOCH : lastModified,
        versionId);
  }

  private static ObjectStoreException lie(String what) {
    return new ObjectStoreException(
        Reason.UNTRUSTWORTHY, "the server's answer does not match the request: " + what);
  }
}
