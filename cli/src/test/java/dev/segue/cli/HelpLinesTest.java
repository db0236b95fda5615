package dev.segue.cli;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;

/** Where the lines of help texts break. */
final class HelpLinesTest {
  private static final Pattern ADDRESS = Pattern.compile("[\\w'(/.]+:[\\w/]\\S*");

  @Test
  void linesBreakInNoAddress() {
    List<CommandLine> commands = commands(Main.commandLine()).toList();
    int count = 0;
    for (CommandLine command : commands) {
      String help = command.getUsageMessage(CommandLine.Help.Ansi.OFF);
      for (String address : texts(command).flatMap(HelpLinesTest::addresses).toList()) {
        assertTrue(help.contains(address), address + " in " + help);
        count++;
      }
    }
    assertTrue(count > 30, "count=" + count);
  }

  private static Stream<String> texts(CommandLine command) {
    return command.getCommandSpec().args().stream()
        .filter(argument -> !argument.hidden())
        .flatMap(
            (ArgSpec argument) ->
                Stream.concat(Stream.of(argument.paramLabel()), Stream.of(argument.description())));
  }

  private static Stream<String> addresses(String text) {
    return ADDRESS.matcher(text).results().map(MatchResult::group);
  }

  private static Stream<CommandLine> commands(CommandLine line) {
    return line.getSubcommands().values().stream()
        .flatMap(command -> Stream.concat(Stream.of(command), commands(command)));
  }
}
