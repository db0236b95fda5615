package dev.segue.objectstore;

import dev.segue.objectstore.ObjectStoreException.Reason;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;

/** Checks that a response is what was asked for, before a byte of it enters memory. */
final class S3Ranges {
  private static final Pattern CONTENT_RANGE =
      Pattern.compile("bytes (\\d{1,18})-(\\d{1,18})/(\\d{1,18})");

  private S3Ranges() {}

  /** What a ranged response says of its object, if it does not contradict the request or itself. */
  static ObjectInfo checkRange(
      String key, long byteOffset, long byteSize, @Nullable String etag, GetObjectResponse response)
      throws ObjectStoreException {
    String range = response.contentRange();
    Matcher matcher = CONTENT_RANGE.matcher(range == null ? "" : range);
    if (!matcher.matches()) {
      throw lie("a range from byteOffset=" + byteOffset + " was asked for, Content-Range=" + range);
    }
    long first = Long.parseLong(matcher.group(1));
    long last = Long.parseLong(matcher.group(2));
    long total = Long.parseLong(matcher.group(3));
    Long length = response.contentLength();
    if (first != byteOffset
        || last != Math.min(byteOffset + byteSize, total) - 1
        || (length != null && length != last - first + 1)) {
      throw lie(
          "byteOffset="
              + byteOffset
              + " byteSize="
              + byteSize
              + " were asked for, Content-Range=\""
              + range
              + "\" Content-Length="
              + length);
    }
    return info(key, total, etag, response);
  }

  /** What a response with a whole object says of it. */
  static ObjectInfo checkWhole(String key, @Nullable String etag, GetObjectResponse response)
      throws ObjectStoreException {
    Long length = response.contentLength();
    if (length == null || response.contentRange() != null) {
      throw lie(
          "a whole object was asked for, Content-Range="
              + response.contentRange()
              + " Content-Length="
              + length);
    }
    return info(key, length, etag, response);
  }

  private static ObjectInfo info(
      String key, long total, @Nullable String etag, GetObjectResponse response)
      throws ObjectStoreException {
    String given = response.eTag();
    if (given == null) {
      throw lie("the response has no ETag");
    }
    if (etag != null && !etag.equals(given)) {
      // The server let If-Match pass, so the object is another one now, or the server is wrong.
      throw new ObjectStoreException(
          Reason.CHANGED, "the object changed while it was read: ETag=" + given + " after " + etag);
    }
    return new ObjectInfo(key, total, given, response.lastModified());
  }

  private static ObjectStoreException lie(String what) {
    return new ObjectStoreException(
        Reason.UNTRUSTWORTHY, "the server's answer does not match the request: " + what);
  }
}
