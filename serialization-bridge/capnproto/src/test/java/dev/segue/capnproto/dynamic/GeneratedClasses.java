package dev.segue.capnproto.dynamic;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.capnproto.compiler.CompiledSchemas;
import dev.segue.capnproto.compiler.Generation;
import dev.segue.capnproto.compiler.SchemaCompiler;
import dev.segue.capnproto.compiler.SchemaException;
import java.io.IOException;
import java.io.StringWriter;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.capnproto.AnyPointer;
import org.capnproto.Data;
import org.capnproto.DataList;
import org.capnproto.EnumList;
import org.capnproto.ListFactory;
import org.capnproto.ListList;
import org.capnproto.PrimitiveList;
import org.capnproto.StructFactory;
import org.capnproto.StructList;
import org.capnproto.Text;
import org.capnproto.TextList;

/** The classes that are generated from a schema, compiled and loaded. */
final class GeneratedClasses implements AutoCloseable {
  private static final String OUTER = "generated.Test";

  private final URLClassLoader loader;

  private GeneratedClasses(URLClassLoader loader) {
    this.loader = loader;
  }

  /** Compiles them as strictly as any project does: each warning is an error. */
  static GeneratedClasses of(String schema, Path directory) throws IOException {
    Path sources = Files.createDirectories(directory.resolve("src"));
    Path classes = Files.createDirectories(directory.resolve("classes"));
    List<Path> files;
    try {
      CompiledSchemas compiled =
          new SchemaCompiler(List.of()).compileText("test.capnp", schema.getBytes(UTF_8));
      files = Generation.write(compiled.toJava("generated"), sources);
    } catch (SchemaException e) {
      throw new AssertionError(schema, e);
    }
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter output = new StringWriter();
    List<String> options =
        List.of(
            "-d",
            classes.toString(),
            "-Xlint:all",
            "-Werror",
            "-proc:none",
            "-classpath",
            System.getProperty("java.class.path"));
    try (StandardJavaFileManager manager = compiler.getStandardFileManager(null, null, UTF_8)) {
      boolean isCompiled =
          compiler
              .getTask(
                  output, manager, null, options, null, manager.getJavaFileObjectsFromPaths(files))
              .call();
      assertTrue(isCompiled, () -> output + schema);
    }
    URL[] path = {classes.toUri().toURL()};
    return new GeneratedClasses(new URLClassLoader(path, GeneratedClasses.class.getClassLoader()));
  }

  /** The class of a struct. */
  Class<?> struct(StructType type) throws ReflectiveOperationException {
    return load(type.name());
  }

  private Class<?> load(String displayName) throws ReflectiveOperationException {
    String scoped = displayName.substring(displayName.indexOf(':') + 1);
    return loader.loadClass(OUTER + "$" + scoped.replace('.', '$'));
  }

  StructFactory<?, ?> factory(StructType type) throws ReflectiveOperationException {
    Class<?> struct = struct(type);
    for (Method method : struct.getMethods()) {
      if (method.getName().equals("newFactory")) {
        List<Object> arguments = new ArrayList<>();
        for (List<ValueType> bound : type.bindings().values()) {
          for (ValueType argument : bound) {
            arguments.add(pointerFactory(argument));
          }
        }
        return (StructFactory<?, ?>) method.invoke(null, arguments.toArray());
      }
    }
    return (StructFactory<?, ?>) struct.getField("factory").get(null);
  }

  private Object pointerFactory(ValueType type) throws ReflectiveOperationException {
    return switch (type) {
      case StructType struct -> factory(struct);
      case ValueType.ListType list -> factory(list);
      case Scalar scalar when scalar == Scalar.TEXT -> Text.factory;
      case Scalar scalar when scalar == Scalar.DATA -> Data.factory;
      default -> AnyPointer.factory;
    };
  }

  @SuppressWarnings({"unchecked", "rawtypes"}) // which types they are is known at run time
  ListFactory<?, ?> factory(ValueType.ListType list) throws ReflectiveOperationException {
    return switch (list.element()) {
      case StructType struct -> new StructList.Factory(factory(struct));
      case ValueType.ListType inner -> new ListList.Factory(factory(inner));
      case ValueType.EnumType names ->
          new EnumList.Factory((Enum[]) load(names.name()).getEnumConstants());
      case Scalar scalar ->
          switch (scalar) {
            case VOID -> PrimitiveList.Void.factory;
            case BOOL -> PrimitiveList.Boolean.factory;
            case INT8, UINT8 -> PrimitiveList.Byte.factory;
            case INT16, UINT16 -> PrimitiveList.Short.factory;
            case INT32, UINT32 -> PrimitiveList.Int.factory;
            case INT64, UINT64 -> PrimitiveList.Long.factory;
            case FLOAT32 -> PrimitiveList.Float.factory;
            case FLOAT64 -> PrimitiveList.Double.factory;
            case TEXT -> TextList.factory;
            case DATA -> DataList.factory;
            case ANY_POINTER, CAPABILITY -> throw new AssertionError("no list of these: " + list);
          };
    };
  }

  @Override
  public void close() throws IOException {
    loader.close();
  }
}
