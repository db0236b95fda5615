package dev.segue.cli.zenoh;

import dev.segue.cli.terminal.Graphics;
import dev.segue.cli.terminal.ProgressLine;
import dev.segue.cli.terminal.Terminal;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The option that chooses whether and how pictures are shown. */
final class PictureOption {
  /** The ways that a user may name. */
  enum How {
    /** As the terminal can; not at all elsewhere. */
    auto,
    /** Not at all. */
    none,
    /** Characters. */
    blocks,
    /** Sixel graphics. */
    sixel,
    /** The graphics protocol of kitty. */
    kitty
  }

  @Option(
      names = "--pictures",
      paramLabel = "HOW",
      defaultValue = "auto",
      description =
          "Show image files and camera frames below their lines, at most two per second:"
              + " ${COMPLETION-CANDIDATES}. auto: only on a terminal, in the best format that it"
              + " reports, else as characters in 24-bit color; off if NO_COLOR is set (default:"
              + " auto).")
  private How how = How.auto;

  /** Returns what shows them; empty if nothing does. */
  Optional<Pictures> open() {
    if (how == How.none || (how == How.auto && !ProgressLine.isOutputTerminal())) {
      return Optional.empty();
    }
    Terminal terminal = Terminal.find();
    Optional<Graphics> graphics =
        switch (how) {
          case auto, none -> terminal.graphics();
          case blocks -> Optional.of(Graphics.BLOCKS);
          case sixel -> Optional.of(Graphics.SIXEL);
          case kitty -> Optional.of(Graphics.KITTY);
        };
    return graphics.map(each -> new Pictures(each, terminal));
  }
}
