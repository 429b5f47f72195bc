package io.github.backdoor4j.core.tensor;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Another Java machine, for what can happen only once in a process. */
final class ChildJvm {

  /** What became of it. */
  record Result(int code, String output) {}

  private ChildJvm() {}

  static String classPath() {
    return System.getProperty("java.class.path");
  }

  static Process start(List<String> options, String classPath, Class<?> main, String... args)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-XX:TieredStopAtLevel=1");
    command.addAll(options);
    command.addAll(List.of("-cp", classPath, main.getName()));
    command.addAll(List.of(args));
    return new ProcessBuilder(command).redirectErrorStream(true).start();
  }

  static Result run(List<String> options, String classPath, Class<?> main, String... args)
      throws IOException {
    return end(start(options, classPath, main, args));
  }

  static Result end(Process process) throws IOException {
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      return new Result(process.waitFor(), output);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
