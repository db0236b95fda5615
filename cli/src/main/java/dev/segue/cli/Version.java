package dev.segue.cli;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/** The version that the build wrote into a resource. */
final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() throws IOException {
    Properties properties = new Properties();
    try (InputStream resource = Version.class.getResourceAsStream("version.properties")) {
      if (resource == null) {
        throw new IOException("version.properties is missing from the jar");
      }
      properties.load(resource);
    }
    return new String[] {
      "segue " + properties.getProperty("version") + " on Java " + Runtime.version()
    };
  }
}
