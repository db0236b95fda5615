package dev.segue.readme;

import com.sun.source.util.JavacTask;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/**
 * The Java of a page as a class that compiles: each block is the body of a method. What the blocks
 * need and don't declare (imports, then fields and methods) stands in a resource of the page's
 * name, such as {@code zenoh.txt}. A block's lines that begin with {@code static} are members of
 * the class, and {@code …} stands for nothing.
 */
final class PageCode {
  private static final String PACKAGE = "pages";

  private final String page;
  private final StringBuilder imports = new StringBuilder();
  private final StringBuilder members = new StringBuilder();
  private final StringBuilder methods = new StringBuilder();

  private PageCode(String page) {
    this.page = page;
  }

  /** A source that is a text. */
  private static final class Source extends SimpleJavaFileObject {
    private final String text;

    Source(String name, String text) {
      super(URI.create("string:///" + PACKAGE + "/" + name + ".java"), Kind.SOURCE);
      this.text = text;
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
      return text;
    }
  }

  /**
   * The class of a page.
   *
   * @param blocks its Java, by the line where each begins
   */
  static PageCode of(Path page, List<Block> blocks) throws IOException {
    PageCode code = new PageCode(String.valueOf(page.getFileName()).replace(".md", ""));
    code.given().lines().forEach(line -> code.add(line, code.members));
    for (Block block : blocks) {
      StringBuilder body = new StringBuilder();
      block
          .text()
          .lines()
          .forEach(line -> code.add(line, line.startsWith("static") ? code.members : body));
      code.methods
          .append("void line" + block.line() + "() throws Exception {\n")
          .append(body)
          .append("}\n");
    }
    return code;
  }

  /** A block of Java. */
  record Block(long line, String text) {}

  private void add(String line, StringBuilder otherwise) {
    (line.startsWith("import ") ? imports : otherwise).append(line.replace("…", "")).append('\n');
  }

  private String given() throws IOException {
    try (InputStream resource = PageCode.class.getResourceAsStream(page + ".txt")) {
      return resource == null ? "" : new String(resource.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private Source source() {
    String name = "Page_" + page.replace('-', '_');
    String text =
        "package "
            + PACKAGE
            + ";\n"
            + imports
            + "abstract class "
            + name
            + " {\n"
            + members
            + methods
            + "}\n";
    return new Source(name, text);
  }

  /**
   * Compiles the classes against this program's class path, and writes none.
   *
   * @return what is wrong with them
   */
  static List<String> compile(List<PageCode> pages) throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    DiagnosticCollector<JavaFileObject> said = new DiagnosticCollector<>();
    List<String> options =
        List.of("-proc:none", "-nowarn", "-cp", System.getProperty("java.class.path"));
    List<Source> sources = pages.stream().map(PageCode::source).toList();
    JavacTask task = (JavacTask) compiler.getTask(null, null, said, options, null, sources);
    task.analyze();
    return said.getDiagnostics().stream()
        .filter(fault -> fault.getKind() == Diagnostic.Kind.ERROR)
        .map(Diagnostic::toString)
        .toList();
  }
}
