package io.github.backdoor4j.eval;

/**
 * Does shortly what users do, so that every class which a start needs gets loaded. The launcher
 * runs it once to learn their names, for its archive of classes that are parsed and checked
 * already.
 */
final class StartClasses {

  private StartClasses() {}

  /**
   * Lists, describes, plans, and carries out the smallest run there is. Where the engine does not
   * start, the run ends at once, and its classes are left out.
   *
   * @param args an output folder
   */
  public static void main(String[] args) {
    Interruption interruption = Interruption.armed();
    Cli cli = Cli.ofProcess(interruption);
    cli.execute("list");
    cli.execute("describe", "badnets");
    cli.execute("run", "--attack", "badnets", "--dry-run");
    cli.execute(
        "run",
        "--attack=badnets",
        "--model=plain-cnn",
        "-Mwidth=1",
        "--epochs=1",
        "-Tbatch_size=2000",
        "--no-control",
        "--device=cpu",
        "--out=" + args[0]);
    interruption.finished();
  }
}
