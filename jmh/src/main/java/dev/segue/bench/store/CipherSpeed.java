package dev.segue.bench.store;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How fast OpenSSL's AES-128-GCM is on this machine. */
final class CipherSpeed {
  private static final Pattern SPEED = Pattern.compile("\\+F:\\d+:AES-128-GCM:([0-9.]+)");

  private CipherSpeed() {}

  /** Processor seconds for one GiB in records of 16 KiB. */
  static double secondsPerGib() throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                List.of(
                    "openssl",
                    "speed",
                    "-mr",
                    "-seconds",
                    "2",
                    "-bytes",
                    "16384",
                    "-decrypt",
                    "-evp",
                    "aes-128-gcm"))
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int code = process.waitFor();
    Matcher matcher = SPEED.matcher(said);
    if (code != 0 || !matcher.find()) {
      throw new IOException("openssl speed: exitCode=" + code + " output=" + said);
    }
    return (1L << 30) / Double.parseDouble(matcher.group(1));
  }
}
