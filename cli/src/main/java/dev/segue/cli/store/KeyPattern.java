package dev.segue.cli.store;

import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Names with wildcards: {@code *} stands for any characters but slashes, {@code **} for any
 * characters, and with a slash behind it also for no folder at all.
 *
 * @param text as it was written
 * @param head what all names that match begin with
 */
record KeyPattern(String text, String head, Glob glob) {
  private static final Pattern WILD = Pattern.compile("\\*\\*/|\\*\\*|\\*|\\?");

  /** A pattern of a location, in which a question mark stands for itself. */
  static KeyPattern ofKeys(String text, UnaryOperator<String> decoded) {
    String head = decoded.apply(text.substring(0, text.indexOf('*')));
    return new KeyPattern(text, head, compile(new Glob.Builder(), text, decoded, false));
  }

  /**
   * A pattern of {@code --include} and {@code --exclude}, in which a question mark stands for one
   * character but a slash. Without a slash it is about names at any depth, with one about the key
   * below the folder; one that ends with a slash is about all below such a folder.
   */
  static KeyPattern ofFilter(String text) {
    boolean isAnchored = text.startsWith("/");
    String key = isAnchored ? text.substring(1) : text;
    boolean isFolder = key.endsWith("/");
    String name = isFolder ? key.substring(0, key.length() - 1) : key;
    Glob.Builder before = new Glob.Builder();
    if (!isAnchored && name.indexOf('/') < 0) {
      before = before.folders();
    }
    String whole = isFolder ? key + "**" : key;
    return new KeyPattern(text, "", compile(before, whole, part -> part, true));
  }

  private static Glob compile(
      Glob.Builder glob, String text, UnaryOperator<String> decoded, boolean hasQuestionMarks) {
    Glob.Builder all = glob;
    Matcher wild = WILD.matcher(text);
    int at = 0;
    while (wild.find()) {
      String found = wild.group();
      if (found.equals("?") && !hasQuestionMarks) {
        continue;
      }
      all = all.plain(decoded.apply(text.substring(at, wild.start())));
      at = wild.end();
      all =
          switch (found) {
            case "**/" -> all.folders();
            case "**" -> all.all();
            case "*" -> all.name();
            default -> all.one();
          };
    }
    return all.plain(decoded.apply(text.substring(at))).build();
  }

  /** Returns whether names that match have no folder in them. */
  boolean isOneLevel() {
    return text.indexOf('/') < 0 && !text.contains("**");
  }

  boolean matches(String key) {
    return glob.matches(key);
  }

  /** Returns whether it or a folder that it lies in matches. */
  boolean matchesFolderOf(String key) {
    for (int slash = key.indexOf('/'); slash >= 0; slash = key.indexOf('/', slash + 1)) {
      if (matches(key.substring(0, slash))) {
        return true;
      }
    }
    return matches(key);
  }
}
