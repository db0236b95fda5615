package dev.segue.cli.zenoh;

import dev.segue.cli.CommandFailedException;
import dev.segue.cli.terminal.BrokenPipeException;
import dev.segue.cli.terminal.JsonObject;
import dev.segue.cli.terminal.Printable;
import dev.segue.cli.terminal.Quantities;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ZenohException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Looks for what keeps payloads out of shared memory and nodes from each other. */
@Command(
    name = "doctor",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Checks this machine, the samples that arrive, and the network, and says what to do about each"
          + " fault. Of the machine: shared memory, limits, and what killed processes left. Of the"
          + " samples: whether large payloads use shared memory, pools, and clocks. Of the network:"
          + " nodes and links, whether each uses shared memory, and why not. The exit status is 1 if"
          + " there is a fault.",
      ""
    })
public final class DoctorCommand extends NetworkCommand {
  @Option(
      names = "--seconds",
      paramLabel = "N",
      defaultValue = "3",
      description = "Time to look for nodes, and at what comes (default: ${DEFAULT-VALUE}).")
  private double seconds;

  @Option(
      names = "--no-traffic",
      description = "Don't subscribe to what others publish: all of it would be sent here as well.")
  private boolean noTraffic;

  private int badCount;

  private DoctorCommand() {}

  @Override
  void check() {
    if (!(seconds > 0)) {
      throw new IllegalArgumentException("--seconds " + seconds + ": positive");
    }
  }

  @Override
  void join() throws IOException, ZenohException, CommandFailedException, InterruptedException {
    // Before the session: opening one removes what killed processes left.
    for (Finding finding : HostCheck.ofThisMachine().findings()) {
      show(finding);
    }
    super.join();
  }

  @Override
  void run(Session session)
      throws IOException, ZenohException, CommandFailedException, InterruptedException {
    show(Finding.ok("library", "the native library works; this session is " + session.zid()));
    List<Finding> findings = new ArrayList<>();
    if (noTraffic) {
      Thread.sleep(Duration.ofNanos((long) (seconds * 1e9)));
    } else {
      TrafficCheck traffic = new TrafficCheck();
      traffic.listen(session, seconds);
      findings.addAll(traffic.findings(HostCheck.ofThisMachine().mappedByteSize()));
    }
    findings.addAll(LinkCheck.findings(session));
    findings.addAll(LinkCheck.versions(session));
    for (Finding finding : findings) {
      show(finding);
    }
    if (badCount > 0) {
      throw new CommandFailedException(
          Quantities.count(badCount, "finding") + " to do something about");
    }
  }

  private void show(Finding finding) throws BrokenPipeException {
    badCount += finding.level().isBad() ? 1 : 0;
    String level = finding.level().name().toLowerCase(Locale.ROOT);
    String remedy = finding.remedy().isEmpty() ? "" : "\n         " + finding.remedy();
    line(
        String.format(Locale.ROOT, "%-7s  %s%s", level, Printable.of(finding.text()), remedy),
        new JsonObject()
            .with("level", level)
            .with("subject", finding.subject())
            .with("finding", finding.text())
            .with("remedy", finding.remedy()));
  }
}
