package dev.segue.mcap;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * A stream of messages of one topic.
 *
 * @param id 0 to 65,535
 * @param schemaId 0 for none
 * @param messageEncoding {@code cdr}, {@code protobuf}, {@code json}, …; empty if it has no name
 * @param metadata anything else
 */
public record McapChannel(
    int id, int schemaId, String topic, String messageEncoding, Map<String, String> metadata) {
  /** Of metadata that is copied, so that it stays as it is. */
  public McapChannel {
    metadata = Collections.unmodifiableMap(new TreeMap<>(metadata));
  }
}
