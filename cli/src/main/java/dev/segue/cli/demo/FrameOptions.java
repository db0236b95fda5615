package dev.segue.cli.demo;

import dev.segue.capnproto.CapturedData;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Size, number, and rate of the frames: the same for all processes of the demo. */
final class FrameOptions {
  static final int BYTES_PER_PIXEL = 4;
  private static final int LARGEST_SIDE = 16_384;
  private static final int SMALLEST_SIDE = 16;
  private static final int HIGHEST_RATE = 1000;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--from",
      paramLabel = "SOURCE",
      description =
          "A video file, a folder of images, or a camera such as /dev/video0; ffmpeg reads videos and"
              + " cameras. Default: a moving test pattern.")
  @Nullable String from;

  @Option(
      names = "--seconds",
      paramLabel = "N",
      defaultValue = "3",
      description = "Time for which each lane is measured (default: ${DEFAULT-VALUE}).")
  double seconds;

  @Option(
      names = "--width",
      paramLabel = "PIXELS",
      defaultValue = "1920",
      description = "Width of a frame (default: ${DEFAULT-VALUE}).")
  int width;

  @Option(
      names = "--height",
      paramLabel = "PIXELS",
      defaultValue = "1536",
      description = "Height of a frame (default: ${DEFAULT-VALUE}).")
  int height;

  @Option(
      names = "--fps",
      paramLabel = "RATE",
      defaultValue = "30",
      description =
          "Frames per second (default: ${DEFAULT-VALUE}); 0: as fast as the lane takes them.")
  double fps;

  /** The bytes of a frame. */
  int frameByteSize() {
    return rowByteSize() * height;
  }

  /** The bytes of a row of pixels. */
  int rowByteSize() {
    return width * BYTES_PER_PIXEL;
  }

  /** Returns the largest number of frames of a lane. */
  long frameCount() {
    return fps == 0 ? Long.MAX_VALUE : Math.max(1, Math.round(seconds * fps));
  }

  /**
   * Refuses what can't be run.
   *
   * @throws ParameterException with the one line that says what is wrong
   */
  void validate() {
    checkSide("--width", width);
    checkSide("--height", height);
    if ((long) width * height * BYTES_PER_PIXEL > CapturedData.LARGEST_BYTE_SIZE) {
      throw refused("--width " + width + " --height " + height, "a frame has at most 512 MiB");
    }
    // Written so that NaN is refused too.
    if (!(seconds >= 0.1 && seconds <= 3600)) {
      throw refused("--seconds " + number(seconds), "from 0.1 to 3600");
    }
    if (!(fps == 0 || (fps >= 0.1 && fps <= HIGHEST_RATE))) {
      throw refused("--fps " + number(fps), "from 0.1 to " + HIGHEST_RATE + ", or 0");
    }
  }

  private void checkSide(String option, int side) {
    if (side < SMALLEST_SIDE || side > LARGEST_SIDE) {
      throw refused(option + " " + side, "from " + SMALLEST_SIDE + " to " + LARGEST_SIDE);
    }
  }

  private ParameterException refused(String what, String rule) {
    return new ParameterException(spec.commandLine(), what + ": " + rule);
  }

  static String number(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : Double.toString(value);
  }

  /** The same with frames of another size. */
  FrameOptions sized(int otherWidth, int otherHeight) {
    FrameOptions other = new FrameOptions();
    other.from = from;
    other.seconds = seconds;
    other.fps = fps;
    other.width = otherWidth;
    other.height = otherHeight;
    return other;
  }

  /** The same options as arguments of another process. */
  List<String> arguments() {
    List<String> arguments = new ArrayList<>();
    if (from != null) {
      arguments.addAll(List.of("--from", from));
    }
    arguments.addAll(List.of("--seconds", Double.toString(seconds)));
    arguments.addAll(List.of("--fps", Double.toString(fps)));
    arguments.addAll(List.of("--width", Integer.toString(width)));
    arguments.addAll(List.of("--height", Integer.toString(height)));
    return arguments;
  }
}
