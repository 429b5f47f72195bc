package io.github.backdoor4j.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFilesTest {

  @TempDir private Path folder;

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void replace_writesTheFile_andItsFolders() throws IOException {
    Path file = folder.resolve("a/b/result.json");

    AtomicFiles.replace(file, "größer\n");

    assertThat(Files.readString(file, StandardCharsets.UTF_8)).isEqualTo("größer\n");
    assertThat(names(file.getParent())).containsExactly("result.json");
  }

  @Test
  void replace_ofALongerFile_leavesNothingOfIt() throws IOException {
    Path file = folder.resolve("result.json");
    AtomicFiles.replace(file, "a long text");
    AtomicFiles.replace(file, "short");
    assertThat(Files.readString(file)).isEqualTo("short");
    assertThat(names(folder)).containsExactly("result.json");
  }

  @Test
  void replace_belowAFile_isADataError_namingThePath() throws IOException {
    Path notAFolder = Files.writeString(folder.resolve("occupied"), "x");
    Path file = notAFolder.resolve("deeper/result.json");

    assertThatThrownBy(() -> AtomicFiles.replace(file, "text"))
        .isInstanceOf(DataException.class)
        .hasCauseInstanceOf(IOException.class)
        .hasMessageContainingAll(file.toString(), "cannot be written", "permissions");
  }

  @Test
  void replace_ofAFolder_isADataError_andLeavesIt() throws IOException {
    Path occupied = Files.createDirectories(folder.resolve("result.json/inner"));

    assertThatThrownBy(() -> AtomicFiles.replace(occupied.getParent(), "text"))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("result.json");
    assertThat(names(folder)).containsExactly("result.json");
    assertThat(occupied).isDirectory();
  }

  @Test
  void contentThatFails_leavesTheOldFile_andNoOther() throws IOException {
    Path file = folder.resolve("result.json");
    AtomicFiles.replace(file, "old");

    assertThatThrownBy(
            () ->
                AtomicFiles.replace(
                    file,
                    out -> {
                      out.write(ByteBuffer.wrap(new byte[100]));
                      throw new IOException("disk full");
                    }))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll(file.toString(), "disk full");

    assertThat(Files.readString(file)).isEqualTo("old");
    assertThat(names(folder)).containsExactly("result.json");
  }

  @Test
  void contentThatThrows_leavesTheOldFile_andNoOther() throws IOException {
    Path file = folder.resolve("result.json");
    AtomicFiles.replace(file, "old");

    assertThatThrownBy(
            () ->
                AtomicFiles.replace(
                    file,
                    out -> {
                      out.write(ByteBuffer.wrap(new byte[100]));
                      throw new IllegalStateException("a bug");
                    }))
        .isInstanceOf(IllegalStateException.class);

    assertThat(Files.readString(file)).isEqualTo("old");
    assertThat(names(folder)).containsExactly("result.json");
  }

  @Test
  void folderThatIsALink_isWrittenInto() throws IOException {
    Path real = Files.createDirectory(folder.resolve("real"));
    Path link = folder.resolve("link");
    try {
      Files.createSymbolicLink(link, real);
    } catch (IOException | UnsupportedOperationException e) {
      abort("this file system has no links");
    }

    AtomicFiles.replace(link.resolve("result.json"), "text");

    assertThat(Files.readString(real.resolve("result.json"))).isEqualTo("text");
  }

  @Test
  void readers_seeOneContentOrTheOther_neverAMixture() throws Exception {
    Path file = folder.resolve("result.json");
    String[] contents = {"a".repeat(200_000), "b".repeat(100_000)};
    AtomicFiles.replace(file, contents[0]);
    ExecutorService writers = Executors.newFixedThreadPool(2);
    try {
      List<Future<?>> running =
          IntStream.range(0, 2)
              .<Future<?>>mapToObj(
                  i ->
                      writers.submit(
                          () ->
                              IntStream.range(0, 15)
                                  .forEach(n -> AtomicFiles.replace(file, contents[i]))))
              .toList();
      do {
        assertThat(Files.readString(file)).isIn((Object[]) contents);
      } while (!running.stream().allMatch(Future::isDone));
      for (Future<?> writer : running) {
        writer.get();
      }
    } finally {
      writers.shutdownNow();
    }
    assertThat(names(folder)).containsExactly("result.json");
  }
}
