package io.github.backdoor4j.datasets;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Readers of strangers' files under fuzzing by Jazzer, each in a Java machine of its own. How long
 * for each: {@code -Dbackdoor4j.fuzz.seconds=60}.
 */
class FuzzTest {

  private static final Pattern DONE = Pattern.compile("Done (\\d+) runs in");

  private static final List<String> IMAGES =
      List.of(
          "rgb.png",
          "palette-4.png",
          "grey-16.png",
          "progressive.jpg",
          "q30-420.jpg",
          "rgb.bmp",
          "palette.gif",
          "comments.ppm",
          "max1000.pgm");

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {"Pickle", "Idx", "Cifar", "Table", "Lists", "Image", "WeightFile", "Tree"})
  void seed_letsNothingButDataErrorsOut(String target) throws Exception {
    Class<?> type = Class.forName(FuzzTargets.class.getName() + "$" + target);
    for (byte[] seed : seeds(target)) {
      type.getMethod("fuzzerTestOneInput", byte[].class).invoke(null, (Object) seed);
    }
  }

  @Tag("long")
  @ParameterizedTest
  @ValueSource(
      strings = {"Pickle", "Idx", "Cifar", "Table", "Lists", "Image", "WeightFile", "Tree"})
  void fuzzing_letsNothingButDataErrorsOut(String target) throws Exception {
    Path log = folder.resolve("log");
    Process fuzzer =
        new ProcessBuilder(command(target))
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    int code = fuzzer.waitFor();

    String text = Files.readString(log, StandardCharsets.ISO_8859_1);
    Matcher done = DONE.matcher(text);
    assertThat(done.find() && code == 0).as("exit code %d, and said:%n%s", code, text).isTrue();
    System.out.printf("%s: %s inputs%n", target, done.group(1));
    assertThat(Long.parseLong(done.group(1))).as("inputs tried").isGreaterThan(100);
  }

  private List<String> command(String target) throws IOException {
    Path corpus = Files.createDirectory(folder.resolve("corpus"));
    List<byte[]> seeds = seeds(target);
    for (int i = 0; i < seeds.size(); i++) {
      Files.write(corpus.resolve("seed" + i), seeds.get(i));
    }
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-Xmx1g",
        "-cp",
        System.getProperty("java.class.path"),
        "com.code_intelligence.jazzer.Jazzer",
        "--target_class=" + FuzzTargets.class.getName() + "$" + target,
        "--instrumentation_includes=io.github.backdoor4j.**:org.apache.commons.compress.**",
        "-max_total_time=" + Integer.getInteger("backdoor4j.fuzz.seconds", 60),
        "-rss_limit_mb=0",
        corpus.toString());
  }

  private static List<byte[]> seeds(String target) throws IOException {
    List<byte[]> seeds = new ArrayList<>();
    byte[] batch = resource("cifar-10-batches-py/test_batch");
    byte[] meta = resource("cifar-10-batches-py/batches.meta");
    switch (target) {
      case "Pickle" -> seeds.addAll(List.of(batch, meta, resource("cifar-100-python/test")));
      case "Idx" -> seeds.add(OfficialFiles.first(IdxFolder.TRAIN_IMAGES, 2));
      case "Cifar" -> {
        seeds.add(prefixed(0, CifarSamples.binary10().get("cifar-10-batches-bin/test_batch.bin")));
        seeds.add(prefixed(1, CifarSamples.binary100().get("cifar-100-binary/test.bin")));
        seeds.add(prefixed(2, batch));
        seeds.add(prefixed(3, resource("cifar-100-python/test")));
      }
      case "Table" -> {
        String table =
            "Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId\n00000.ppm;29;30;5;6;24;25;7\n";
        seeds.add(table.getBytes(StandardCharsets.US_ASCII));
      }
      case "Lists" -> {
        String annotations =
            "val_1.JPEG\tn01443537\t0\t32\t44\t62\nval_10.JPEG\tn12267677\t5\t9\t41\t61\n";
        String ids = "n12267677\nn01443537\nn02124075\n";
        seeds.add(prefixed(0, ids.getBytes(StandardCharsets.US_ASCII)));
        seeds.add(prefixed(1, annotations.getBytes(StandardCharsets.US_ASCII)));
      }
      case "Image" -> {
        for (String image : IMAGES) {
          seeds.add(resource("images/" + image));
        }
      }
      case "WeightFile" -> {
        byte[] legacy = resource("weights/legacy.pt");
        seeds.addAll(List.of(resource("weights/plain.pt"), legacy, safetensors()));
      }
      default -> {
        Map<String, byte[]> files = Map.of("a/b", new byte[] {1, 2, 3}, "c", meta);
        byte[] longName = Archives.tar(Map.of("long/".repeat(40) + "n", new byte[3]));
        seeds.addAll(List.of(Archives.tar(files), Archives.zip(files), longName));
        seeds.add(Archives.gzip(Archives.tar(files)));
      }
    }
    return seeds;
  }

  /** Two numbers named "a": length of the header, header, data. */
  private static byte[] safetensors() {
    String header = "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}     ";
    byte[] file = new byte[8 + header.length() + 8];
    file[0] = (byte) header.length();
    System.arraycopy(header.getBytes(StandardCharsets.US_ASCII), 0, file, 8, header.length());
    return file;
  }

  private static byte[] prefixed(int first, byte[] rest) {
    byte[] whole = new byte[rest.length + 1];
    whole[0] = (byte) first;
    System.arraycopy(rest, 0, whole, 1, rest.length);
    return whole;
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream in = FuzzTest.class.getResourceAsStream(name)) {
      return in.readAllBytes();
    }
  }
}
