package dev.segue.zenoh;

/**
 * What the Zenoh core refused or failed at: the network, the configuration of a session, memory.
 */
public class ZenohException extends Exception {
  private static final long serialVersionUID = 1L;

  ZenohException(String message) {
    super(message);
  }
}
