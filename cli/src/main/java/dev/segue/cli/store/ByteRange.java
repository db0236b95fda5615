package dev.segue.cli.store;

import dev.segue.cli.CommandFailedException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Some bytes of an object, as RFC 9110, 14.1.2 writes them.
 *
 * @param first from the object's begin; negative: so many from its end on
 * @param last included
 */
public record ByteRange(long first, long last) {
  /** The whole object. */
  public static final ByteRange ALL = new ByteRange(0, Long.MAX_VALUE);

  private static final Pattern SHAPE = Pattern.compile("(\\d{0,18})-(\\d{0,18})");

  /** A range within an object. */
  public record Span(long byteOffset, long byteSize) {}

  static ByteRange parse(String text) {
    Matcher matcher = SHAPE.matcher(text);
    if (matcher.matches() && text.length() > 1) {
      String from = matcher.group(1);
      String to = matcher.group(2);
      if (from.isEmpty() && Long.parseLong(to) > 0) {
        return new ByteRange(-Long.parseLong(to), Long.MAX_VALUE);
      }
      if (!from.isEmpty()) {
        long first = Long.parseLong(from);
        long last = to.isEmpty() ? Long.MAX_VALUE : Long.parseLong(to);
        if (first <= last) {
          return new ByteRange(first, last);
        }
      }
    }
    throw new IllegalArgumentException(
        text + ": a range such as 0-99 (the first hundred bytes), 100- or -100");
  }

  /** Makes a range of an argument. */
  public static final class Converter implements ITypeConverter<ByteRange> {
    @Override
    public ByteRange convert(String text) {
      try {
        return parse(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }

  /** Returns what it means for an object of a size. */
  public Span of(ObjectUri object, long byteSize) throws CommandFailedException {
    if (equals(ALL)) {
      return new Span(0, byteSize);
    }
    long from = first < 0 ? Math.max(0, byteSize + first) : first;
    if (from >= byteSize) {
      throw new CommandFailedException(
          object
              + ": the range begins at byteOffset="
              + from
              + ", the object has byteSize="
              + byteSize);
    }
    long end = last >= byteSize ? byteSize : last + 1;
    return new Span(from, end - from);
  }
}
