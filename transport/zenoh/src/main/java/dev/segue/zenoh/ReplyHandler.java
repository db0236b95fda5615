package dev.segue.zenoh;

/** Takes the replies to a query, one at a time, on a virtual thread of the library. */
public interface ReplyHandler {
  /** Takes a reply, which ends when this returns. */
  void onReply(Reply reply);

  /** Learns how the query ended, after the last reply. */
  default void onEnd(Replies.State state) {}

  /** Learns what {@link #onReply} threw; the replies that follow go on. Logs it by default. */
  default void onError(Throwable error) {
    System.getLogger("dev.segue.zenoh")
        .log(System.Logger.Level.ERROR, "a handler of replies threw", error);
  }
}
