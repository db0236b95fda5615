package dev.segue.capnproto.compiler;

/**
 * A generated source file.
 *
 * @param packageName empty for the unnamed package
 * @param className the outer class
 */
public record JavaFile(String packageName, String className, String text) {
  /** Returns the path below a source directory, with slashes. */
  public String path() {
    String directory = packageName.isEmpty() ? "" : packageName.replace('.', '/') + "/";
    return directory + className + ".java";
  }
}
