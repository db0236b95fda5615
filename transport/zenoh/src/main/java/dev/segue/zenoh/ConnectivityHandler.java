package dev.segue.zenoh;

/** Receives the changes in what a session is connected to. */
@FunctionalInterface
public interface ConnectivityHandler {
  /** Learns of one change. */
  void onEvent(ConnectivityEvent event);
}
