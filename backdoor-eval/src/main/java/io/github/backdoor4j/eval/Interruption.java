package io.github.backdoor4j.eval;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * Ctrl-C: says how to go on and halts at once. Nothing is tidied up: records and checkpoints are
 * valid at any moment, while native threads that outlive the engine's own shutdown may crash.
 */
final class Interruption {

  private static final int INTERRUPTED = 130;

  private volatile String message = "stopped";
  private volatile boolean finished;

  private Interruption() {}

  /** One that never acts, for embedded use and tests. */
  static Interruption none() {
    return new Interruption();
  }

  /** One that acts when the process is told to end before {@link #finished()}. */
  static Interruption armed() {
    Interruption interruption = new Interruption();
    Runtime.getRuntime().addShutdownHook(new Thread(interruption::halt, "interruption"));
    return interruption;
  }

  /** From now on the work can be resumed, and the message says so. */
  void resumable() {
    message = "stopped; run the same command again to go on";
  }

  /** The work is over: the process may end. */
  void finished() {
    finished = true;
  }

  private void halt() {
    if (finished) {
      return;
    }
    // not System.err: another thread may hold its lock
    try (FileOutputStream out = new FileOutputStream(FileDescriptor.err)) {
      out.write(("\n" + message + "\n").getBytes(StandardCharsets.US_ASCII));
    } catch (IOException e) {
      // nobody is left to be told
    }
    Runtime.getRuntime().halt(INTERRUPTED);
  }
}
