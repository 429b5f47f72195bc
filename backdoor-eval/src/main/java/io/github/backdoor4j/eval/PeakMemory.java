package io.github.backdoor4j.eval;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.bytedeco.javacpp.Pointer;

/**
 * Largest resident memory of the process, in MiB. On Linux the kernel's own high-water mark, reset
 * at the start; elsewhere only the memory at the moment of asking.
 */
final class PeakMemory {

  private static final Path STATUS = Path.of("/proc/self/status");
  private static final Path RESET = Path.of("/proc/self/clear_refs");
  private static final double KIB_PER_MIB = 1024;

  private PeakMemory() {}

  /** Starts anew, where the system allows it. */
  static void reset() {
    try {
      if (Files.isWritable(RESET)) {
        Files.writeString(RESET, "5"); // 5 resets the high-water mark
      }
    } catch (IOException e) {
      // the mark then covers the whole process, which is an upper bound
    }
  }

  static double megabytes() {
    try {
      if (Files.isReadable(STATUS)) {
        for (String line : Files.readAllLines(STATUS)) {
          if (line.startsWith("VmHWM:")) {
            return Long.parseLong(line.replaceAll("\\D", "")) / KIB_PER_MIB;
          }
        }
      }
    } catch (IOException | NumberFormatException e) {
      // fall through to what JavaCPP knows
    }
    return Pointer.physicalBytes() / KIB_PER_MIB / KIB_PER_MIB;
  }
}
