package io.github.backdoor4j.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The launcher script and its archive of classes, in an installation made of this build's jars. The
 * natives are left out: what is shown here needs no tensor.
 */
class LauncherIT {

  private static final String PREPARING = "Preparing faster starts";

  @TempDir private static Path root;
  private static Path cache;
  private static List<Result> firstStarts;
  private static byte[] sound;

  /** What a start came to. */
  private record Result(int code, String out, String err) {}

  /** A start that is under way. */
  private record Start(Process process, Path err) {

    Result end() throws IOException {
      String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      try {
        return new Result(process.waitFor(), out, Files.readString(err));
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  @BeforeAll
  static void startTwiceAtOnce() throws IOException {
    assumeThat(File.separator).as("the launcher is the one for Unix").isEqualTo("/");
    Path script = Files.copy(Repository.file("backdoor4j"), root.resolve("backdoor4j"));
    assertThat(script.toFile().setExecutable(true)).isTrue();
    Path lib = Files.createDirectories(root.resolve("distribution/target/lib"));
    for (Path jar : jars()) {
      Files.copy(jar, lib.resolve(jar.getFileName()));
    }
    cache = root.resolve("cache");
    List<Start> starts = List.of(start(cache, ""), start(cache, ""));
    firstStarts = List.of(starts.get(0).end(), starts.get(1).end());
    sound = Files.readAllBytes(archive());
  }

  private static List<Path> jars() {
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    return Arrays.stream(classPath.split(File.pathSeparator, -1))
        .filter(entry -> entry.endsWith(".jar"))
        .filter(jar -> !jar.matches(".*-(linux|windows|macosx)-[a-z0-9_]+(-gpu)?\\.jar"))
        .filter(jar -> !jar.matches(".*/(nd4j|deeplearning4j|protobuf|archunit)[^/]*"))
        .map(Path::of)
        .toList();
  }

  private static Start start(Path cacheFolder, String options, String... args) throws IOException {
    List<String> command = new ArrayList<>(List.of(root.resolve("backdoor4j").toString()));
    command.addAll(args.length == 0 ? List.of("list", "attacks") : List.of(args));
    Path err = Files.createTempFile(root, "start", ".err");
    ProcessBuilder builder = new ProcessBuilder(command).redirectError(err.toFile());
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().put("BACKDOOR4J_CACHE", cacheFolder.toString());
    builder.environment().put("BACKDOOR4J_OPTS", options);
    builder.environment().remove("BACKDOOR4J_ARCHIVE");
    return new Start(builder.start(), err);
  }

  private static Path archive() throws IOException {
    try (Stream<Path> files = Files.list(cache.resolve("start"))) {
      List<Path> all = files.toList();
      assertThat(all).as("one archive, and nothing half made").hasSize(1);
      return all.get(0);
    }
  }

  @BeforeEach
  void restore() throws IOException {
    Path archive = archive();
    Files.delete(archive); // it may be read-only
    Files.write(archive, sound);
  }

  private static void assertGood(Result result) {
    assertThat(result.code()).isZero();
    assertThat(result.err()).isEmpty();
    assertThat(result.out()).isEqualTo(firstStarts.get(0).out());
  }

  /** What the command {@code doctor} says, without its line breaks. */
  private static String diagnosis() throws IOException {
    return start(cache, "", "doctor").end().out().replaceAll("\\s+", " ");
  }

  @Test
  void twoFirstStartsAtOnce_bothWork_andSayWhatTakesLong() {
    assertThat(firstStarts).extracting(Result::code).containsExactly(0, 0);
    assertThat(firstStarts).allMatch(result -> result.out().contains("badnets"));
    assertThat(firstStarts.get(0).out()).isEqualTo(firstStarts.get(1).out());
    assertThat(firstStarts).allMatch(result -> result.err().startsWith(PREPARING));
    assertThat(firstStarts).allMatch(result -> result.err().lines().count() == 1);
  }

  @Test
  void nextStart_takesItsClassesFromTheArchive() throws IOException {
    Path log = root.resolve("classes.log");

    assertGood(start(cache, "-Xlog:class+load:file=" + log).end());

    assertThat(Files.readAllLines(log))
        .anyMatch(line -> line.matches(".*eval\\.ListCommand source: shared objects file.*"))
        .anyMatch(line -> line.matches(".*picocli\\.CommandLine source: shared objects file.*"));
    assertThat(diagnosis()).contains("class archive " + archive() + ", in use");
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.001, 0.5, 0.95})
  void archiveThatIsCutOff_doesNoHarm(double kept) throws IOException {
    Files.write(archive(), Arrays.copyOf(sound, (int) (kept * sound.length)));

    assertGood(start(cache, "").end());
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.1, 0.5, 0.9})
  void archiveWithWrongBytes_doesNoHarm(double where) throws IOException {
    byte[] damaged = sound.clone();
    int from = (int) (where * damaged.length);
    Arrays.fill(damaged, from, from + damaged.length / 20, (byte) 0x5a);
    Files.write(archive(), damaged);

    assertGood(start(cache, "").end());
    assertThat(diagnosis()).contains("or damaged Delete it; the next start makes it again.");
  }

  /** As after a restored backup: the archive looks newer than the jars, but is of others. */
  @Test
  void archiveOfOtherJars_doesNoHarm() throws IOException {
    Path jar = jarIn(root.resolve("distribution/target/lib"), "picocli");
    FileTime date = Files.getLastModifiedTime(jar);
    Files.setLastModifiedTime(jar, FileTime.from(Instant.parse("2026-01-01T00:00:00Z")));
    Files.setLastModifiedTime(archive(), FileTime.from(Instant.now().plusSeconds(60)));
    try {
      assertGood(start(cache, "").end());
      assertThat(diagnosis()).contains("is not of this Java machine and these jars, or damaged");
    } finally {
      Files.setLastModifiedTime(jar, date);
    }
  }

  private static Path jarIn(Path lib, String name) throws IOException {
    try (Stream<Path> files = Files.list(lib)) {
      return files.filter(file -> file.toString().contains(name)).findFirst().orElseThrow();
    }
  }

  @Test
  void cacheThatCannotBeWritten_isDoneWithout() throws IOException {
    Path file = Files.createTempFile(root, "no-folder", "");

    assertGood(start(file.resolve("cache"), "").end());
    assertGood(start(file.resolve("cache"), "").end());
  }
}
