package dev.segue.cli.recording;

import dev.segue.cli.CommandFailedException;
import dev.segue.cli.store.ObjectUri;
import dev.segue.objectstore.ObjectStore;
import dev.segue.recording.RecordingPart;
import dev.segue.recording.Rewriting;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Writes a part of a recording by time. */
@Command(
    name = "cut",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Writes the part of a recording between two times as a new recording.",
      "Attachments and metadata are kept, whatever their times.",
      ""
    })
final class RecordingCut extends PartCommand {
  @Mixin private Span span = new Span();

  private RecordingCut() {}

  @Override
  Rewriting part(ObjectStore store, ObjectUri recording)
      throws IOException, CommandFailedException {
    Span.Times times = span.in(store, recording);
    return Rewriting.all().part(RecordingPart.all().between(times.fromNanos(), times.toNanos()));
  }
}
