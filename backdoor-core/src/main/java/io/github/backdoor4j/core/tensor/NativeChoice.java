package io.github.backdoor4j.core.tensor;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.bytedeco.javacpp.Loader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides, before JavaCPP looks for the first library, whether those built for CUDA are among what
 * it may load.
 *
 * <p>Left alone it looks for every library of CUDA in every jar and folder, which takes longer than
 * loading the engine. And where it finds some of them but not all, as on a machine without a GPU,
 * loading may end the process; so there it is told to take the libraries for CPUs.
 */
final class NativeChoice {

  /** Which variants JavaCPP may load; all if it is not set, only the plain ones if it is empty. */
  static final String EXTENSION = "org.bytedeco.javacpp.platform.extension";

  private static final Logger LOG = LoggerFactory.getLogger(NativeChoice.class);
  private static final String GPU = "-gpu";

  /** What the driver makes: on Linux, in its subsystem for Windows, and on Windows. */
  private static final List<String> DRIVER_FILES =
      List.of(
          "/proc/driver/nvidia/version",
          "/dev/nvidiactl",
          "/dev/dxg",
          "C:\\Windows\\System32\\nvcuda.dll");

  /** ND4J has variants of its own, and would no longer find them. */
  private static final String ND4J = "org/nd4j/linalg/factory/Nd4j.class";

  private NativeChoice() {}

  /** Makes the choice for this process, unless its owner has made it with the property. */
  static void make() {
    if (System.getProperty(EXTENSION) != null) {
      return;
    }
    boolean gpu = onClassPath(library(GPU));
    boolean plain = onClassPath(library(""));
    switch (choose(gpu, plain, driverPresent(), onClassPath(ND4J))) {
      case ALL -> {}
      case PLAIN -> plainOnly();
      case PLAIN_FOR_LACK_OF_A_DRIVER -> {
        LOG.warn("No NVIDIA driver is here: the CUDA natives stay unused, the CPU computes.");
        plainOnly();
      }
    }
  }

  /** Which libraries JavaCPP may look for. */
  enum Choice {
    /** Those of every variant. */
    ALL,
    /** Those for CPUs, since no others are on the class path. */
    PLAIN,
    /** Those for CPUs, though there are others. */
    PLAIN_FOR_LACK_OF_A_DRIVER
  }

  /**
   * The rule.
   *
   * @param gpu whether natives for CUDA are on the class path
   * @param plain whether natives for CPUs are
   * @param driver whether NVIDIA's driver is on this machine
   * @param nd4j whether ND4J is on the class path
   */
  static Choice choose(boolean gpu, boolean plain, boolean driver, boolean nd4j) {
    if (gpu) {
      return driver || !plain ? Choice.ALL : Choice.PLAIN_FOR_LACK_OF_A_DRIVER;
    }
    return nd4j ? Choice.ALL : Choice.PLAIN;
  }

  private static void plainOnly() {
    System.setProperty(EXTENSION, "");
    Loader.loadProperties(true); // another library may have had them read already
  }

  /** Folders of the libraries that may be loaded, as they are called in the jars. */
  static List<String> folders() {
    String extension = System.getProperty(EXTENSION);
    return extension != null && extension.isEmpty()
        ? List.of(folder(""))
        : List.of(folder(""), folder(GPU));
  }

  private static String folder(String extension) {
    return "org/bytedeco/pytorch/" + Loader.getPlatform() + extension;
  }

  /** The library that every variant has. */
  private static String library(String extension) {
    return folder(extension) + "/" + System.mapLibraryName("jnitorch");
  }

  private static boolean onClassPath(String resource) {
    return NativeChoice.class.getResource("/" + resource) != null;
  }

  private static boolean driverPresent() {
    return DRIVER_FILES.stream().anyMatch(file -> Files.exists(Path.of(file)));
  }
}
