package io.github.backdoor4j.core.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativeFilesTest {

  private static final String FOLDER = "org/example/natives";
  private static final int FILES = 4;
  private static final int SIZE = 4 << 20;

  @TempDir private Path temp;
  private Path jar;

  @BeforeEach
  void makeJar() throws IOException {
    jar = temp.resolve("natives-1.0.jar");
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
      out.putNextEntry(new JarEntry(FOLDER + "/"));
      for (int i = 0; i < FILES; i++) {
        out.putNextEntry(new JarEntry(FOLDER + "/" + name(i)));
        out.write(content(i));
      }
    }
  }

  private static String name(int i) {
    return "lib" + i + ".so";
  }

  private static byte[] content(int i) {
    byte[] bytes = new byte[SIZE];
    new Random(i).nextBytes(bytes);
    return bytes;
  }

  private Process extractor() throws IOException {
    return ChildJvm.start(
        List.of("-Dorg.bytedeco.javacpp.cachedir=" + temp.resolve("cache")),
        ChildJvm.classPath() + File.pathSeparator + jar,
        Extract.class);
  }

  private Path cached(int i) {
    return temp.resolve("cache").resolve(jar.getFileName()).resolve(FOLDER).resolve(name(i));
  }

  @Test
  void severalProcessesAtOnce_leaveWholeFiles() throws IOException {
    List<Process> processes = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      processes.add(extractor());
    }
    for (Process process : processes) { // all wait until they are told to begin
      assertThat(process.getInputStream().read()).isEqualTo('r');
    }
    for (Process process : processes) {
      try (OutputStream go = process.getOutputStream()) {
        go.write('g');
      }
    }
    for (Process process : processes) {
      assertThat(ChildJvm.end(process)).isEqualTo(new ChildJvm.Result(0, "eady"));
    }
    IntStream.range(0, FILES).forEach(i -> assertThat(cached(i)).hasBinaryContent(content(i)));
  }

  @Test
  void whatIsInTheCache_isNotWrittenAgain() throws IOException {
    extract();
    byte[] marked = content(0);
    marked[0]++;
    FileTime time = Files.getLastModifiedTime(cached(0));
    Files.write(cached(0), marked);
    Files.setLastModifiedTime(cached(0), time);

    extract();

    assertThat(cached(0)).hasBinaryContent(marked);
  }

  private void extract() throws IOException {
    Process process = extractor();
    process.getOutputStream().close();
    assertThat(ChildJvm.end(process)).isEqualTo(new ChildJvm.Result(0, "ready"));
  }

  /** What the other processes run. */
  static final class Extract {
    public static void main(String[] args) throws IOException {
      System.out.print("ready");
      System.out.flush();
      System.in.read();
      NativeFiles.extract(FOLDER);
    }
  }
}
