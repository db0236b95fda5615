package dev.segue.capnproto.topic;

import dev.segue.zenoh.Encoding;

/** A sample whose encoding names another type than its reader's class. */
public final class WrongTypeException extends Exception {
  private static final long serialVersionUID = 1L;

  WrongTypeException(Encoding expected, Encoding found) {
    super(
        "read of a sample with encoding="
            + found
            + ": the reader's class is "
            + expected
            + "; subscribe with the class of the type that is published");
  }
}
