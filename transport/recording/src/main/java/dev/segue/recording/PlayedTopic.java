package dev.segue.recording;

import dev.segue.zenoh.Encoding;
import dev.segue.zenoh.KeyExpr;
import java.util.Optional;

/**
 * A topic of a recording, under the name that it is played with. Lifetime: a value. Threads: any.
 *
 * @param schema the one that the recording carries for its messages
 */
public record PlayedTopic(KeyExpr key, Encoding encoding, Optional<RecordedSchema> schema) {}
