import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Wraps the prose of a Markdown page at 100 columns: paragraphs and list items that have a longer
 * line. Code, tables, headings, HTML, and what stands between {@code <!-- NAME: begin -->} and
 * {@code <!-- NAME: end -->}, which programs write, stay as they are.
 */
final class Markdown {
  private static final int WIDTH = 100;
  private static final Pattern FENCE = Pattern.compile("^ *(```|~~~).*");
  private static final Pattern ITEM = Pattern.compile("^( *(?:[-*+]|\\d+\\.) +)(\\S.*)$");
  private static final Pattern GENERATED = Pattern.compile("^<!-- [a-z-]+: (begin|end) -->$");

  /** Lines that are no prose. */
  private static final Pattern OTHER =
      Pattern.compile("^(#{1,6} .*|\\|.*|<.*|>.*|---+|===+| {4,}.*|!\\[.*)$");

  /** What would become a list, heading, quotation or table at the beginning of a line. */
  private static final Pattern MARK = Pattern.compile("^([-*+]|\\d+[.)]|#{1,6}|>.*|\\|.*|=+|<.*)$");

  private Markdown() {}

  static String wrap(String page) {
    List<String> wrapped = new ArrayList<>();
    List<String> block = new ArrayList<>();
    boolean fenced = false;
    boolean generated = false;
    for (String line : page.split("\n", -1)) {
      boolean fence = FENCE.matcher(line).matches();
      Matcher marker = GENERATED.matcher(line);
      if (!fenced && marker.matches()) {
        generated = marker.group(1).equals("begin");
      }
      boolean prose = !fenced && !fence && !generated && !line.isBlank() && !isOther(line, block);
      if (!prose || ITEM.matcher(line).matches()) {
        flush(block, wrapped);
      }
      if (prose) {
        block.add(line);
      } else {
        wrapped.add(line);
      }
      fenced ^= fence && !generated;
    }
    flush(block, wrapped);
    return String.join("\n", wrapped);
  }

  /** A line that is indented goes on with the list item above it. */
  private static boolean isOther(String line, List<String> block) {
    return OTHER.matcher(line).matches() && (block.isEmpty() || !line.startsWith(" "));
  }

  private static void flush(List<String> block, List<String> wrapped) {
    boolean fits = block.stream().allMatch(line -> length(line) <= WIDTH);
    boolean breaks = block.stream().anyMatch(line -> line.endsWith("  ") || line.endsWith("\\"));
    if (fits || breaks) {
      wrapped.addAll(block);
    } else {
      fill(block, wrapped);
    }
    block.clear();
  }

  private static void fill(List<String> block, List<String> wrapped) {
    String text = String.join(" ", block.stream().map(String::strip).toList());
    Matcher item = ITEM.matcher(block.getFirst());
    String first = item.matches() ? item.group(1) : indent(block.getFirst());
    String rest = " ".repeat(first.length());
    if (item.matches()) {
      text = text.substring(first.strip().length()).strip();
    }
    StringBuilder line = new StringBuilder(first);
    boolean empty = true;
    for (String word : words(text)) {
      if (!empty && length(line) + 1 + length(word) > WIDTH) {
        wrapped.add(line.toString());
        line = new StringBuilder(rest);
        empty = true;
      }
      line.append(empty ? "" : " ").append(word);
      empty = false;
    }
    wrapped.add(line.toString());
  }

  /**
   * Splits at spaces outside of code; a word that can't begin a line stays with the one before it.
   */
  private static List<String> words(String text) {
    List<String> words = new ArrayList<>();
    StringBuilder word = new StringBuilder();
    boolean code = false;
    for (int i = 0; i <= text.length(); i++) {
      char c = i == text.length() ? ' ' : text.charAt(i);
      code ^= c == '`';
      if (c != ' ' || (code && i < text.length())) {
        word.append(c);
      } else if (!word.isEmpty()) {
        if (!words.isEmpty() && MARK.matcher(word).matches()) {
          words.set(words.size() - 1, words.getLast() + " " + word);
        } else {
          words.add(word.toString());
        }
        word.setLength(0);
      }
    }
    return words;
  }

  private static String indent(String line) {
    return line.substring(0, line.length() - line.stripLeading().length());
  }

  private static int length(CharSequence text) {
    return (int) text.codePoints().count();
  }
}
