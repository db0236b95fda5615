package dev.segue.capnproto.dynamic;

/**
 * The format in which a message is shown as text.
 *
 * <p>Lifetime: a value. Threads: any.
 *
 * @param syntax the language
 * @param isIndented whether each field has a line of its own
 * @param data how fields of type {@code Data} are shown
 * @param maxDataByteSize how many bytes of a field a {@link DataStyle#SUMMARY} shows
 * @param maxElementCount how many elements of a list are shown; {@link Syntax#TEXT} counts the
 *     rest, and {@link Syntax#JSON} shows all of them whatever it is
 * @param maxCharCount how long the text may be: a few bytes of a hostile message could make it
 *     arbitrarily long
 */
public record MessageFormat(
    Syntax syntax,
    boolean isIndented,
    DataStyle data,
    int maxDataByteSize,
    int maxElementCount,
    int maxCharCount) {

  private static final int MAX_CHAR_COUNT = 1 << 28;

  /** The language of the text. */
  public enum Syntax {
    /** Cap'n Proto's own: {@code (x = 1, name = "one")}. */
    TEXT,
    /** JSON (RFC 8259). */
    JSON
  }

  /** Decides how fields of type {@code Data} are shown. */
  public enum DataStyle {
    /** Its size and its first bytes. */
    SUMMARY,
    /** A string: base64 (RFC 4648) in JSON, with escapes in text. */
    STRING,
    /** A list of numbers in JSON, as {@code capnp convert} shows it; with escapes in text. */
    BYTES
  }

  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException if one is negative
   */
  public MessageFormat {
    if (maxDataByteSize < 0 || maxElementCount < 0 || maxCharCount < 0) {
      throw new IllegalArgumentException(
          "message format with maxDataByteSize="
              + maxDataByteSize
              + " maxElementCount="
              + maxElementCount
              + " maxCharCount="
              + maxCharCount
              + ": none may be negative");
    }
  }

  /**
   * For people: Cap'n Proto's syntax in lines, 16 bytes of data fields and 100 elements of lists.
   */
  public static MessageFormat text() {
    return new MessageFormat(Syntax.TEXT, true, DataStyle.SUMMARY, 16, 100, MAX_CHAR_COUNT);
  }

  /** For programs: JSON in one line, whole, data as base64. */
  public static MessageFormat json() {
    return new MessageFormat(
        Syntax.JSON, false, DataStyle.STRING, 16, Integer.MAX_VALUE, MAX_CHAR_COUNT);
  }

  /** The same in one line or with a line for each field. */
  public MessageFormat withIndented(boolean indented) {
    return new MessageFormat(
        syntax, indented, data, maxDataByteSize, maxElementCount, maxCharCount);
  }

  /** The same with data fields shown otherwise. */
  public MessageFormat withData(DataStyle style) {
    return new MessageFormat(
        syntax, isIndented, style, maxDataByteSize, maxElementCount, maxCharCount);
  }

  /** The same with another {@link #maxElementCount()}. */
  public MessageFormat withMaxElementCount(int count) {
    return new MessageFormat(syntax, isIndented, data, maxDataByteSize, count, maxCharCount);
  }

  /** The same with another {@link #maxCharCount()}. */
  public MessageFormat withMaxCharCount(int count) {
    return new MessageFormat(syntax, isIndented, data, maxDataByteSize, maxElementCount, count);
  }
}
