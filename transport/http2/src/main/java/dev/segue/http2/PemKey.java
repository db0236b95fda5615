package dev.segue.http2;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads a private key as {@code openssl genpkey} writes it. */
final class PemKey {
  private static final Pattern KEY =
      Pattern.compile("-----BEGIN PRIVATE KEY-----([^-]+)-----END PRIVATE KEY-----");

  /** The beginning of the name of a file that is being written. */
  private static final String WRITTEN = ".segue-";

  /** All of such a name: one of the caller's own may begin and end like it. */
  private static final Pattern LEFT = Pattern.compile("\\.segue-\\d+\\.pem");

  private PemKey() {}

  static PrivateKey read(Path file) throws IOException {
    Matcher matcher = KEY.matcher(Files.readString(file));
    if (!matcher.find()) {
      throw new IOException(
          "private key in "
              + file
              + ": no PKCS #8 key without a password (BEGIN PRIVATE KEY); openssl"
              + " pkcs8 -topk8 -nodes makes one");
    }
    PKCS8EncodedKeySpec spec;
    try {
      spec = new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(matcher.group(1)));
    } catch (IllegalArgumentException e) {
      throw new IOException("private key in " + file + ": not base64", e);
    }
    GeneralSecurityException last = null;
    for (String algorithm : new String[] {"EC", "RSA", "EdDSA"}) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(spec);
      } catch (GeneralSecurityException e) {
        last = e;
      }
    }
    throw new IOException("private key in " + file + ": neither EC nor RSA nor EdDSA", last);
  }

  /** Returns whether what a key signs is what a certificate's key verifies. */
  static boolean isOf(PrivateKey key, X509Certificate certificate) {
    String algorithm =
        switch (key.getAlgorithm()) {
          case "EC" -> "SHA256withECDSA";
          case "RSA" -> "SHA256withRSA";
          default -> "EdDSA";
        };
    byte[] text = {1, 2, 3};
    try {
      Signature signing = Signature.getInstance(algorithm);
      signing.initSign(key);
      signing.update(text);
      Signature verifying = Signature.getInstance(algorithm);
      verifying.initVerify(certificate.getPublicKey());
      verifying.update(text);
      return verifying.verify(signing.sign());
    } catch (GeneralSecurityException e) {
      return false; // Of another kind, or of another curve.
    }
  }

  /**
   * Writes blocks of PEM, RFC 7468, into a file beside, which then takes the place of the file.
   * Removes what processes that were killed meanwhile left in the folder.
   */
  static synchronized void write(Path file, String label, List<byte[]> blocks, boolean secret)
      throws IOException {
    StringBuilder text = new StringBuilder();
    Base64.Encoder encoder = Base64.getMimeEncoder(64, new byte[] {'\n'});
    for (byte[] block : blocks) {
      text.append("-----BEGIN ").append(label).append("-----\n");
      text.append(encoder.encodeToString(block)).append('\n');
      text.append("-----END ").append(label).append("-----\n");
    }
    Path folder = Objects.requireNonNull(file.toAbsolutePath().getParent());
    removeLeft(folder);
    // Of its owner alone from the beginning, as temporary files are.
    Path written = Files.createTempFile(folder, WRITTEN, ".pem");
    try (FileChannel channel = FileChannel.open(written, StandardOpenOption.WRITE)) {
      // Until it is in its place, so that no other process takes it for one that was left.
      lockOf(channel);
      ByteBuffer bytes = StandardCharsets.US_ASCII.encode(text.toString());
      while (bytes.hasRemaining()) {
        int _ = channel.write(bytes);
      }
      if (!secret && Files.getFileStore(written).supportsFileAttributeView("posix")) {
        Files.setPosixFilePermissions(written, PosixFilePermissions.fromString("rw-r--r--"));
      }
      Files.move(written, file, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(written);
    }
  }

  /** Removes files that were written and whose writer lives no more. */
  private static void removeLeft(Path folder) {
    try (DirectoryStream<Path> all = Files.newDirectoryStream(folder, PemKey::isLeft)) {
      for (Path each : all) {
        removeIfLeft(each);
      }
    } catch (IOException | DirectoryIteratorException _) {
      // Whoever writes next tries again.
    }
  }

  private static boolean isLeft(Path file) {
    return LEFT.matcher(String.valueOf(file.getFileName())).matches();
  }

  private static void removeIfLeft(Path file) {
    try {
      // One that is empty has no key, and its writer may not have come to lock it.
      boolean hasContent =
          Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) && Files.size(file) > 0;
      if (hasContent && isUnlocked(file)) {
        Files.deleteIfExists(file);
      }
    } catch (IOException _) {
      // Another's, or gone.
    }
  }

  private static boolean isUnlocked(Path file) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
      return lockOf(channel) != null;
    }
  }

  /** The lock of the whole file; null if another process has it, or there are none here. */
  private static @Nullable FileLock lockOf(FileChannel channel) {
    try {
      return channel.tryLock();
    } catch (IOException | OverlappingFileLockException _) {
      return null;
    }
  }
}
