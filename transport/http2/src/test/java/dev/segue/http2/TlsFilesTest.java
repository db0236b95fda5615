package dev.segue.http2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Identities in files, which may be damaged or half replaced. */
@Timeout(30)
class TlsFilesTest {
  @TempDir private Path folder;

  private void write(String name) throws IOException {
    Tls.selfSigned("localhost").writePem(certificate(name), key(name));
  }

  private Path certificate(String name) {
    return folder.resolve(name + ".pem");
  }

  private Path key(String name) {
    return folder.resolve(name + ".key");
  }

  @Test
  void whatWasWrittenIsRead() throws Exception {
    write("a");
    assertEquals(1, Tls.fromPem(certificate("a"), key("a")).certificates().size());
  }

  /** It has the private key. */
  @Test
  void whatAKilledWriterLeftIsRemovedByTheNextOneAndWhatALivingOneWritesIsNot() throws Exception {
    Path left = Files.writeString(folder.resolve(".segue-1.pem"), "-----BEGIN PRIVATE KEY-----");
    Path living = Files.writeString(folder.resolve(".segue-2.pem"), "-----BEGIN PRIVATE KEY-----");
    Path begun = Files.createFile(folder.resolve(".segue-3.pem"));
    Path other = Files.writeString(folder.resolve("segue-4.pem"), "another's");
    try (FileChannel channel = FileChannel.open(living, StandardOpenOption.WRITE);
        FileLock _ = channel.lock()) {
      write("a");
      assertFalse(Files.exists(left));
      assertTrue(Files.exists(living));
    }
    write("a");
    assertFalse(Files.exists(living));
    assertTrue(Files.exists(begun));
    assertTrue(Files.exists(other));
    Files.delete(begun);
    try (Stream<Path> all = Files.list(folder)) {
      assertEquals(
          Set.of(certificate("a"), key("a"), other), all.collect(Collectors.toUnmodifiableSet()));
    }
  }

  /** It removed the key when it wrote the certificate. */
  @Test
  void namesLikeThoseOfFilesThatAreBeingWrittenMayBeTheCallersOwn() throws Exception {
    Path certificate = folder.resolve(".segue-certificate.pem");
    Path key = folder.resolve(".segue-key.pem");
    Tls.selfSigned("localhost").writePem(certificate, key);
    assertEquals(1, Tls.fromPem(certificate, key).certificates().size());
  }

  /** No handshake would succeed with it. */
  @Test
  void theKeyOfAnotherCertificateIsRefused() throws Exception {
    write("a");
    write("b");
    IOException fault =
        assertThrows(IOException.class, () -> Tls.fromPem(certificate("a"), key("b")));
    assertTrue(fault.toString().contains("not that of"), fault.toString());
  }

  @Test
  void aKeyThatIsDamagedIsRefusedAsAFile() throws Exception {
    write("a");
    Files.writeString(key("a"), "-----BEGIN PRIVATE KEY-----\nMIGHA\n-----END PRIVATE KEY-----\n");
    assertThrows(IOException.class, () -> Tls.fromPem(certificate("a"), key("a")));
    Files.writeString(
        key("a"), "-----BEGIN PRIVATE KEY-----\nMIGHAgEA\n-----END PRIVATE KEY-----\n");
    assertThrows(IOException.class, () -> Tls.fromPem(certificate("a"), key("a")));
  }
}
