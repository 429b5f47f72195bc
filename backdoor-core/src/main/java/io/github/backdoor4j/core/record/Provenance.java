package io.github.backdoor4j.core.record;

import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Engine;
import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;

/**
 * What a result depends on besides its spec.
 *
 * @param version of Backdoor4J
 * @param commit of its sources, {@code unknown} outside a checkout
 * @param engine tensor engine and version
 * @param cpuCapability instruction set of the CPU kernels
 * @param device where it was computed
 * @param threads per operation
 * @param java vendor and version of the JVM
 * @param os name, version and architecture
 */
public record Provenance(
    String version,
    String commit,
    String engine,
    String cpuCapability,
    String device,
    int threads,
    String java,
    String os) {

  private static final String BUILD = "/META-INF/backdoor4j-build.properties";

  /** The current process, computing on a device. */
  public static Provenance current(ComputeDevice device) {
    Properties build = build();
    return new Provenance(
        build.getProperty("version", "unknown"),
        build.getProperty("commit", "unknown"),
        Engine.version(),
        Engine.cpuCapability(),
        device.toString(),
        Engine.threads(),
        System.getProperty("java.vendor") + " " + System.getProperty("java.version"),
        System.getProperty("os.name")
            + " "
            + System.getProperty("os.version")
            + " "
            + System.getProperty("os.arch"));
  }

  /** Version and commit of the running Backdoor4J. */
  public static Properties build() {
    Properties properties = new Properties();
    try (InputStream in = Provenance.class.getResourceAsStream(BUILD)) {
      if (in != null) {
        properties.load(in);
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e); // our own jar cannot be read
    }
    return properties;
  }
}
