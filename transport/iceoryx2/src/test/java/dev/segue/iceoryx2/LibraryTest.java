package dev.segue.iceoryx2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.spi.NativeLibrary;
import dev.segue.testkit.ChildProcess;
import dev.segue.testkit.OtherLoader;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Several class loaders of one process. */
@EnabledOnOs(OS.LINUX)
class LibraryTest extends NodeFixture {
  private static final String LIBRARY = NativeLibrary.resource("segue-iceoryx2");

  @TempDir Path folder;

  @Test
  void aSecondCopyOfTheLibraryIsRefusedAndTakesNothingOfTheFirstOne() throws Exception {
    copyLibrary();
    Properties own = System.getProperties();
    Properties others = new Properties();
    own.forEach(
        (name, value) -> {
          if (!name.toString().startsWith("dev.segue.")) {
            others.put(name, value);
          }
        });
    Publisher publisher = service().newPublisher(Restless.OPTIONS);
    try (Subscriber subscriber = service().newSubscriber();
        OtherLoader loader = new OtherLoader(folder)) {
      // As servers and tests do that put back what an application has set.
      System.setProperties(others);
      var refused =
          assertThrows(InvocationTargetException.class, () -> publisherCount(loader)).getCause();
      assertInstanceOf(UnsatisfiedLinkError.class, refused);
      assertTrue(refused.toString().contains("another class loader"), refused.toString());
      assertEquals(new Node.CleanUp(0, 0), node.cleanUpDeadNodes());
      assertEquals(new Delivery(1, 0), Restless.send(publisher, (byte) 1));
      assertEquals(1, subscriber.poll(Restless::valueOf, 2));
    } finally {
      System.setProperties(own);
    }
  }

  @Test
  void severalClassLoadersHaveTheSameCopy() throws Exception {
    Publisher publisher = service().newPublisher(Restless.OPTIONS);
    try (Subscriber subscriber = service().newSubscriber();
        OtherLoader loader = new OtherLoader()) {
      assertEquals(1, publisherCount(loader));
      assertEquals(new Node.CleanUp(0, 0), node.cleanUpDeadNodes());
      assertEquals(new Delivery(1, 0), Restless.send(publisher, (byte) 1));
      assertEquals(1, subscriber.poll(Restless::valueOf, 2));
    }
  }

  @Test
  void aProcessThatIsGivenThePropertiesOfItsParentHasACopyOfItsOwn() throws Exception {
    List<String> options = new ArrayList<>();
    for (String property : System.getProperties().stringPropertyNames()) {
      if (property.startsWith("dev.segue.")) {
        options.add("-D" + property + "=" + System.getProperty(property));
      }
    }
    List<String> command =
        ChildProcess.java(options, ChildProcess.classPath(), ChildMain.class, "once", prefix);
    try (ChildJvm child = ChildJvm.run(command)) {
      assertEquals("open", child.line());
      assertEquals("closed", child.line());
    }
  }

  private PublishSubscribe service() throws IceoryxException {
    return node.publishSubscribe(Restless.SERVICE, Restless.QOS);
  }

  private void copyLibrary() throws IOException {
    Path copy = folder.resolve(LIBRARY);
    Files.createDirectories(copy.getParent());
    URL built = Objects.requireNonNull(getClass().getClassLoader().getResource(LIBRARY));
    try (InputStream library = built.openStream()) {
      Files.copy(library, copy);
    }
  }

  /** How many publishers another node, of the classes of a loader, sees. */
  private int publisherCount(OtherLoader loader) throws Exception {
    return (int) loader.call(LibraryTest.class, "countBy", prefix);
  }

  /** Runs in another class loader. */
  static int countBy(String prefix) throws IceoryxException {
    try (Node other = Nodes.create(prefix)) {
      return other.publishSubscribe(Restless.SERVICE, Restless.QOS).publisherCount();
    }
  }
}
