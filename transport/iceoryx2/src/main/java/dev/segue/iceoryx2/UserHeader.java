package dev.segue.iceoryx2;

import java.util.Objects;

/**
 * The user header of a publish-subscribe service: a fixed number of bytes beside each message, such
 * as a time or a sequence number, which readers get without looking into the payload. All processes
 * name the same type: a process that opens a service must give the name and size that its creator
 * gave, and at most its alignment.
 *
 * @param typeName what other processes call its type: a Rust type's {@code type_name}, a Python
 *     class's; at most 255 bytes
 * @param byteSize a multiple of 8, at most 65,536, so that payloads begin at such a multiple too
 * @param alignment that of the type: 1, 2, 4 or 8
 */
public record UserHeader(String typeName, int byteSize, int alignment) {
  private static final int ALIGNMENT = 8;

  /**
   * Checked numbers.
   *
   * @throws IllegalArgumentException if the name is empty, or a number is not as stated
   */
  public UserHeader {
    Objects.requireNonNull(typeName, "typeName");
    Bounds.check("byteSize", byteSize, 1);
    Bounds.check("alignment", alignment, 1);
    if (typeName.isEmpty()
        || byteSize % ALIGNMENT != 0
        || alignment > ALIGNMENT
        || Integer.bitCount(alignment) != 1) {
      throw new IllegalArgumentException(
          "user header typeName="
              + typeName
              + " byteSize="
              + byteSize
              + " alignment="
              + alignment
              + ": a name, a multiple of 8, and 1, 2, 4 or 8");
    }
  }
}
