package dev.segue.objectstore.s3;

import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectPage;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.StoreSettings;
import java.io.IOException;
import java.util.Optional;

/** Any bytes as the answer of a server that is asked for a listing. */
public final class ListingFuzz {
  private static volatile byte[] answer = {};
  private static final S3Store STORE = open();

  private ListingFuzz() {}

  private static S3Store open() {
    try {
      FakeS3 server =
          new FakeS3(
              (exchange, request) -> {
                byte[] body = answer;
                exchange.sendResponseHeaders(200, body.length == 0 ? -1 : body.length);
                exchange.getResponseBody().write(body);
              });
      return server.open("", StoreSettings.defaults().attemptCount(1));
    } catch (IOException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** Gives a page of keys with the prefix, or ends in {@link ObjectStoreException}. */
  public static void fuzzerTestOneInput(byte[] data) {
    answer = data;
    try {
      ObjectPage page = STORE.list("a", "/", Optional.empty());
      for (ObjectInfo each : page.objects()) {
        if (!each.key().startsWith("a")) {
          throw new AssertionError(each.toString());
        }
      }
    } catch (ObjectStoreException _) {
      // The answer is none, and that is what is said of it.
    }
  }
}
