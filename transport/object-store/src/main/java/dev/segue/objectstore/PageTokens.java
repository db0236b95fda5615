package dev.segue.objectstore;

import java.util.Optional;

/**
 * Leads through the pages of a listing, and ends one that comes back to a page that it had.
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
  private String remembered = "";
  private long passedCount;
  private long patience = 1;

  /** Before the first page. */
  public PageTokens() {}

  /**
   * Returns what to ask the page behind this one with; empty if it is the last.
   *
   * @throws ObjectStoreException with reason UNTRUSTWORTHY if the listing goes in a circle
   */
  public Optional<String> next(ObjectPage page) throws ObjectStoreException {
    Optional<String> token = page.nextToken();
    if (token.isPresent()) {
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
