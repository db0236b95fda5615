package dev.segue.http2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
