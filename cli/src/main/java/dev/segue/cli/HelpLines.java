package dev.segue.cli;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.IHelpSectionRenderer;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/**
 * Help texts whose lines don't break inside an address, such as {@code s3://bucket}: the JDK's line
 * breaks, which picocli uses, come after any colon.
 *
 * <p>While lines are broken, letters of the same width stand for the characters of a word that has
 * a colon inside: no line breaks between letters.
 */
final class HelpLines extends Help {
  private static final Pattern ADDRESS = Pattern.compile("\\p{Graph}+[:/]\\p{Graph}+");
  private static final Pattern HIDDEN = Pattern.compile("[\u1422-\u147f]+");
  // The Canadian syllabics: more letters in a row than ASCII has characters.
  private static final int OFFSET = 0x1401;

  private HelpLines(CommandSpec spec, ColorScheme scheme) {
    super(spec, scheme);
  }

  /** Shows the help texts of a command and of those below it in this way. */
  static void install(CommandLine line) {
    line.setHelpFactory(HelpLines::new);
    UsageMessageSpec usage = line.getCommandSpec().usageMessage();
    usage.description(
        Arrays.stream(usage.description()).map(HelpLines::hide).toArray(String[]::new));
    Map<String, IHelpSectionRenderer> sections = line.getHelpSectionMap();
    sections.replaceAll((key, section) -> help -> show(section.render(help)));
    line.setHelpSectionMap(sections);
    line.getSubcommands().values().forEach(HelpLines::install);
  }

  private static String hide(String text) {
    return ADDRESS.matcher(text).replaceAll(word -> shift(word.group(), OFFSET));
  }

  static String show(String text) {
    return HIDDEN.matcher(text).replaceAll(word -> shift(word.group(), -OFFSET));
  }

  private static String shift(String word, int distance) {
    StringBuilder shifted = new StringBuilder();
    word.chars().forEach(c -> shifted.append((char) (c + distance)));
    return Matcher.quoteReplacement(shifted.toString());
  }

  @Override
  public IOptionRenderer createDefaultOptionRenderer() {
    IOptionRenderer options = super.createDefaultOptionRenderer();
    return (option, label, scheme) -> hide(options.render(option, label, scheme));
  }

  @Override
  public IParameterRenderer createDefaultParameterRenderer() {
    IParameterRenderer parameters = super.createDefaultParameterRenderer();
    return (parameter, label, scheme) -> hide(parameters.render(parameter, label, scheme));
  }

  /** Hides the addresses of the last column, which has descriptions. */
  private Ansi.Text[][] hide(Ansi.Text[][] rows) {
    for (Ansi.Text[] row : rows) {
      String text = row[row.length - 1].plainString();
      String hidden = hide(text);
      if (!hidden.equals(text)) {
        row[row.length - 1] = colorScheme().text(hidden);
      }
    }
    return rows;
  }

  @Override
  public IParamLabelRenderer parameterLabelRenderer() {
    IParamLabelRenderer labels = super.parameterLabelRenderer();
    return new IParamLabelRenderer() {
      @Override
      public Ansi.Text renderParameterLabel(ArgSpec argument, Ansi ansi, List<Ansi.IStyle> styles) {
        Ansi.Text label = labels.renderParameterLabel(argument, ansi, styles);
        String text = label.plainString();
        String hidden = hide(text);
        return hidden.equals(text) ? label : colorScheme().apply(hidden, styles);
      }

      @Override
      public String separator() {
        return labels.separator();
      }
    };
  }
}
