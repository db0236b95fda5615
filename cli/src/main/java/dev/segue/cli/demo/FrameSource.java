package dev.segue.cli.demo;

import dev.segue.cli.CommandFailedException;
import dev.segue.cli.video.Ffmpeg;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A source of frames: rows of red, green, blue, alpha, a byte each.
 *
 * <p>Owner: the caller. Lifetime: until {@link #close()}. Threads: one.
 */
interface FrameSource extends AutoCloseable {
  /**
   * Writes the next frame into memory of exactly its size.
   *
   * @throws CommandFailedException if there is none any more
   */
  void capture(MemorySegment frame, Lane lane, long sequence)
      throws CommandFailedException, IOException, InterruptedException;

  /** Returns whether it gives frames at a rate of its own. */
  boolean isLive();

  @Override
  void close();

  /** Checks, before any process starts, that a source can be opened. */
  static void check(FrameOptions options) throws CommandFailedException {
    String from = options.from;
    if (from == null) {
      return;
    }
    Path path = Path.of(from);
    if (Files.isDirectory(path)) {
      Ffmpeg.checkReadable("--from", path);
      ImageFolder.list(path);
    } else {
      Ffmpeg.check("--from", path);
    }
  }

  /** Opens what the options name. */
  static FrameSource open(FrameOptions options) throws CommandFailedException, IOException {
    String from = options.from;
    if (from == null) {
      return new TestPattern(options.width, options.height);
    }
    Path path = Path.of(from);
    return Files.isDirectory(path)
        ? new ImageFolder(path, options)
        : new VideoFrames(path, !Files.isRegularFile(path), options);
  }
}
