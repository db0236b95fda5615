package dev.segue.zenoh;

import java.util.function.BiConsumer;

/**
 * Options of a queryable.
 *
 * @param complete whether it has all that there is for its key expression, so that nobody else need
 *     be asked
 * @param backlog what to do when Java is slow; a query that is dropped is answered with an error.
 *     With {@link Backlog#hold}, a get of the same session waits for room, also when its time is
 *     up: don't get from the thread that takes the queries
 * @param origin whose queries
 * @param onHandlerError gets what a handler on the library's thread throws, with the queryable; the
 *     queries that follow go on
 */
public record QueryableOptions(
    boolean complete,
    Backlog backlog,
    Locality origin,
    BiConsumer<Queryable, Throwable> onHandlerError) {
  private static final System.Logger LOG = System.getLogger("dev.segue.zenoh");

  /** Not complete, the last 256 queries, from anywhere, errors of handlers logged. */
  public static QueryableOptions defaults() {
    return new QueryableOptions(
        false,
        Backlog.last(256),
        Locality.ANY,
        (queryable, error) ->
            LOG.log(System.Logger.Level.ERROR, "the handler of " + queryable + " threw", error));
  }

  /** Complete or not. */
  public QueryableOptions complete(boolean value) {
    return new QueryableOptions(value, backlog, origin, onHandlerError);
  }

  /** With another backlog. */
  public QueryableOptions backlog(Backlog value) {
    return new QueryableOptions(complete, value, origin, onHandlerError);
  }

  /** With another origin. */
  public QueryableOptions origin(Locality value) {
    return new QueryableOptions(complete, backlog, value, onHandlerError);
  }

  /** With another end for what a handler throws. */
  public QueryableOptions onHandlerError(BiConsumer<Queryable, Throwable> value) {
    return new QueryableOptions(complete, backlog, origin, value);
  }
}
