package dev.segue.cli.recording;

import java.nio.file.Path;

/** The default folder where recordings wait for a store. */
final class Spools {
  private Spools() {}

  /** {@code $XDG_STATE_HOME/segue/recordings}, or {@code ~/.local/state/segue/recordings}. */
  static Path ofUser() {
    String state = System.getenv("XDG_STATE_HOME");
    Path base =
        state == null || state.isBlank()
            ? Path.of(System.getProperty("user.home"), ".local", "state")
            : Path.of(state);
    return base.resolve("segue").resolve("recordings");
  }
}
