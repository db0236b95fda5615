package dev.segue.capnproto.topic;

import dev.segue.zenoh.Encoding;
import java.util.OptionalLong;

/**
 * A type as an encoding or a schema's answer names it: {@code robot.capnp:Pose@0x…}, or a part of
 * that.
 *
 * @param name with its file or without it; empty if not given
 * @param id the struct's; 0, which no type has, for one that can't be read
 */
record NamedType(String name, OptionalLong id) {
  private static final String ID = "@0x";

  /** Returns whether samples of an encoding are messages of Cap'n Proto. */
  static boolean isMessage(Encoding encoding) {
    String mediaType = mediaTypeOf(encoding);
    return mediaType.equals("application/capnp") || mediaType.equals("application/capnproto");
  }

  /** The media type, in front of the schema. */
  static String mediaTypeOf(Encoding encoding) {
    String text = encoding.text();
    int semicolon = text.indexOf(';');
    return semicolon < 0 ? text : text.substring(0, semicolon);
  }

  /** Reads what is behind the media type. */
  static NamedType of(Encoding encoding) {
    String text = encoding.text();
    int semicolon = text.indexOf(';');
    return of(semicolon < 0 ? "" : text.substring(semicolon + 1));
  }

  /** Takes a text apart. */
  static NamedType of(String text) {
    int at = text.lastIndexOf(ID);
    return at < 0
        ? new NamedType(text, OptionalLong.empty())
        : new NamedType(
            text.substring(0, at), OptionalLong.of(parseId(text.substring(at + 1)).orElse(0)));
  }

  /** The id of a text {@code 0x…}. */
  static OptionalLong parseId(String text) {
    try {
      return text.startsWith("0x")
          ? OptionalLong.of(Long.parseUnsignedLong(text.substring(2), 16))
          : OptionalLong.empty();
    } catch (NumberFormatException e) {
      return OptionalLong.empty();
    }
  }

  /**
   * Returns whether a type may be the one that is meant: by its id, else by its name if one is
   * said.
   */
  boolean isOf(String typeName, long typeId) {
    if (id.isPresent()) {
      return id.getAsLong() == typeId;
    }
    return name.isEmpty()
        || typeName.equals(name)
        || typeName.endsWith(":" + name)
        || typeName.endsWith("." + name);
  }
}
