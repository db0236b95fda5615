package dev.segue.cli.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ObjectUriTest {
  @ParameterizedTest
  @CsvSource({
    "s3://bucket/a/key, s3://bucket, a/key",
    "s3://bucket, s3://bucket, ''",
    "s3://bucket/, s3://bucket, ''",
    "s3://bucket/a/, s3://bucket, a/",
    "s3://bucket//a, s3://bucket, /a",
    "s3://b/k?endpoint=http://h:9000&region=x, s3://b?endpoint=http://h:9000&region=x, k",
    "s3://b?region=x, s3://b?region=x, ''",
    "s3://b/what%3Fis%20100%25?region=x, s3://b?region=x, what?is 100%",
    "s3://b/a b#c, s3://b, a b#c",
    "s3://b/gr%C3%BCn, s3://b, grün",
    "s3://b/grün, s3://b, grün",
    "az://container/blob, az://container, blob",
    "file:///a/b, file:///, a/b",
    "file:/a/b, file:///, a/b",
    "file:///a/b%3Fc, file:///, a/b?c",
    "file:///, file:///, ''",
    "/a/b, file:///, a/b",
    "/a/../b/./c, file:///, b/c",
    "/a/b/, file:///, a/b/",
    "/a/b/.., file:///, a/",
    "/100%/what?, file:///, 100%/what?",
    "/, file:///, ''",
  })
  void anObjectIsItsStoreAndItsKey(String text, String store, String key) {
    ObjectUri location = ObjectUri.parse(text);
    assertEquals(new ObjectUri(store, key), location);
    assertEquals(location, ObjectUri.parse(location.toString()), "what is printed can be given");
  }

  @Test
  void aRelativePathIsAFileOfTheCurrentDirectory() {
    assertEquals(Path.of("x/y").toAbsolutePath(), ObjectUri.parse("x/y").path());
    assertEquals(Path.of("y").toAbsolutePath(), ObjectUri.parse("./x/../y").path());
    assertTrue(ObjectUri.parse(".").isFolder());
    assertTrue(ObjectUri.parse("..").isFolder());
    assertFalse(ObjectUri.parse("...").isFolder());
    assertEquals(Path.of("a:b").toAbsolutePath(), ObjectUri.parse("./a:b").path());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "s3:bucket/key",
        "s3://",
        "s3:///key",
        "s3://b/100%",
        "s3://b/100%2",
        "s3://b/100%zz",
        "file:relative",
        "file://host/path",
        "file:///a?b"
      })
  void whatMakesNoSenseIsRefusedByName(String text) {
    IllegalArgumentException failure =
        assertThrows(IllegalArgumentException.class, () -> ObjectUri.parse(text));
    assertTrue(String.valueOf(failure.getMessage()).contains(text), failure::toString);
  }

  @Test
  void foldersHoldWhatLiesBelowThem() {
    ObjectUri folder = ObjectUri.parse("s3://b/a?region=x").asFolder();
    assertEquals("s3://b/a/?region=x", folder.toString());
    assertEquals("s3://b/a/c/d?region=x", folder.resolve("c/d").toString());
    assertEquals("a", folder.name());
    assertEquals("d", folder.resolve("c/d").name());
    assertEquals("", ObjectUri.parse("s3://b").name());
    assertThrows(IllegalStateException.class, folder::path);
  }
}
