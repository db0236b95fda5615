package dev.segue.objectstore.internal;

import dev.segue.objectstore.ObjectMetadata;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectStoreException.Reason;
import dev.segue.objectstore.WriteOptions;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The conditions of a write, as requests say them and as answers refuse them. */
public final class WriteConditions {
  /** Of a UUID of which its maker says what is in it (RFC 9562); random ones have 4. */
  private static final long VERSION = 8;

  private static final int VERSION_SHIFT = 12;

  /** Of a UUID's text. */
  private static final int MARK_LENGTH = 36;

  private WriteConditions() {}

  /** {@code If-None-Match}, null where there is none. */
  public static @Nullable String ifNoneMatch(WriteOptions options) {
    return options.isIfAbsent() ? "*" : null;
  }

  /** {@code If-Match}, null where there is none. */
  public static @Nullable String ifMatch(WriteOptions options) {
    return options.ifMatchEtag().isEmpty() ? null : options.ifMatchEtag();
  }

  /**
   * A random word for the metadata of an object, half of which is a digest of what is stored beside
   * the bytes. When the answer to a write was lost and the next one says that the condition is not
   * met, it tells the writer's own object from another one with the same bytes: of several that
   * write the same lock, one has it.
   */
  static String newMark(WriteOptions options) {
    long random = UUID.randomUUID().getMostSignificantBits();
    long versioned = (random & ~(0xFL << VERSION_SHIFT)) | (VERSION << VERSION_SHIFT);
    return new UUID(versioned, digest(options)).toString();
  }

  /**
   * Returns whether metadata has room for a mark beside what the user has in it: the store would
   * refuse all of it.
   */
  public static boolean hasRoomForMark(
      Map<String, String> user, String markName, int byteSizeLimit) {
    long byteSize = markName.length() + (long) MARK_LENGTH;
    for (Map.Entry<String, String> each : user.entrySet()) {
      byteSize += each.getKey().length() + (long) each.getValue().length();
    }
    return byteSize <= byteSizeLimit;
  }

  /**
   * Returns whether a write with these options, whatever its condition, may have the mark. No mark,
   * and one of an earlier version, which is random altogether, say nothing of options.
   */
  static boolean isOf(String mark, WriteOptions options) {
    if (mark.isEmpty()) {
      return true;
    }
    UUID uuid = UUID.fromString(mark);
    return uuid.version() != VERSION || uuid.getLeastSignificantBits() == digest(options);
  }

  private static long digest(WriteOptions options) {
    ObjectMetadata metadata = options.metadata();
    List<String> fields =
        new ArrayList<>(
            List.of(
                metadata.contentType(),
                metadata.contentEncoding(),
                metadata.contentLanguage(),
                metadata.contentDisposition(),
                metadata.cacheControl(),
                options.storageClass(),
                options.encryption(),
                options.encryptionKey()));
    for (Map<String, String> each : List.of(metadata.user(), options.tags())) {
      fields.add(Integer.toString(each.size()));
      new TreeMap<>(each).forEach((name, value) -> fields.addAll(List.of(name, value)));
    }
    // Lengths tell fields apart.
    String all =
        fields.stream().map(each -> each.length() + ":" + each).collect(Collectors.joining());
    return UUID.nameUUIDFromBytes(all.getBytes(StandardCharsets.UTF_8)).getLeastSignificantBits();
  }

  /** Returns whether a write is on a condition. */
  public static boolean isOn(WriteOptions options) {
    return options.isIfAbsent() || !options.ifMatchEtag().isEmpty();
  }

  /** The same options with a mark in the metadata, where there is one. */
  public static WriteOptions marked(WriteOptions options, String name, String mark) {
    if (mark.isEmpty()) {
      return options;
    }
    Map<String, String> user = new HashMap<>(options.metadata().user());
    user.put(name, mark);
    return options.metadata(options.metadata().user(user));
  }

  /** The fault of a write whose condition the store says is not met, as its reason. */
  public static ObjectStoreException told(WriteOptions options, ObjectStoreException failure) {
    return options.isIfAbsent() && failure.reason() == Reason.CHANGED
        ? new ObjectStoreException(
            Reason.EXISTS,
            String.valueOf(failure.getMessage()),
            failure,
            failure.key(),
            failure.answer())
        : failure;
  }

  /**
   * Refuses what no field of a request can carry: stores take ASCII alone, and sign it.
   *
   * @throws IllegalArgumentException if the metadata has another character in it
   */
  public static void checkFields(Attempt what, ObjectMetadata metadata) {
    checkField(what, "contentType", metadata.contentType());
    checkField(what, "contentEncoding", metadata.contentEncoding());
    checkField(what, "contentLanguage", metadata.contentLanguage());
    checkField(what, "contentDisposition", metadata.contentDisposition());
    checkField(what, "cacheControl", metadata.cacheControl());
    metadata
        .user()
        .forEach(
            (name, value) -> {
              checkField(what, "name of metadata", name);
              checkField(what, "metadata " + name, value);
            });
  }

  private static void checkField(Attempt what, String name, String value) {
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if ((c < ' ' && c != '\t') || c > '~') {
        throw new IllegalArgumentException(
            what
                + ": "
                + name
                + "=\""
                + value
                + "\": stores keep ASCII without control characters, code="
                + (int) c);
      }
    }
  }

  /**
   * Refuses what only S3 can do.
   *
   * @throws IllegalArgumentException if the options ask for encryption
   */
  public static void checkNoEncryption(Attempt what, WriteOptions options) {
    if (!options.encryption().isEmpty() || !options.encryptionKey().isEmpty()) {
      throw new IllegalArgumentException(
          what
              + ": encryption="
              + options.encryption()
              + ": this store has no encryption of single objects");
    }
  }
}
