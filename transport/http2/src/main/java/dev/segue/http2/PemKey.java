package dev.segue.http2;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads a private key as {@code openssl genpkey} writes it. */
final class PemKey {
  private static final Pattern KEY =
      Pattern.compile("-----BEGIN PRIVATE KEY-----([^-]+)-----END PRIVATE KEY-----");

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
      throw new IOException("private key in " + file + ": it is no base64", e);
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

  /** Whether what a key signs is what a certificate's key verifies. */
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

  /** Writes blocks of PEM, RFC 7468, into a file beside, which then takes the place of the file. */
  static void write(Path file, String label, List<byte[]> blocks, boolean secret)
      throws IOException {
    StringBuilder text = new StringBuilder();
    Base64.Encoder encoder = Base64.getMimeEncoder(64, new byte[] {'\n'});
    for (byte[] block : blocks) {
      text.append("-----BEGIN ").append(label).append("-----\n");
      text.append(encoder.encodeToString(block)).append('\n');
      text.append("-----END ").append(label).append("-----\n");
    }
    Path folder = file.toAbsolutePath().getParent();
    // Of its owner alone from the beginning, as temporary files are.
    Path written = Files.createTempFile(folder, ".segue-", ".pem");
    try {
      Files.writeString(written, text);
      if (!secret && Files.getFileStore(written).supportsFileAttributeView("posix")) {
        Path _ =
            Files.setPosixFilePermissions(written, PosixFilePermissions.fromString("rw-r--r--"));
      }
      Path _ = Files.move(written, file, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      boolean _ = Files.deleteIfExists(written);
    }
  }
}
