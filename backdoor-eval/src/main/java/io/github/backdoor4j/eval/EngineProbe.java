package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.tensor.Engine;
import java.io.File;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Starts the engine in a process of its own. With CUDA's natives and some of its libraries missing,
 * loading them does not fail: it kills the process.
 */
final class EngineProbe {

  private static final int TIMEOUT_SECONDS = 120;

  private EngineProbe() {}

  /** Starts the engine and ends; what the child process runs. */
  public static void main(String[] args) {
    Engine.start();
    Runtime.getRuntime().halt(0);
  }

  /** Whether another process with this class path survives the engine's start. */
  static boolean survives() {
    List<String> command =
        List.of(
            System.getProperty("java.home") + File.separator + "bin" + File.separator + "java",
            "-cp",
            System.getProperty("java.class.path"),
            EngineProbe.class.getName());
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      boolean ended = process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS);
      process.destroyForcibly();
      return ended && process.exitValue() == 0;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
