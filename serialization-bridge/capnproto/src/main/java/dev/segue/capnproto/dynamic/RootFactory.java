package dev.segue.capnproto.dynamic;

import org.capnproto.FromPointerReader;
import org.capnproto.SegmentReader;

/**
 * Stands for a root that is read by its words: {@link dev.segue.capnproto.MessageView#read} turns
 * what a faulty message makes the body throw into the documented exception.
 */
final class RootFactory implements FromPointerReader<Boolean> {
  static final RootFactory INSTANCE = new RootFactory();

  private RootFactory() {}

  @Override
  public Boolean fromPointerReader(SegmentReader segment, int pointer, int nestingLimit) {
    return Boolean.TRUE;
  }
}
