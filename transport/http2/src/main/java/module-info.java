/** HTTP/2 whose DATA frames are regions of memory that is lent. */
@SuppressWarnings("module") // the digit is the protocol's
module dev.segue.http2 {
  requires static transitive org.jspecify;
  requires transitive dev.segue.bytes;
  requires io.netty.buffer;
  requires io.netty.codec;
  requires io.netty.codec.http;
  requires io.netty.codec.http2;
  requires io.netty.common;
  requires io.netty.handler;
  requires io.netty.transport;
  requires io.netty.transport.classes.epoll;

  exports dev.segue.http2;
}
