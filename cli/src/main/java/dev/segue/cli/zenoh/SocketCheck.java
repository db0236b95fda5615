package dev.segue.cli.zenoh;

import dev.segue.cli.terminal.Quantities;
import dev.segue.cli.zenoh.Finding.Level;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Checks how much the kernel lets a socket hold. Links over QUIC and UDP lose what comes while they
 * hold no more; a link over TCP has at most so much under way, which bounds its rate over a long
 * delay.
 */
final class SocketCheck {
  /** A frame of a camera in datagrams. */
  private static final long FEWEST_BYTES = 2L << 20;

  private SocketCheck() {}

  /**
   * Checks the limits.
   *
   * @param proc {@code /proc}; empty where it doesn't have them, as in most containers
   */
  static Optional<Finding> of(Path proc) throws IOException {
    Path net = proc.resolve("sys").resolve("net");
    Optional<Long> received = last(net.resolve("core").resolve("rmem_max"));
    Optional<Long> sent = last(net.resolve("core").resolve("wmem_max"));
    if (received.isEmpty() || sent.isEmpty()) {
      return Optional.empty();
    }
    String text =
        "a socket of QUIC or UDP holds at most "
            + Quantities.byteSize(received.get())
            + " that came and "
            + Quantities.byteSize(sent.get())
            + " to send"
            + last(net.resolve("ipv4").resolve("tcp_wmem"))
                .map(most -> "; one of TCP " + Quantities.byteSize(most) + " to send")
                .orElse("");
    return Optional.of(
        Math.min(received.get(), sent.get()) >= FEWEST_BYTES
            ? Finding.ok("sockets", text)
            : new Finding(
                Level.NOTE,
                "sockets",
                text,
                "for large payloads over QUIC or UDP: sysctl -w net.core.rmem_max=8388608"
                    + " net.core.wmem_max=8388608"));
  }

  /** The last number of a file. */
  private static Optional<Long> last(Path file) throws IOException {
    if (!Files.isReadable(file)) {
      return Optional.empty();
    }
    String[] numbers = Files.readString(file).strip().split("\\s+", -1);
    return Optional.of(Long.parseLong(numbers[numbers.length - 1]));
  }
}
