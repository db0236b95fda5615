package dev.segue.objectstore;

import java.util.Optional;

/**
 * Walks the pages of a listing, and ends one that returns to an earlier page, or has nothing on
 * page after page.
 *
 * <pre>{@code
 * PageTokens tokens = new PageTokens();
 * Optional<String> token = Optional.empty();
 * do {
 *   ObjectPage page = store.list(prefix, "", token);
 *   token = tokens.next(page);
 * } while (token.isPresent());
 * }</pre>
 *
 * <p>It remembers one token at a time, the next one after twice as many pages (R. P. Brent, 1980):
 * a circle is found in at most three rounds. Lifetime: one listing. Threads: one at a time.
 */
public final class PageTokens {
  /**
   * A store passes over what was deleted, so a page may have nothing; no store has that many such
   * pages one behind the other.
   */
  private static final int EMPTY_LIMIT = 10_000;

  private String remembered = "";
  private long passedCount;
  private long patience = 1;
  private int emptyCount;

  /** Before the first page. */
  public PageTokens() {}

  /**
   * Returns what to ask the page behind this one with; empty if it is the last.
   *
   * @throws ObjectStoreException with reason UNTRUSTWORTHY if the listing goes in a circle, or
   *     10,000 pages in a row have nothing and more shall follow
   */
  public Optional<String> next(ObjectPage page) throws ObjectStoreException {
    Optional<String> token = page.nextToken();
    emptyCount = page.objects().isEmpty() && page.prefixes().isEmpty() ? emptyCount + 1 : 0;
    if (token.isPresent()) {
      if (emptyCount == EMPTY_LIMIT) {
        throw new ObjectStoreException(
            ObjectStoreException.Reason.UNTRUSTWORTHY,
            "a listing has nothing on "
                + EMPTY_LIMIT
                + " pages in a row, and announces more, token="
                + token.get());
      }
      if (token.get().equals(remembered)) {
        throw new ObjectStoreException(
            ObjectStoreException.Reason.UNTRUSTWORTHY,
            "a listing leads back to a page that it had, token=" + remembered);
      }
      if (++passedCount == patience) {
        remembered = token.get();
        passedCount = 0;
        patience *= 2;
      }
    }
    return token;
  }
}
