package dev.segue.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.IHelpSectionRenderer;
import picocli.CommandLine.Model.CommandSpec;

/** Lists the commands in a help text, each with the first sentence of its description. */
final class CommandList implements IHelpSectionRenderer {
  private static final String INDENT = "  ";

  private CommandList() {}

  /** Shows the lists of a command and those below it in this way. */
  static void install(CommandLine line) {
    Map<String, IHelpSectionRenderer> sections = line.getHelpSectionMap();
    sections.put(CommandLine.Model.UsageMessageSpec.SECTION_KEY_COMMAND_LIST, new CommandList());
    line.setHelpSectionMap(sections);
    line.getSubcommands().values().forEach(CommandList::install);
  }

  @Override
  public String render(Help help) {
    List<CommandSpec> commands = new ArrayList<>();
    for (CommandLine command : help.commandSpec().subcommands().values()) {
      CommandSpec spec = command.getCommandSpec();
      if (!spec.usageMessage().hidden() && !commands.contains(spec)) {
        commands.add(spec);
      }
    }
    int nameWidth = commands.stream().mapToInt(spec -> spec.name().length()).max().orElse(0);
    int width = help.commandSpec().usageMessage().width();
    StringBuilder list = new StringBuilder();
    for (CommandSpec spec : commands) {
      String start = INDENT + spec.name() + " ".repeat(nameWidth - spec.name().length()) + INDENT;
      for (String line : wrap(summary(spec), width - start.length())) {
        list.append(start).append(line).append(System.lineSeparator());
        start = " ".repeat(start.length());
      }
    }
    return list.toString();
  }

  /** Returns the first sentence of a description; one that leads to a list ends in a full stop. */
  static String summary(CommandSpec spec) {
    String text = HelpLines.show(String.join(" ", spec.usageMessage().description()).strip());
    int end = text.length();
    for (String mark : List.of(". ", ": ")) {
      int at = text.indexOf(mark);
      end = at < 0 ? end : Math.min(end, at);
    }
    String sentence = text.substring(0, end);
    return sentence.isEmpty() || sentence.endsWith(".") ? sentence : sentence + ".";
  }

  /** Breaks at spaces alone, so that addresses stay whole. */
  private static List<String> wrap(String text, int width) {
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    for (String word : text.split(" ", -1)) {
      if (!line.isEmpty() && line.length() + 1 + word.length() > width) {
        lines.add(line.toString());
        line.setLength(0);
      }
      line.append(line.isEmpty() ? "" : " ").append(word);
    }
    lines.add(line.toString());
    return lines;
  }
}
