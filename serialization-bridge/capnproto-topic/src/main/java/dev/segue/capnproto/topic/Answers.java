package dev.segue.capnproto.topic;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.capnproto.CapnProtoException;
import dev.segue.capnproto.dynamic.MessageSchemas;
import dev.segue.capnproto.dynamic.MessageType;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Answers to one question for a schema. A faulty answer doesn't hide a good one. */
final class Answers {
  private final NamedType wanted;
  private @Nullable MessageType found;
  private boolean isAmbiguous;
  private @Nullable CapnProtoException fault;

  Answers(NamedType wanted) {
    this.wanted = wanted;
  }

  NamedType wanted() {
    return wanted;
  }

  /** Takes an answer, and what it says of its type. */
  void take(String name, SegmentedBytes request) {
    NamedType named = NamedType.of(name);
    // The id alone will do: it is looked for in whatever schema is answered.
    long id = wanted.id().orElse(named.id().orElse(0));
    if (id == 0 || !wanted.isOf(named.name(), id)) {
      return;
    }
    MessageType before = found;
    if (before != null) {
      isAmbiguous |= before.id() != id;
      return;
    }
    try {
      found = MessageSchemas.fromRequest(request.copyToByteArray()).find(id).orElse(null);
    } catch (CapnProtoException e) {
      fault = e;
    }
  }

  /** Returns whether no further answer changes anything. */
  boolean isDecided() {
    return isAmbiguous || (found != null && wanted.id().isPresent());
  }

  /** Returns whether there is something to say of the type. */
  boolean isUsable() {
    return found != null || fault != null;
  }

  /**
   * The type, if there is one.
   *
   * @throws CapnProtoException if all that was answered for it is faulty
   */
  Optional<MessageType> type() throws CapnProtoException {
    CapnProtoException known = fault;
    if (found == null && known != null) {
      throw known;
    }
    return isAmbiguous ? Optional.empty() : Optional.ofNullable(found);
  }
}
