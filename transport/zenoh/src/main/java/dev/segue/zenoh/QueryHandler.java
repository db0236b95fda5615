package dev.segue.zenoh;

/** Answers queries, one at a time. */
@FunctionalInterface
public interface QueryHandler {
  /**
   * Answers a query, which ends when this returns; {@link Query#retain()} keeps it open.
   *
   * @throws ZenohException as the replies do; it goes where other errors of the handler go
   */
  void onQuery(Query query) throws ZenohException;
}
