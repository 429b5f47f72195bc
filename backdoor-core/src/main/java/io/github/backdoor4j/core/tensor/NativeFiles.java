package io.github.backdoor4j.core.tensor;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.JarURLConnection;
import java.net.URL;
import java.util.List;
import org.bytedeco.javacpp.Loader;

/**
 * Puts the native libraries of a jar side by side into JavaCPP's cache before the first of them is
 * loaded.
 *
 * <p>JavaCPP extracts and loads one library after the other, and {@code libtorch.so} comes before
 * the {@code libtorch_cpu.so} that it needs. While the cache is still empty the system's linker
 * therefore takes {@code libtorch_cpu.so} from wherever the machine has one, such as an older
 * PyTorch of the Linux distribution; two versions in one process then crash it.
 */
final class NativeFiles {

  private NativeFiles() {}

  /** Extracts what is not in the cache yet; files that are not in a jar are left where they are. */
  static void extract(String folder) {
    URL found = NativeFiles.class.getResource("/" + folder);
    try {
      if (found != null && found.openConnection() instanceof JarURLConnection jar) {
        for (String file : files(jar, folder)) {
          Loader.cacheResource(NativeFiles.class, "/" + file);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> files(JarURLConnection jar, String folder) throws IOException {
    return jar.getJarFile().stream()
        .filter(entry -> !entry.isDirectory() && entry.getName().startsWith(folder + "/"))
        .map(entry -> entry.getName())
        .toList();
  }
}
