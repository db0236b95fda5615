package dev.segue.cli.store;

import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Which objects below a folder are meant. */
final class KeyFilter {
  @Option(
      names = "--include",
      paramLabel = "PATTERN",
      description = {
        "Take only names that match: '*.raw' at any depth, 'cam0/*.raw' and '/top.raw' below the"
            + " folder, 'cam0/**' everything below one. * matches any characters except slashes,"
            + " ** any characters, ? one character. May be repeated."
      })
  private List<String> include = List.of();

  @Option(
      names = "--exclude",
      paramLabel = "PATTERN",
      description = "Skip names that match, even those included. May be repeated.")
  private List<String> exclude = List.of();

  private Optional<List<KeyPattern>> included = Optional.empty();
  private List<KeyPattern> excluded = List.of();

  /** Returns whether any pattern was given. */
  boolean isActive() {
    return !include.isEmpty() || !exclude.isEmpty();
  }

  /** Returns whether an object is meant, by its key below the folder. */
  synchronized boolean has(String relativeKey) {
    if (included.isEmpty()) {
      included = Optional.of(include.stream().map(KeyPattern::ofFilter).toList());
      excluded = exclude.stream().map(KeyPattern::ofFilter).toList();
    }
    List<KeyPattern> some = included.get();
    return (some.isEmpty() || some.stream().anyMatch(each -> each.matches(relativeKey)))
        && excluded.stream().noneMatch(each -> each.matches(relativeKey));
  }
}
