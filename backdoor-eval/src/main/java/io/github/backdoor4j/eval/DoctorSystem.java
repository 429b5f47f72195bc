package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.data.DatasetCache;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Precision;
import io.github.backdoor4j.eval.Doctor.Finding;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Loader;

/** What {@link Doctor} finds out about machine, Java and disks, without the engine. */
final class DoctorSystem {

  private static final double GIB = 1L << 30;
  private static final double LITTLE_MEMORY = 3;
  private static final double LITTLE_DISK = 2;

  List<Finding> findings() {
    return List.of(java(), archive(), os(), memory(), cache(), decoded(), disk());
  }

  private static Finding java() {
    return Finding.ok(
        "Java",
        "%s %s, heap up to %.1f GiB",
        System.getProperty("java.vendor"),
        System.getProperty("java.version"),
        Runtime.getRuntime().maxMemory() / GIB);
  }

  /** The launcher's archive of classes, which makes starts fast. */
  private static Finding archive() {
    String file = System.getProperty("backdoor4j.archive", "");
    if (file.isEmpty()) {
      return Finding.note("class archive", "none: every start reads all jars", "");
    }
    return System.getProperty("java.vm.info", "").contains("sharing")
        ? Finding.ok("class archive", "%s, in use", file)
        : Finding.note(
            "class archive",
            file + " is not of this Java machine and these jars, or damaged",
            "Delete it; the next start makes it again.");
  }

  private static Finding os() {
    return Finding.ok(
        "system",
        "%s %s %s, %s",
        System.getProperty("os.name"),
        System.getProperty("os.version"),
        System.getProperty("os.arch"),
        ReportText.count(Runtime.getRuntime().availableProcessors(), "core"));
  }

  private static Finding memory() {
    if (!(ManagementFactory.getOperatingSystemMXBean()
        instanceof com.sun.management.OperatingSystemMXBean bean)) {
      return Finding.note("memory", "unknown on this Java machine", "");
    }
    double total = bean.getTotalMemorySize() / GIB;
    String value =
        String.format(
            Locale.ROOT, "%.1f GiB, %.1f GiB free", total, bean.getFreeMemorySize() / GIB);
    return total >= LITTLE_MEMORY
        ? Finding.ok("memory", "%s", value)
        : Finding.note("memory", value, "Choose a narrow model: -M width=8.");
  }

  /** Where JavaCPP unpacks the natives. */
  private static Finding cache() {
    try {
      Path folder = Loader.getCacheDir().toPath();
      String value =
          String.format(Locale.ROOT, "%s, %.1f GiB", folder.toAbsolutePath(), size(folder) / GIB);
      return Files.isWritable(folder)
          ? Finding.ok("native cache", "%s", value)
          : Finding.problem("native cache", value + ", not writable", cacheRemedy());
    } catch (IOException | LinkageError e) {
      return Finding.problem("native cache", e.toString(), cacheRemedy());
    }
  }

  /** Where decoded data sets are kept. */
  private static Finding decoded() {
    DatasetCache cache = DatasetCache.standard();
    try {
      return Finding.ok("data cache", "%s", DataFolders.sizeOf(cache));
    } catch (DataException e) {
      return Finding.note("data cache", e.getMessage(), "");
    }
  }

  private static String cacheRemedy() {
    return "Choose another: BACKDOOR4J_OPTS=-Dorg.bytedeco.javacpp.cachedir=/some/folder";
  }

  private static long size(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
    }
  }

  private static Finding disk() {
    Path here = Path.of("").toAbsolutePath();
    try {
      double free = Files.getFileStore(here).getUsableSpace() / GIB;
      String value = String.format(Locale.ROOT, "%.1f GiB free at %s", free, here);
      return free >= LITTLE_DISK
          ? Finding.ok("disk", "%s", value)
          : Finding.note("disk", value, "Results of a run take up to some hundred MiB.");
    } catch (IOException e) {
      return Finding.note("disk", "free space at " + here + " is unknown: " + e, "");
    }
  }

  /** Whether the natives of this platform are on the class path. */
  boolean hasNatives(String extension) {
    String folder = "org/bytedeco/pytorch/" + Loader.getPlatform() + extension + "/";
    String library = System.mapLibraryName("jnitorch");
    return DoctorSystem.class.getClassLoader().getResource(folder + library) != null;
  }

  /** What to do if the engine does not start. */
  String nativesRemedy() {
    String platform = Loader.getPlatform();
    if (hasNatives("")) {
      return "The natives of "
          + platform
          + " are on the class path but do not load: they need glibc and libstdc++ (no musl), and"
          + " a writable native cache.";
    }
    return platform.endsWith("arm64") && !platform.startsWith("macosx")
        ? "There is no libtorch for " + platform + "; use an x86-64 machine or a Mac."
        : "No natives of "
            + platform
            + " are on the class path: add org.bytedeco:pytorch, :openblas and :javacpp with the"
            + " classifier "
            + platform
            + ".";
  }

  /** Whether bfloat16 would help. */
  Finding bf16(boolean cuda) {
    if (cuda) {
      return Finding.ok("bf16", "fast on cards since Ampere: -T precision=bf16");
    }
    return Precision.BF16.hasUnits(ComputeDevice.CPU)
        ? Finding.ok("bf16", "this processor has units for it: try -T precision=bf16")
        : Finding.note(
            "bf16", "no units for it known of this processor", "Stay with precision fp32.");
  }
}
