package dev.segue.cli.demo;

import dev.segue.cli.CommandFailedException;
import dev.segue.cli.video.Ffmpeg;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Raw frames of a video or a camera, read from ffmpeg's pipe straight into the loan. */
final class VideoFrames implements FrameSource {
  private final Path path;
  private final boolean isDevice;
  private final Ffmpeg ffmpeg;

  VideoFrames(Path path, boolean isDevice, FrameOptions options) throws IOException {
    this.path = path;
    this.isDevice = isDevice;
    this.ffmpeg = Ffmpeg.start(arguments(path, isDevice, options));
  }

  static List<String> arguments(Path path, boolean isDevice, FrameOptions options) {
    List<String> arguments =
        new ArrayList<>(isDevice ? List.of("-f", "v4l2") : List.of("-stream_loop", "-1"));
    arguments.addAll(
        List.of("-i", path.toAbsolutePath().toString(), "-an", "-vf", filters(isDevice, options)));
    arguments.addAll(List.of("-pix_fmt", "rgba", "-f", "rawvideo"));
    return arguments;
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

  @Override
  public void capture(MemorySegment frame, Lane lane, long sequence)
      throws CommandFailedException, IOException, InterruptedException {
    ByteBuffer target = frame.asByteBuffer();
    ffmpeg.read(target);
    if (target.hasRemaining()) {
      throw ended(sequence);
    }
  }

  private CommandFailedException ended(long sequence) throws InterruptedException {
    String last = ffmpeg.lastError();
    String said = last.isEmpty() ? "" : ": " + last;
    return new CommandFailedException(
        "--from " + path + ": ffmpeg ended before frame sequence=" + sequence + said);
  }

  @Override
  public boolean isLive() {
    return isDevice;
  }

  @Override
  public void close() {
    ffmpeg.close();
  }
}
