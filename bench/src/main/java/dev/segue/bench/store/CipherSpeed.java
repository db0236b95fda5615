package dev.segue.bench.store;

import dev.segue.bench.harness.CpuClock;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.concurrent.TimeUnit;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * The speed of the cipher of the TLS engine in use: the JDK's AES-128-GCM, record by record.
 * Another library's rate would be no limit of it.
 */
final class CipherSpeed {
  private static final int RECORD = 16_384;
  private static final int TAG_BITS = 128;
  private static final long WARM_UP_NANOS = TimeUnit.SECONDS.toNanos(2);
  private static final long MEASURED_NANOS = TimeUnit.SECONDS.toNanos(2);

  private CipherSpeed() {}

  /** Processor seconds that deciphering one GiB in records of 16 KiB takes, once compiled. */
  static double secondsPerGib() {
    try {
      SecretKeySpec key = new SecretKeySpec(new byte[16], "AES");
      Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
      cipher.init(Cipher.ENCRYPT_MODE, key, iv(0));
      byte[] record = cipher.doFinal(new byte[RECORD]);
      byte[] plain = new byte[RECORD];
      decipher(cipher, key, record, plain, WARM_UP_NANOS);
      long pid = ProcessHandle.current().pid();
      double before = CpuClock.secondsOf(pid);
      long count = decipher(cipher, key, record, plain, MEASURED_NANOS);
      double seconds = CpuClock.secondsOf(pid) - before;
      return seconds * (1L << 30) / ((double) count * RECORD);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES-128-GCM of the JDK", e);
    }
  }

  private static GCMParameterSpec iv(long number) {
    return new GCMParameterSpec(TAG_BITS, ByteBuffer.allocate(12).putLong(4, number).array());
  }

  private static long decipher(
      Cipher cipher, SecretKeySpec key, byte[] record, byte[] plain, long nanos)
      throws GeneralSecurityException {
    long end = System.nanoTime() + nanos;
    long count = 0;
    while (System.nanoTime() - end < 0) {
      cipher.init(Cipher.DECRYPT_MODE, key, iv(0));
      cipher.doFinal(record, 0, record.length, plain, 0);
      count++;
    }
    return count;
  }
}
