package dev.segue.objectstore.http;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;

/**
 * A blocking socket. Reads and writes of native memory hold its scope: it can't be freed meanwhile.
 */
final class PlainWire implements Wire {
  private final SocketChannel channel;
  private final ByteBuffer probe = ByteBuffer.allocateDirect(1);

  PlainWire(SocketChannel channel) {
    this.channel = channel;
  }

  /** Connects to the first address of a host that answers in time. */
  static PlainWire connect(String host, int port, Duration timeout) throws IOException {
    IOException failure = null;
    for (InetAddress address : InetAddress.getAllByName(host)) {
      SocketChannel channel = SocketChannel.open();
      try {
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        channel
            .socket()
            .connect(new InetSocketAddress(address, port), Math.toIntExact(timeout.toMillis()));
        return new PlainWire(channel);
      } catch (IOException e) {
        channel.close();
        if (failure == null) {
          failure = new IOException("connect to " + host + ":" + port + ": " + e.getMessage(), e);
        } else {
          failure.addSuppressed(e);
        }
      }
    }
    throw failure == null ? new IOException("connect to " + host + ": it has no address") : failure;
  }

  @Override
  public int read(ByteBuffer target) throws IOException {
    return channel.read(target);
  }

  @Override
  public void write(ByteBuffer[] sources, int offset, int count) throws IOException {
    long _ = channel.write(sources, offset, count);
  }

  @Override
  public long sendBufferByteSize() {
    try {
      return channel.getOption(StandardSocketOptions.SO_SNDBUF);
    } catch (IOException e) {
      return 0;
    }
  }

  @Override
  public boolean isQuiet() {
    try {
      channel.configureBlocking(false);
      try {
        return channel.read(probe.clear()) == 0;
      } finally {
        channel.configureBlocking(true);
      }
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public boolean isEndAuthentic() {
    return true;
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      // Nothing is lost: the socket is gone either way.
      return;
    }
  }
}
