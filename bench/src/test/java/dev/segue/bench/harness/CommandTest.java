package dev.segue.bench.harness;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class CommandTest {
  private static final Duration LONG = Duration.ofSeconds(20);

  @Test
  void whatACommandSaidAndHowItEndedIsKnown() throws Exception {
    Command command = Command.run(LONG, "sh", "-c", "echo one; echo two >&2; exit 3");
    assertEquals("one\ntwo\n", command.text());
    assertEquals(3, command.exitCode());
  }

  @Test
  void oneThatHangsIsEndedAndHasFailed() throws Exception {
    Command command = Command.run(Duration.ofMillis(300), "sh", "-c", "echo begun; exec sleep 100");
    assertEquals("begun\n", command.text());
    assertNotEquals(0, command.exitCode());
  }

  @Test
  void whatACommandLeavesRunningIsNotWaitedFor() throws Exception {
    Command command = Command.run(LONG, "sh", "-c", "echo begun; sleep 35 & exit 3");
    assertEquals("begun\n", command.text());
    assertEquals(3, command.exitCode());
  }
}
