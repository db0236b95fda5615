package dev.segue.capnproto;

import org.capnproto.BuilderArena;
import org.capnproto.FromPointerBuilder;
import org.capnproto.MessageBuilder;
import org.capnproto.SegmentBuilder;

/**
 * Finds a builder's arena by asking for its root.
 *
 * <p>{@code MessageBuilder} hides its arena, and {@code getSegmentsForOutput()} rewinds the live
 * buffers and gives out writable slices. Asking for the root also allocates its word, so that a
 * message without a root is one null pointer and not zero segments, which has no framing.
 */
final class ArenaProbe implements FromPointerBuilder<BuilderArena> {
  private static final ArenaProbe PROBE = new ArenaProbe();

  private ArenaProbe() {}

  static BuilderArena arenaOf(MessageBuilder builder) {
    return builder.getRoot(PROBE);
  }

  @Override
  public BuilderArena fromPointerBuilder(SegmentBuilder segment, int pointer) {
    return segment.getArena();
  }

  @Override
  public BuilderArena initFromPointerBuilder(SegmentBuilder segment, int pointer, int count) {
    return segment.getArena();
  }
}
