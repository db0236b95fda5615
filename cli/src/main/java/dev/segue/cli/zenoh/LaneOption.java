package dev.segue.cli.zenoh;

import dev.segue.cli.CommandFailedException;
import dev.segue.cli.terminal.Printable;
import dev.segue.iceoryx2.IceoryxException;
import dev.segue.iceoryx2.Node;
import dev.segue.lanes.LaneChoice;
import dev.segue.lanes.LaneSubscriber;
import dev.segue.lanes.LaneSubscriberOptions;
import dev.segue.lanes.Lanes;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.SubscriberOptions;
import dev.segue.zenoh.ZenohException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** By which lanes a command receives. */
public final class LaneOption {
  @Option(
      names = "--lane",
      paramLabel = "both|nearest|iceoryx2|zenoh",
      defaultValue = "both",
      description = {
        "How to receive from Segue's lane publishers: both and nearest use shared memory"
            + " (iceoryx2) for publishers on this host and Zenoh for all others; both also"
            + " receives from plain Zenoh publishers, nearest stops receiving over Zenoh while"
            + " all announced publishers are on this host, which saves their copies; iceoryx2 and"
            + " zenoh use that lane alone (default: ${DEFAULT-VALUE})."
      })
  private LaneChoice choice = LaneChoice.BOTH;

  /** Lanes that are open, with the node that they need. */
  public static final class Opened implements AutoCloseable {
    private final Lanes lanes;
    private final LaneChoice choice;
    private final @Nullable Node node;

    private Opened(Lanes lanes, LaneChoice choice, @Nullable Node node) {
      this.lanes = lanes;
      this.choice = choice;
      this.node = node;
    }

    /** Subscribes to a key expression. */
    public LaneSubscriber subscribe(KeyExpr keyExpr, SubscriberOptions zenoh)
        throws ZenohException {
      return lanes.declareSubscriber(keyExpr, LaneSubscriberOptions.of(choice).withZenoh(zenoh));
    }

    /** Returns whether all comes by Zenoh. */
    public boolean isZenohAlone() {
      return node == null;
    }

    @Override
    public void close() {
      if (node != null) {
        node.close();
      }
    }
  }

  /**
   * Opens the lanes of a session.
   *
   * @param say gets a line where shared memory was asked for and can't be had
   * @throws CommandFailedException if iceoryx2 is to be the only lane and can't be had
   */
  public Opened open(Session session, Consumer<String> say) throws CommandFailedException {
    if (choice == LaneChoice.ZENOH) {
      return new Opened(Lanes.of(session), choice, null);
    }
    try {
      Node node = Node.create();
      return new Opened(Lanes.of(session, node), choice, node);
    } catch (IceoryxException | LinkageError e) {
      String why = Printable.of(String.valueOf(e.getMessage()));
      if (choice == LaneChoice.ICEORYX2) {
        throw new CommandFailedException("--lane iceoryx2: " + why, e);
      }
      if (choice == LaneChoice.NEAREST) {
        say.accept("--lane nearest: Zenoh is the lane: " + why);
      }
      return new Opened(Lanes.of(session), LaneChoice.ZENOH, null);
    }
  }
}
