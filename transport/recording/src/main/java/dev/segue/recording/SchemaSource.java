package dev.segue.recording;

import dev.segue.zenoh.Encoding;
import dev.segue.zenoh.KeyExpr;
import java.util.Optional;

/** Knows the schemas of topics that are recorded. Threads: the recorder's. */
@FunctionalInterface
public interface SchemaSource {
  /** Knows none. */
  SchemaSource NONE = (key, encoding) -> Optional.empty();

  /** The schema of the samples of a key with this encoding; empty if it isn't known. */
  Optional<RecordedSchema> schemaOf(KeyExpr key, Encoding encoding);
}
