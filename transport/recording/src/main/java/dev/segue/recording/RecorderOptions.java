package dev.segue.recording;

import dev.segue.mcap.McapCompression;
import dev.segue.mcap.McapWriterOptions;
import dev.segue.zenoh.Backlog;

/**
 * Options for recording a topic.
 *
 * @param backlog what to do with samples while they can't be written
 * @param messageLimit how many messages are recorded at most
 * @param layout of the files
 * @param rotation when a spooled recording goes on in another file
 * @param schemas the schemas that the files carry
 */
public record RecorderOptions(
    Backlog backlog,
    long messageLimit,
    McapWriterOptions layout,
    Rotation rotation,
    SchemaSource schemas) {
  private static final int BACKLOG = 256;

  /** Checks the limit. */
  public RecorderOptions {
    if (messageLimit <= 0) {
      throw new IllegalArgumentException(
          "recording of messageLimit=" + messageLimit + ": positive");
    }
  }

  /**
   * Loses nothing: pushes back when 256 samples wait. No limit, files with an index, no
   * compression, no schemas.
   */
  public static RecorderOptions defaults() {
    return new RecorderOptions(
        Backlog.hold(BACKLOG),
        Long.MAX_VALUE,
        McapWriterOptions.indexed(),
        Rotation.never(),
        SchemaSource.NONE);
  }

  /** With another backlog. */
  public RecorderOptions backlog(Backlog value) {
    return new RecorderOptions(value, messageLimit, layout, rotation, schemas);
  }

  /** With another limit. */
  public RecorderOptions messageLimit(long value) {
    return new RecorderOptions(backlog, value, layout, rotation, schemas);
  }

  /** With another layout of the files. */
  public RecorderOptions layout(McapWriterOptions value) {
    return new RecorderOptions(backlog, messageLimit, value, rotation, schemas);
  }

  /** With another compression of small messages. */
  public RecorderOptions compression(McapCompression value) {
    return layout(layout.compression(value));
  }

  /** With another rotation. */
  public RecorderOptions rotation(Rotation value) {
    return new RecorderOptions(backlog, messageLimit, layout, value, schemas);
  }

  /** With schemas of topics, which their channels refer to. */
  public RecorderOptions schemas(SchemaSource value) {
    return new RecorderOptions(backlog, messageLimit, layout, rotation, value);
  }
}
