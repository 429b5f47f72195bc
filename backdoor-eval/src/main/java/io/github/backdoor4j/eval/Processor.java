package io.github.backdoor4j.eval;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** Which processor this is, as far as that is to be had without native code. */
final class Processor {

  private static final Path CPU_INFO = Path.of("/proc/cpuinfo");

  private Processor() {}

  /** Model and number of cores, for example {@code Intel(R) Xeon(R) Gold 6230, 8 cores}. */
  static String name() {
    int cores = Runtime.getRuntime().availableProcessors();
    return String.format(Locale.ROOT, "%s, %d cores", model(), cores);
  }

  private static String model() {
    String unknown = System.getProperty("os.arch", "unknown");
    if (!Files.isReadable(CPU_INFO)) {
      return unknown;
    }
    try (BufferedReader lines = Files.newBufferedReader(CPU_INFO)) {
      return lines
          .lines()
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse(unknown);
    } catch (IOException e) {
      return unknown;
    }
  }
}
