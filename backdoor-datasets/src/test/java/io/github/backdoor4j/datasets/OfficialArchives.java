package io.github.backdoor4j.datasets;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.tensor.Tensors;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;

/** The small archives in {@code archives}, and what is expected of them: see make_archives.py. */
final class OfficialArchives {

  private OfficialArchives() {}

  private static byte[] bytes(String name) throws IOException {
    try (InputStream in = OfficialArchives.class.getResourceAsStream("archives/" + name)) {
      return Objects.requireNonNull(in, name).readAllBytes();
    }
  }

  /** Puts archives into a folder, as they are. */
  static void copy(Path folder, String... names) throws IOException {
    for (String name : names) {
      Files.write(folder.resolve(name), bytes(name));
    }
  }

  /** Puts what archives hold into a folder. */
  static void unpack(Path folder, String... names) throws IOException {
    for (String name : names) {
      for (Map.Entry<String, byte[]> entry : entries(name).entrySet()) {
        Path file = folder.resolve(entry.getKey());
        Files.createDirectories(file.getParent());
        Files.write(file, entry.getValue());
      }
    }
  }

  private static Map<String, byte[]> entries(String name) throws IOException {
    Map<String, byte[]> entries = new TreeMap<>();
    try (ZipInputStream in = new ZipInputStream(new ByteArrayInputStream(bytes(name)))) {
      for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
        entries.put(entry.getName(), in.readAllBytes());
      }
    }
    return entries;
  }

  /** Packs a folder, its files in reverse order. */
  static void pack(Path folder, Path archive) throws IOException {
    List<Path> files;
    try (var walk = Files.walk(folder)) {
      files = walk.filter(Files::isRegularFile).sorted((a, b) -> b.compareTo(a)).toList();
    }
    try (OutputStream out = Files.newOutputStream(archive);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      for (Path file : files) {
        zip.putNextEntry(new ZipEntry(folder.relativize(file).toString().replace('\\', '/')));
        zip.write(Files.readAllBytes(file));
      }
    }
  }

  /** Changes a text file of a folder. */
  static void edit(Path file, String from, String to) throws IOException {
    String text = Files.readString(file, StandardCharsets.ISO_8859_1);
    assertThat(text).contains(from);
    Files.writeString(file, text.replace(from, to), StandardCharsets.ISO_8859_1);
  }

  /**
   * Checks labels, sums of the pixels and sums weighted by position against what Pillow and
   * torchvision see.
   *
   * @param tolerance mean difference allowed per value: 0, or 0.5 for JPEG
   */
  static void assertAsExpected(ImageDataset data, String archive, String part, double tolerance)
      throws IOException {
    List<String[]> rows =
        new String(bytes("expected.csv"), StandardCharsets.UTF_8)
            .lines()
            .map(line -> line.split(",", -1))
            .filter(row -> row[0].equals(archive) && row[1].equals(part))
            .toList();
    assertThat(data.size()).isEqualTo(rows.size()).isPositive();
    int size = data.spec().shape().size();
    byte[] pixels = Tensors.toBytes(data.images());
    for (int row = 0; row < rows.size(); row++) {
      long sum = 0;
      long weighted = 0;
      for (int i = 0; i < size; i++) {
        int value = pixels[row * size + i] & 0xFF;
        sum += value;
        weighted += (long) value * (i % 251);
      }
      String[] expected = rows.get(row);
      assertThat(data.labelValues()[row]).as("label of row %d", row).isEqualTo(number(expected[3]));
      assertThat(Math.abs(sum - number(expected[4])))
          .as("sum of row %d", row)
          .isLessThanOrEqualTo((long) (tolerance * size));
      assertThat(Math.abs(weighted - number(expected[5])))
          .as("weighted sum of row %d", row)
          .isLessThanOrEqualTo((long) (tolerance * size * 125));
    }
  }

  private static long number(String text) {
    return Long.parseLong(text);
  }
}
