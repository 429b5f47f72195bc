package io.github.backdoor4j.core.data;

import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import io.github.backdoor4j.core.DataException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/** Tells by names, sizes and times whether files are still the same; reads none of them. */
final class SourceFiles {

  private SourceFiles() {}

  /**
   * SHA-256 over a key and the state of its files.
   *
   * @throws DataException if a file is missing
   */
  static String fingerprint(DatasetCache.Key key) {
    Hasher hasher = Hashing.sha256().newHasher();
    put(hasher, Integer.toString(CachedParts.FORMAT));
    put(hasher, key.dataset());
    put(hasher, Integer.toString(key.version()));
    put(hasher, key.options());
    for (Path file : key.files()) {
      put(hasher, file.toAbsolutePath().normalize().toString());
      put(hasher, state(file));
    }
    return hasher.hash().toString();
  }

  private static void put(Hasher hasher, String text) {
    hasher.putInt(text.length()).putString(text, StandardCharsets.UTF_8);
  }

  private static String state(Path file) {
    try {
      BasicFileAttributes found = Files.readAttributes(file, BasicFileAttributes.class);
      return found.size() + " " + found.lastModifiedTime() + " " + found.fileKey();
    } catch (IOException e) {
      throw new DataException(e, "%s cannot be read: %s. Restore it or fetch it again.", file, e);
    }
  }
}
