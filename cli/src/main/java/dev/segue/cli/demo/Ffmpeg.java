package dev.segue.cli.demo;

import dev.segue.cli.CommandFailedException;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Raw frames of a video or a camera, read from ffmpeg's pipe straight into the loan. */
final class Ffmpeg implements FrameSource {
  private final Path path;
  private final boolean isDevice;
  private final Process process;
  private final ReadableByteChannel pipe;
  private final Thread errorReader;
  private volatile String lastError = "";

  Ffmpeg(Path path, boolean isDevice, FrameOptions options) throws IOException {
    this.path = path;
    this.isDevice = isDevice;
    this.process = new ProcessBuilder(command(path, isDevice, options)).start();
    this.errorReader = Thread.ofPlatform().daemon().name("segue-ffmpeg").start(this::readErrors);
    this.pipe = open(process);
  }

  static boolean isInstalled() {
    String searched = System.getenv().getOrDefault("PATH", "");
    return Stream.of(searched.split(File.pathSeparator))
        .anyMatch(directory -> Files.isExecutable(Path.of(directory, "ffmpeg")));
  }

  static List<String> command(Path path, boolean isDevice, FrameOptions options) {
    List<String> command = new ArrayList<>(List.of("ffmpeg", "-nostdin", "-loglevel", "error"));
    command.addAll(isDevice ? List.of("-f", "v4l2") : List.of("-stream_loop", "-1"));
    command.addAll(List.of("-i", path.toString(), "-an", "-vf", filters(isDevice, options)));
    command.addAll(List.of("-pix_fmt", "rgba", "-f", "rawvideo", "pipe:1"));
    return command;
  }

  private static String filters(boolean isDevice, FrameOptions options) {
    String size = options.width + ":" + options.height;
    String fitted =
        "scale="
            + size
            + ":force_original_aspect_ratio=decrease,pad="
            + size
            + ":(ow-iw)/2:(oh-ih)/2,setsar=1";
    return isDevice || options.fps == 0
        ? fitted
        : "fps=" + FrameOptions.number(options.fps) + "," + fitted;
  }

  /**
   * The stream of a process would read into an array first. On Linux the pipe's other end can be
   * opened once more, as a file, and read into native memory.
   */
  private static ReadableByteChannel open(Process process) throws IOException {
    Path end = Path.of("/proc/" + process.pid() + "/fd/1");
    return Files.isReadable(end)
        ? FileChannel.open(end, StandardOpenOption.READ)
        : Channels.newChannel(process.getInputStream());
  }

  private void readErrors() {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(process.getErrorStream(), StandardCharsets.UTF_8))) {
      String line;
      while ((line = lines.readLine()) != null) {
        lastError = line;
      }
    } catch (IOException e) {
      // The process was ended; what it said until then is known.
    }
  }

  @Override
  public void capture(MemorySegment frame, Lane lane, long sequence)
      throws CommandFailedException, IOException, InterruptedException {
    ByteBuffer target = frame.asByteBuffer();
    while (target.hasRemaining()) {
      if (pipe.read(target) < 0) {
        throw ended(sequence);
      }
    }
  }

  private CommandFailedException ended(long sequence) throws InterruptedException {
    errorReader.join(TimeUnit.SECONDS.toMillis(1));
    String said = lastError.isEmpty() ? "" : ": " + lastError;
    return new CommandFailedException(
        "--from " + path + ": ffmpeg ended before frame sequence=" + sequence + said);
  }

  @Override
  public boolean isLive() {
    return isDevice;
  }

  @Override
  public void close() {
    process.destroy();
    try {
      pipe.close();
    } catch (IOException e) {
      // Nothing was written, so nothing is lost.
    }
  }
}
