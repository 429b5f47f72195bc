package io.github.backdoor4j.eval;

/** The program {@code backdoor4j}. */
public final class Backdoor4j {

  private Backdoor4j() {}

  /**
   * Runs one command and ends the process with its exit code: 0 done, 1 failure, 2 the caller's
   * mistake, 3 bad data or file, 130 interrupted.
   */
  public static void main(String[] args) {
    Interruption interruption = Interruption.armed();
    int code = Cli.ofProcess(interruption).execute(args);
    interruption.finished();
    System.exit(code);
  }
}
