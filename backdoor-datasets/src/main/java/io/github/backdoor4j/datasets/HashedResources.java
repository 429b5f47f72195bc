package io.github.backdoor4j.datasets;

import com.google.common.hash.Hashing;
import io.github.backdoor4j.core.DataException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Gzipped files in a jar whose SHA-256 hashes, gzipped and plain, stand beside them in a file
 * SHA256SUMS. Nothing is handed out that does not match.
 */
final class HashedResources {

  private static final String SUMS = "SHA256SUMS";

  private final String owner;
  private final Function<String, @Nullable InputStream> opener;

  /**
   * @param owner whose files these are, for messages
   * @param opener opens a file by name; null if there is none
   */
  HashedResources(String owner, Function<String, @Nullable InputStream> opener) {
    this.owner = owner;
    this.opener = opener;
  }

  /**
   * The plain content of {@code name + ".gz"}.
   *
   * @throws DataException if the file is missing or a hash differs
   */
  byte[] unpacked(String name) {
    Map<String, String> sums = sums();
    byte[] packed = read(name + ".gz");
    verify(sums, name + ".gz", packed);
    try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(packed), 1 << 16)) {
      byte[] plain = in.readAllBytes();
      verify(sums, name, plain);
      return plain;
    } catch (IOException e) {
      throw broken(e, name + ".gz", e.toString());
    }
  }

  private Map<String, String> sums() {
    Map<String, String> sums = new HashMap<>();
    for (String line : new String(read(SUMS), StandardCharsets.UTF_8).lines().toList()) {
      String[] words = line.split(" +", 2);
      if (words.length == 2) {
        sums.put(words[1], words[0]);
      }
    }
    return sums;
  }

  private byte[] read(String name) {
    try (InputStream in = opener.apply(name)) {
      if (in == null) {
        throw broken(null, name, "it is missing");
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw broken(e, name, e.toString());
    }
  }

  private void verify(Map<String, String> sums, String name, byte[] content) {
    String expected = sums.getOrDefault(name, "unknown");
    String found = Hashing.sha256().hashBytes(content).toString();
    if (!found.equals(expected)) {
      throw broken(null, name, "its SHA-256 should be " + expected + ", but is " + found);
    }
  }

  private DataException broken(@Nullable Throwable cause, String name, String problem) {
    String text =
        "embedded file '%s' of data set '%s' is broken: %s. Replace the jar of backdoor-datasets.";
    return cause == null
        ? new DataException(text, name, owner, problem)
        : new DataException(cause, text, name, owner, problem);
  }
}
