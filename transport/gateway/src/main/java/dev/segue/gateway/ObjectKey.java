package dev.segue.gateway;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The key of an object in a path, made sure not to lead anywhere else. */
final class ObjectKey {
  private static final int LARGEST = 1024; // S3's, in bytes
  private static final int LARGEST_FILE_NAME = 255;

  private ObjectKey() {}

  /**
   * Of the part of a path behind the root's name: each of its segments is decoded for itself, so
   * that an encoded slash stays none.
   *
   * @throws HttpException if a segment is empty, {@code .} or {@code ..}, or has a slash, a
   *     backslash or a control character
   */
  static String of(String encoded) throws HttpException {
    List<String> names = new ArrayList<>();
    for (String segment : encoded.split("/", -1)) {
      names.add(Target.decode(segment));
    }
    return joined(names);
  }

  /** {@link #of} where all was decoded at once. */
  static String ofDecoded(String key) throws HttpException {
    return joined(List.of(key.split("/", -1)));
  }

  private static String joined(List<String> names) throws HttpException {
    for (String name : names) {
      check(name);
    }
    String key = String.join("/", names);
    if (key.getBytes(StandardCharsets.UTF_8).length > LARGEST) {
      throw HttpException.badRequest("the key is longer than " + LARGEST + " bytes");
    }
    return key;
  }

  /** File systems take 255 bytes a name. */
  static void checkFileNames(String key) throws HttpException {
    for (String name : key.split("/", -1)) {
      if (name.getBytes(StandardCharsets.UTF_8).length > LARGEST_FILE_NAME) {
        throw HttpException.badRequest("a name is longer than " + LARGEST_FILE_NAME + " bytes");
      }
    }
  }

  private static void check(String name) throws HttpException {
    boolean plain =
        !name.isEmpty()
            && !name.equals(".")
            && !name.equals("..")
            && name.indexOf('/') < 0
            && name.indexOf('\\') < 0
            && name.chars().noneMatch(Character::isISOControl);
    if (!plain) {
      throw HttpException.badRequest(
          "a key is names with a slash between them: none empty, . or .., no backslash");
    }
  }
}
