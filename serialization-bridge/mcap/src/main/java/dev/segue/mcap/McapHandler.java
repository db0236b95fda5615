package dev.segue.mcap;

import dev.segue.bytes.BytesSource;
import java.io.IOException;
import java.util.Map;

/**
 * Receives the records of a file other than its messages, in the file's order; the default methods
 * skip them.
 */
public interface McapHandler {
  /** Takes nothing. */
  McapHandler NONE =
      new McapHandler() {
        @Override
        public boolean takesAttachments() {
          return false;
        }
      };

  /**
   * Takes a record of an application, and closes its content.
   *
   * @param opcode 0x80 to 0xFF
   */
  default void privateRecord(int opcode, BytesSource.Piece content) throws IOException {
    content.close();
  }

  /**
   * Returns whether attachments are read: each whole, in memory. Those that nobody takes are
   * passed.
   */
  default boolean takesAttachments() {
    return true;
  }

  /** Takes an attachment, and closes it. */
  default void attachment(McapAttachment attachment) throws IOException {
    attachment.close();
  }

  /**
   * Called for a message that {@link McapReader#select} leaves out, at the place where it would
   * have come.
   *
   * @param sequence of the message
   */
  default void leftOut(McapChannel channel, long sequence) {}

  /** Takes metadata of the file. */
  default void metadata(String name, Map<String, String> metadata) throws IOException {}
}
