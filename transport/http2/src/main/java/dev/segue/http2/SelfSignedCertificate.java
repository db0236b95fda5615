package dev.segue.http2;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/**
 * Makes a self-signed certificate, RFC 5280, and its key, without a file or another process.
 *
 * @param key on the curve P-256
 */
record SelfSignedCertificate(PrivateKey key, X509Certificate certificate) {
  private static final Duration VALIDITY = Duration.ofDays(365);
  private static final Duration CLOCKS_DIFFER = Duration.ofHours(1);

  private static final byte[] ECDSA_WITH_SHA256 = {
    0x2A, (byte) 0x86, 0x48, (byte) 0xCE, 0x3D, 0x04, 0x03, 0x02
  };
  private static final byte[] COMMON_NAME = {0x55, 0x04, 0x03};
  private static final byte[] SUBJECT_ALT_NAME = {0x55, 0x1D, 0x11};

  // Tags of DER, X.690.
  private static final int INTEGER = 0x02;
  private static final int BIT_STRING = 0x03;
  private static final int OCTET_STRING = 0x04;
  private static final int OID = 0x06;
  private static final int UTF8_STRING = 0x0C;
  private static final int GENERALIZED_TIME = 0x18;
  private static final int SEQUENCE = 0x30;
  private static final int SET = 0x31;
  private static final int DNS_NAME = 0x82;
  private static final int IP_ADDRESS = 0x87;
  private static final int VERSION = 0xA0;
  private static final int EXTENSIONS = 0xA3;

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMddHHmmss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

  /**
   * A new one.
   *
   * @param hosts the host names and addresses that the certificate is for
   */
  static SelfSignedCertificate of(String... hosts) throws GeneralSecurityException, IOException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    KeyPair pair = generator.generateKeyPair();
    byte[] algorithm = tlv(SEQUENCE, tlv(OID, ECDSA_WITH_SHA256));
    byte[] name =
        tlv(
            SEQUENCE,
            tlv(
                SET,
                tlv(SEQUENCE, tlv(OID, COMMON_NAME), tlv(UTF8_STRING, utf8(nameOf(hosts[0]))))));
    Instant now = Instant.now();
    byte[] signed =
        tlv(
            SEQUENCE,
            tlv(VERSION, tlv(INTEGER, new byte[] {2})),
            tlv(INTEGER, serial()),
            algorithm,
            name,
            tlv(
                SEQUENCE,
                tlv(GENERALIZED_TIME, utf8(TIME.format(now.minus(CLOCKS_DIFFER)))),
                tlv(GENERALIZED_TIME, utf8(TIME.format(now.plus(VALIDITY))))),
            name,
            pair.getPublic().getEncoded(),
            tlv(EXTENSIONS, tlv(SEQUENCE, altNames(hosts))));
    Signature signature = Signature.getInstance("SHA256withECDSA");
    signature.initSign(pair.getPrivate());
    signature.update(signed);
    byte[] whole = tlv(SEQUENCE, signed, algorithm, tlv(BIT_STRING, new byte[1], signature.sign()));
    X509Certificate certificate =
        (X509Certificate)
            CertificateFactory.getInstance("X.509")
                .generateCertificate(new ByteArrayInputStream(whole));
    return new SelfSignedCertificate(pair.getPrivate(), certificate);
  }

  /** A common name has 64 characters at most. */
  private static String nameOf(String host) {
    return host.length() <= 64 ? host : host.substring(0, 64);
  }

  private static byte[] serial() {
    byte[] serial = new byte[16];
    new SecureRandom().nextBytes(serial);
    serial[0] = (byte) ((serial[0] & 0x3F) | 0x40); // positive, and none of its bytes too many
    return serial;
  }

  private static byte[] altNames(String... hosts) throws IOException {
    byte[][] names = new byte[hosts.length][];
    for (int i = 0; i < hosts.length; i++) {
      boolean address = hosts[i].matches("[0-9.]+|.*:.*");
      names[i] =
          address
              ? tlv(IP_ADDRESS, InetAddress.getByName(hosts[i]).getAddress())
              : tlv(DNS_NAME, hosts[i].getBytes(StandardCharsets.US_ASCII));
    }
    return tlv(SEQUENCE, tlv(OID, SUBJECT_ALT_NAME), tlv(OCTET_STRING, tlv(SEQUENCE, names)));
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Tag, length and value, which is all parts one behind the other. */
  private static byte[] tlv(int tag, byte[]... parts) {
    ByteArrayOutputStream value = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      value.writeBytes(part);
    }
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.write(tag);
    int length = value.size();
    if (length < 0x80) {
      all.write(length);
    } else if (length < 0x100) {
      all.write(0x81);
      all.write(length);
    } else {
      all.write(0x82);
      all.write(length >> 8);
      all.write(length);
    }
    all.writeBytes(value.toByteArray());
    return all.toByteArray();
  }
}
