package dev.segue.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** What {@code segue --help} says of each command. */
final class CommandListTest {
  @Test
  void eachCommandHasASentence() {
    List<CommandLine> commands = commands(Main.commandLine()).toList();
    assertTrue(commands.size() > 40, "count=" + commands.size());
    for (CommandLine command : commands) {
      String name = command.getCommandSpec().qualifiedName();
      String summary = CommandList.summary(command.getCommandSpec());
      assertTrue(summary.matches("[A-Z].*[^,:;]\\."), name + ": " + summary);
      assertTrue(summary.length() <= 210, name + ": " + summary);
    }
  }

  @Test
  void theListHasEachCommandOnceAndWithinTheWidth() {
    String help = Main.commandLine().getUsageMessage(CommandLine.Help.Ansi.OFF);
    List<String> lines = help.lines().toList();
    assertEquals(1, lines.stream().filter(line -> line.startsWith("  replay ")).count());
    assertFalse(help.contains("A message of Cap'n Proto is shown by its schema"), help);
    assertTrue(lines.stream().allMatch(line -> line.length() <= 80), help);
  }

  private static Stream<CommandLine> commands(CommandLine line) {
    return line.getSubcommands().values().stream()
        .filter(command -> !command.getCommandSpec().usageMessage().hidden())
        .flatMap(command -> Stream.concat(Stream.of(command), commands(command)));
  }
}
