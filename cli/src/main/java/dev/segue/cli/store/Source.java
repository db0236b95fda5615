package dev.segue.cli.store;

import java.nio.file.Files;
import java.util.Optional;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * The source that a command reads: a location, or with wildcards all that matches below one.
 *
 * <pre>
 *   s3://bucket/logs/*.gz         folder s3://bucket/logs/, pattern *.gz
 *   s3://bucket/**{@literal /}x.log       folder s3://bucket/, pattern **{@literal /}x.log
 *   s3://bucket/a%2Ab             the object a*b
 *   'logs/*.gz'                   files, unless there is one of just this name
 * </pre>
 *
 * @param location the object or folder; with a pattern, the folder before it
 * @param pattern of the keys below the folder; empty for the location itself
 */
record Source(ObjectUri location, Optional<KeyPattern> pattern) {
  /** Stands for an argument that picocli has not set yet. */
  static final Source NONE = new Source(ObjectUri.NONE, Optional.empty());

  static Source parse(String text) {
    ObjectUri whole = ObjectUri.parse(text);
    int question = whole.isLocal() && !text.startsWith("file:") ? -1 : text.indexOf('?');
    String place = question < 0 ? text : text.substring(0, question);
    String options = question < 0 ? "" : text.substring(question);
    int star = place.indexOf('*');
    if (star < 0 || (whole.isLocal() && Files.exists(whole.path()))) {
      return new Source(whole, Optional.empty());
    }
    int slash = place.lastIndexOf('/', star);
    String before = place.substring(0, slash + 1);
    boolean isPlainPath = whole.isLocal() && !text.startsWith("file:");
    if (!isPlainPath && slash < place.indexOf("//") + 2) {
      throw new IllegalArgumentException(
          text + ": wildcards are for keys, the bucket needs its name");
    }
    ObjectUri folder = ObjectUri.parse(before.isEmpty() ? "./" : before + options);
    return new Source(
        folder,
        Optional.of(
            KeyPattern.ofKeys(
                place.substring(slash + 1),
                isPlainPath ? part -> part : part -> ObjectUri.decoded(text, part))));
  }

  boolean isPattern() {
    return pattern.isPresent();
  }

  /** Returns whether an object is meant, by its key below the folder. */
  boolean has(String relativeKey, boolean recursive) {
    return pattern
        .map(each -> recursive ? each.matchesFolderOf(relativeKey) : each.matches(relativeKey))
        .orElse(true);
  }

  @Override
  public String toString() {
    return pattern
        .map(each -> location.withKey(location.key() + each.text()).toString().replace("%2A", "*"))
        .orElseGet(location::toString);
  }

  /** Makes a source of an argument. */
  static final class Converter implements ITypeConverter<Source> {
    @Override
    public Source convert(String text) {
      try {
        return parse(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }
}
