package dev.segue.objectstore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.objectstore.ObjectStoreException.Reason;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Listings that would never end. */
@Timeout(60)
class PageTokensTest {
  private static final int FAR = 1_000_000;

  private final PageTokens tokens = new PageTokens();

  private static ObjectPage page(List<String> prefixes, long number) {
    return new ObjectPage(List.of(), prefixes, Optional.of("token-" + number));
  }

  @Test
  void pagesWithNothingAndAlwaysAnotherTokenEnd() {
    ObjectStoreException e =
        assertThrows(
            ObjectStoreException.class,
            () -> {
              for (long number = 0; number < FAR; number++) {
                tokens.next(page(List.of(), number));
              }
            });
    assertEquals(Reason.UNTRUSTWORTHY, e.reason());
    assertTrue(e.getMessage().contains("10000 pages in a row"), e::toString);
  }

  @Test
  void pagesWithSomethingGoOn() throws Exception {
    for (long number = 0; number < 30_000; number++) {
      List<String> prefixes = number % 5_000 == 0 ? List.of("p" + number + "/") : List.of();
      assertEquals(Optional.of("token-" + number), tokens.next(page(prefixes, number)));
    }
  }
}
