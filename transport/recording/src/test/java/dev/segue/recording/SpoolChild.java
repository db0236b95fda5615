package dev.segue.recording;

import dev.segue.zenoh.Config;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Session;
import java.nio.file.Path;

/**
 * A process that records into a folder through a spool until it is killed: {@code FOLDER ENDPOINT}.
 */
final class SpoolChild {
  private SpoolChild() {}

  public static void main(String[] arguments) throws Exception {
    Path folder = Path.of(arguments[0]);
    try (Session session = Session.open(Config.isolated().connect(arguments[1]));
        Spool spool =
            Spool.open(
                Spool.directoryIn(folder),
                new SpoolTarget.InFolder(folder, "drive.mcap"),
                SpoolOptions.defaults());
        Recorder recorder =
            Recorder.start(session, KeyExpr.of("robot/**"), spool, RecorderOptions.defaults())) {
      while (true) {
        System.out.println(recorder.counts().messageCount());
        Thread.sleep(5);
      }
    }
  }
}
