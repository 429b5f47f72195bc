package io.github.backdoor4j.datasets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.backdoor4j.core.DataException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HashedResourcesTest {

  private static final String NAME = "t10k-labels-idx1-ubyte";

  private final Map<String, byte[]> files = new HashMap<>();
  private final HashedResources resources =
      new HashedResources(
          "fashion-mnist",
          name -> files.containsKey(name) ? new ByteArrayInputStream(files.get(name)) : null);

  @BeforeEach
  void copyTheRealFiles() throws IOException {
    for (String name : new String[] {NAME + ".gz", "SHA256SUMS"}) {
      try (InputStream in = FashionMnist.class.getResourceAsStream("fashion-mnist/" + name)) {
        files.put(name, in.readAllBytes());
      }
    }
  }

  private void replaceInSums(String part, String replacement) {
    String sums = new String(files.get("SHA256SUMS"), StandardCharsets.UTF_8);
    assertThat(sums).contains(part);
    files.put("SHA256SUMS", sums.replace(part, replacement).getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void unpacked_givesThePlainFile() {
    // 2,000 labels after a header of eight bytes
    assertThat(resources.unpacked(NAME)).hasSize(2_008).startsWith(0, 0, 8, 1, 0, 0, 7, 0xd0);
  }

  @Test
  void changedFile_isRefused() {
    files.get(NAME + ".gz")[500] ^= 1;

    assertThatThrownBy(() -> resources.unpacked(NAME))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll(
            NAME + ".gz", "fashion-mnist", "SHA-256", "Replace the jar of backdoor-datasets");
  }

  @Test
  void changedHashOfThePlainFile_isRefused() {
    replaceInSums("234596ae", "334596ae");

    assertThatThrownBy(() -> resources.unpacked(NAME))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll("'" + NAME + "'", "should be 334596ae", "is 234596ae");
  }

  @Test
  void fileWithoutHash_isRefused() {
    replaceInSums("  " + NAME + ".gz", "  other.gz");

    assertThatThrownBy(() -> resources.unpacked(NAME))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("should be unknown");
  }

  @Test
  void missingFile_isNamed() {
    files.remove(NAME + ".gz");
    assertThatThrownBy(() -> resources.unpacked(NAME))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll(NAME + ".gz", "missing");

    files.remove("SHA256SUMS");
    assertThatThrownBy(() -> resources.unpacked(NAME))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("SHA256SUMS");
  }
}
