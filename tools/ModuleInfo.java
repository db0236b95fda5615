import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassTransform;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Gives a compiled module-info the class-file version of Java 17, because the jar plugin reads it
 * with the JDK that Maven itself runs on. A descriptor has had the same form since Java 9.
 *
 * <pre>java ModuleInfo.java CLASSES_DIRECTORY</pre>
 */
final class ModuleInfo {
  private static final int JAVA_17 = ClassFile.JAVA_17_VERSION;

  private ModuleInfo() {}

  public static void main(String[] args) throws IOException {
    Path file = Path.of(args[0], "module-info.class");
    if (!Files.exists(file)) {
      return;
    }
    ClassFile classes = ClassFile.of();
    var descriptor = classes.parse(file);
    if (descriptor.majorVersion() > JAVA_17) {
      Files.write(
          file,
          classes.transformClass(
              descriptor, ClassTransform.endHandler(builder -> builder.withVersion(JAVA_17, 0))));
    }
  }
}
