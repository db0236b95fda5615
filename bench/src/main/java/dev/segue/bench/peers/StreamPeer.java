package dev.segue.bench.peers;

import dev.segue.bytes.Loan;
import dev.segue.bytes.OffHeapPool;
import dev.segue.objectstore.ObjectBytes;
import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectReader;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectWriter;
import dev.segue.objectstore.StoreSettings;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * {@code StreamPeer empty|put|get ENDPOINT KEY}: moves standard input to an object, an object
 * through memory, or nothing; says {@code ready pid=N} and in the end {@code done bytes=N
 * peak=KIBIBYTES}.
 */
public final class StreamPeer {
  private static final long BLOCK = 1L << 20;
  private static final long RING = 16L << 20;
  private static final int PAGE = 4096;

  private StreamPeer() {}

  /** A role, as the class comment says. */
  public static void main(String[] arguments) throws Exception {
    System.setProperty("aws.accessKeyId", "test");
    System.setProperty("aws.secretAccessKey", "testtest");
    System.out.println("ready pid=" + ProcessHandle.current().pid());
    long moved = 0;
    if (!arguments[0].equals("empty")) {
      try (ObjectStore store =
          ObjectStore.open(
              "s3://bench?region=us-east-1&endpoint=" + arguments[1], StoreSettings.defaults())) {
        moved = arguments[0].equals("put") ? put(store, arguments[2]) : get(store, arguments[2]);
      }
    }
    String peak =
        Files.readString(Path.of("/proc/self/status"))
            .lines()
            .filter(line -> line.startsWith("VmHWM"))
            .map(line -> line.replaceAll("\\D", ""))
            .findFirst()
            .orElse("0");
    System.out.println("done bytes=" + moved + " peak=" + peak);
  }

  private static long put(ObjectStore store, String key) throws Exception {
    try (FileChannel input = new FileInputStream(FileDescriptor.in).getChannel();
        OffHeapPool ring = new OffHeapPool(RING);
        ObjectWriter writer = store.write(key)) {
      while (true) {
        Loan loan = ring.tryLoan(BLOCK, Duration.ofMinutes(5)).orElseThrow();
        ByteBuffer block = loan.segment().asByteBuffer();
        // A pipe gives a few pages at a time.
        for (int count = 0; block.hasRemaining() && count >= 0; ) {
          count = input.read(block);
        }
        if (block.hasRemaining()) {
          if (block.position() > 0) {
            writer.writeOwned(loan.handOver(block.position()));
          }
          loan.close();
          return writer.finish().byteSize();
        }
        writer.writeOwned(loan);
      }
    }
  }

  private static long get(ObjectStore store, String key) throws Exception {
    long sum = 0;
    long moved = 0;
    try (ObjectReader reader = store.read(key)) {
      for (Optional<ObjectBytes> next = reader.next(); next.isPresent(); next = reader.next()) {
        try (ObjectBytes chunk = next.get()) {
          for (long at = 0; at < chunk.bytes().byteSize(); at += PAGE) {
            sum += chunk.bytes().byteAt(at);
          }
          moved += chunk.bytes().byteSize();
        }
      }
      ObjectInfo info = reader.info();
      if (moved != info.byteSize()) {
        throw new IllegalStateException("moved=" + moved + " of " + info + " sum=" + sum);
      }
    }
    return moved;
  }
}
